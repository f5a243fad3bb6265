"""Spec -> row -> Ray Job; stop; resume; and reconcile, which makes stored states true again."""

import math
import secrets
import shlex
import shutil
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from backend import files
from backend.cluster.cluster import Cluster
from backend.cluster.helpers import Helpers
from backend.cluster.jobs import Job, JobsClient, JobStatus
from backend.errors import ClusterUnavailable, IllegalMove, InvalidSpec, StoreUnavailable, UnknownRun
from backend.model import Checkpoint, Run, RunState
from backend.model.goals import COUNTERS
from backend.settings import Settings
from backend.specs import RLSpec, RunSpec, SweepSpec, TaskSpec, fanout, parse, rl_check, tuning
from backend.specs.fanout import Fanout
from backend.specs.rl_check import Prepared
from backend.specs.tuning import Tuning
from backend.store import queries, space
from backend.store import runs as store
from backend.store.database import Database
from backend.store.folders import START, put
from backend.stored import stored

ENDED_SILENT = 0.3  # of the silence that a run is looked into for: enough when Ray says that the process has ended
WARMING_SECONDS = 60.0  # a helper that began so long ago waits by now, or never will
UNUSED_SECONDS = 86_400.0
SLOT = "raydeck_slot"


class Launcher:
    """Starts, stops and resumes runs, and keeps their stored states true."""

    def __init__(self, settings: Settings, database: Database, cluster: Cluster) -> None:
        self.settings, self.database, self.cluster = settings, database, cluster
        self._reconciled_at = -math.inf
        self._reconciling = threading.Lock()
        self.helpers = Helpers(settings.helpers_folder)
        self._warmed = -WARMING_SECONDS

    def launch(self, spec: RunSpec, *, parent_id: str | None = None, launch_key: str | None = None) -> str:
        """Stores a run and submits it if the cluster is up; otherwise it is submitted as soon as it is. Returns its id.

        Raises:
            InvalidSpec: what runs does not fit its inputs, or does not work; nothing was stored.
        """
        more: dict[str, Any] = {"parent_id": parent_id, "launch_key": launch_key}
        start: Checkpoint | None = None
        if isinstance(spec, TaskSpec):
            ready = self.checked(spec)
            spec = ready.spec
            more |= {"total": ready.total, "workload": ready.found.text, "workload_hash": ready.found.hash}
        elif isinstance(spec, SweepSpec):
            tuned = self.checked_sweep(spec)
            if found := tuned.found or tuned.environment:
                more |= {"workload": found.text, "workload_hash": found.hash}
        elif isinstance(spec, RLSpec):
            prepared, start = self.checked_rl(spec), self._start(spec)
            spec = prepared.spec
            more["parent_id"] = start.run_id if start else parent_id
            if prepared.found:
                more |= {"workload": prepared.found.text, "workload_hash": prepared.found.hash}
        content: dict[str, Any] = spec.model_dump(exclude_none=True, mode="json")
        run_id = store.create(self.database, content, spec.seeds, **more)
        if start:
            self._lay_out(start, run_id)
        self._submit_if_up(run_id)
        return run_id

    def _start(self, spec: RLSpec) -> Checkpoint | None:
        """Returns the checkpoint that training is to go on from.

        Raises:
            InvalidSpec: there is none such, it is another agent's, or it has been trained as far as is asked already.
        """
        if not spec.start_from:
            return None
        run_id, _, place = spec.start_from.partition("/")
        kept = next((each for each in queries.checkpoints(self.database, run_id) if place == f"{each.trial}/{each.iteration}"), None)
        if kept is None:
            raise InvalidSpec({"start_from": f"there is no checkpoint {spec.start_from}; it may have made room for a newer one"})
        given = stored(queries.run(self.database, run_id).spec)
        if other := [name for name in ("algorithm", "environment") if given.text(name) != getattr(spec, name)]:
            raise InvalidSpec({name: f"the checkpoint to start from was trained with {given.text(name)}" for name in other})
        limits = {key: limit for key, limit in spec.stop.criteria().items() if key in COUNTERS}
        if done := {f"stop.{key}": kept.metrics[key] for key, limit in limits.items() if (kept.metrics.get(key) or 0) >= limit}:
            raise InvalidSpec({key: f"the checkpoint to start from has {value:g} already: ask for more" for key, value in done.items()})
        return kept

    def _lay_out(self, start: Checkpoint, run_id: str) -> None:
        """Gives a run the checkpoint to start from: links, so that it stays when the other run is deleted."""
        target = self.settings.run_folder(run_id) / START
        if not target.exists():  # an idempotent launch comes here twice
            put(target, self.settings.run_folder(start.run_id) / start.folder)

    def checked(self, spec: TaskSpec) -> Fanout:
        """Returns a fan-out checked against its function, its inputs and the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ready = fanout.check(spec, self.settings.workloads_folder, self.settings.inputs_folder)
        if lacking := dict(fanout.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return ready

    def checked_rl(self, spec: RLSpec) -> Prepared:
        """Returns a reinforcement-learning run checked against the cluster; an environment of the user's own was made and stepped.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        if lacking := dict(rl_check.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return rl_check.check(spec, self.settings.workloads_folder, self.settings.environments_folder)

    def checked_sweep(self, spec: SweepSpec) -> Tuning:
        """Returns a sweep checked against its trainable and the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ready = tuning.check(spec, self.settings.workloads_folder, self.settings.environments_folder)
        if lacking := dict(tuning.lacking(spec, there)) if (there := self._resources()) else {}:
            raise InvalidSpec(lacking)
        return ready

    def _resources(self) -> dict[str, float]:
        """Returns what the whole cluster has; nothing while nobody knows what there will be."""
        try:
            load = self.cluster.jobs().load()
        except ClusterUnavailable:
            return {}
        return load.resources if load else {}

    def retry_failed(self, run_id: str) -> None:
        """Queues the next attempt of a fan-out, which tries again what failed."""
        self.valid(run_id)
        store.requeue_failed(self.database, run_id)
        self._submit_if_up(run_id)

    def resume(self, run_id: str) -> None:
        """Queues the next attempt of a run that stopped, failed or was lost."""
        run = self.valid(run_id)
        if run.tasks is not None and run.is_over and not run.can_resume:
            raise IllegalMove("Every task of this run has ended. Those that failed can be tried again with retry.")
        if run.sweep is not None and run.state is RunState.SUCCEEDED and not run.can_resume:
            raise IllegalMove("Every trial of this sweep has ended. Add trials, then resume.")
        store.requeue(self.database, run_id, also=RunState.SUCCEEDED if run.sweep is not None else None)
        self._submit_if_up(run_id)

    def valid(self, run_id: str) -> Run:
        """Returns a run whose spec can be run, whichever version stored it.

        Raises:
            UnknownRun
            IllegalMove: it is a script's own.
            InvalidSpec: says what is no longer there.
        """
        run = queries.run(self.database, run_id)
        if not run.is_ours:
            raise IllegalMove("Raydeck only recorded this run: run its script again.")
        spec = parse(run.spec)
        if isinstance(spec, TaskSpec):
            fanout.function_of(spec, self.settings.workloads_folder, queries.workload(self.database, run_id))
        return run

    def _submit_if_up(self, run_id: str) -> None:
        run = queries.run(self.database, run_id)
        if run.state is not RunState.QUEUED or run.job_id:
            return
        try:
            self._submit(self.cluster.jobs(), run)
        except (ClusterUnavailable, StoreUnavailable):
            return  # stays queued; reconcile submits it

    def _submit(self, jobs: JobsClient, run: Run) -> None:
        job_id = f"{run.id}-{run.attempt}"
        entrypoint = self._entrypoint(self.settings.driver_log(run.id), "backend.drivers", run.id, str(run.attempt), run.kind)
        load = None if self.cluster.is_local else jobs.load()
        has_slots = self.cluster.is_local or (load is not None and load.slots > 0)
        jobs.submit(job_id, entrypoint, {SLOT: 1} if has_slots else {})
        store.set_job(self.database, run.id, run.attempt, job_id)

    def _entrypoint(self, log: Path, module: str, *arguments: str) -> str:
        """Returns a job's command line. Its log goes to the run's own folder: it outlives the head."""
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            variables = self._write_environment()
        except OSError as error:
            raise StoreUnavailable(f"The run's folder cannot be made: {error}. Free some space or check the permissions.") from None
        command = shlex.join([sys.executable, "-u", "-m", module, *arguments])
        return f"set -a; . {shlex.quote(str(variables))}; exec {command} >> {shlex.quote(str(log))} 2>&1"

    def helper(self) -> str:
        """Returns the id of a helper that waits, and is now waited for; of one that is yet to begin if none does.

        Raises:
            ClusterUnavailable
        """
        return next((each for each in self._waiting_helpers() if self.helpers.take(each)), f"helper-{secrets.token_hex(5)}")

    def _waiting_helpers(self) -> Iterator[str]:
        for each in self.helpers.waiting():
            if self.is_helping(each):
                yield each
            else:  # its head is gone, or it was killed
                self.helpers.forget(each)

    def help(self, helper: str, work: Sequence[str]) -> None:
        """Gives work to the helper that `helper` returned.

        Raises:
            ClusterUnavailable, StoreUnavailable
        """
        is_new = not self.helpers.is_claimed(helper)
        self.helpers.hand(helper, work)
        if is_new:
            self._begin_helper(helper)

    def warm(self, modules: Sequence[str]) -> None:
        """Lets a helper begin that imports modules and waits for work, unless one waits or has just begun.

        Raises:
            ClusterUnavailable, StoreUnavailable
        """
        if time.monotonic() - self._warmed > WARMING_SECONDS and next(self._waiting_helpers(), None) is None:
            self._warmed = time.monotonic()
            self._begin_helper(f"helper-{secrets.token_hex(5)}", *modules)

    def _begin_helper(self, helper: str, *modules: str) -> None:
        """Submits a job that asks for no slot and no CPU, so that it works while training holds every core."""
        entrypoint = self._entrypoint(self.helpers.log(helper), "backend.drivers.watch", helper, *modules)
        self.cluster.jobs().submit(helper, entrypoint, {})

    def is_helping(self, helper: str) -> bool:
        """Returns whether a helper lives.

        Raises:
            ClusterUnavailable
        """
        return self.cluster.jobs().job(helper).is_alive

    def _write_environment(self) -> Path:
        """Writes what a driver must find in its environment to a file that only its owner can read.

        On the command line, which Ray's dashboard and every user of the machine can read, it might show a password.
        """
        path = self.settings.driver_environment
        text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in self.cluster.driver_environment().items())
        if not path.exists() or path.read_text() != text:
            files.replace(path, text, mode=0o600)
        return path

    def stop(self, run_id: str) -> None:
        """Stops a queued run at once; asks a running one, whose driver sees it within a second."""
        before = queries.run(self.database, run_id)
        store.request_stop(self.database, run_id)
        if before.state is RunState.QUEUED and before.job_id:
            self._stop_job(before.job_id)

    def _stop_job(self, job_id: str) -> None:
        try:
            self.cluster.jobs().stop(job_id)
        except ClusterUnavailable:
            return  # then the job is gone as well, and should it ever start, its claim is refused

    def delete(self, run_id: str) -> None:
        """Deletes a run that is over; `purge` clears its files and points."""
        store.remove(self.database, run_id)

    def delete_all(self, run_ids: Sequence[str]) -> None:
        """Deletes those of the runs that are over.

        Raises:
            IllegalMove: some are not, or are gone; all others are deleted.
        """
        if left := len(run_ids) - store.remove_over(self.database, run_ids):
            raise IllegalMove(f"{left:,} of {len(run_ids):,} runs were not deleted: they are active, or gone already.")

    def purge(self) -> int:
        """Clears what deleted runs left, and returns how many there were; quick where there are none."""
        cleared = space.purge(self.database, lambda run_id: shutil.rmtree(self.settings.run_folder(run_id), ignore_errors=True))
        self._forget_inputs()
        for log in _unused(self.helpers.logs()):
            log.unlink(missing_ok=True)
        return cleared

    def _forget_inputs(self) -> None:
        """Removes rows of files that no run was given; those of the last day may be of a form that is still open."""
        old = _unused(self.settings.inputs_folder.glob("*"))
        if old:
            kept = queries.kept_inputs(self.database)
            for path in old:
                if path.stem not in kept:
                    path.unlink(missing_ok=True)

    def reconcile(self, force: bool = False) -> None:
        """Submits what waits and marks as lost what is; any reader may call it, it works at most every `reconcile_s` seconds."""
        if not force and time.monotonic() - self._reconciled_at < self.settings.reconcile_s:
            return
        if not self._reconciling.acquire(blocking=False):
            return
        try:
            active = queries.active_runs(self.database)
            if active:
                self._reconcile_all(active)
            self._reconciled_at = time.monotonic()
        finally:
            self._reconciling.release()

    def _reconcile_all(self, active: list[Run]) -> None:
        try:
            jobs: JobsClient | None = self.cluster.jobs()
        except ClusterUnavailable:
            jobs = None
        for run in active:
            try:
                if not run.is_ours:
                    self._reconcile_external(run)
                elif run.state is RunState.QUEUED:
                    self._reconcile_queued(run, jobs)
                else:
                    self._reconcile_running(run, jobs)
            except (IllegalMove, UnknownRun, ClusterUnavailable, StoreUnavailable):
                continue  # it moved meanwhile, the head went, or the disk is full; the next round sees it

    def _reconcile_queued(self, run: Run, jobs: JobsClient | None) -> None:
        if jobs is None:
            return
        job = jobs.job(run.job_id) if run.job_id else Job(JobStatus.GONE)
        if job.status is JobStatus.GONE:  # never submitted, or its head has ended
            self._submit(jobs, run)
        elif not job.is_alive:
            reason = f"The driver ended before it began: {job.message}"
            store.move(self.database, run.id, RunState.FAILED, reason, seen=run, error=reason, traceback=self.log_tail(run.id, 40))

    def _reconcile_running(self, run: Run, jobs: JobsClient | None) -> None:
        silent = time.time() - (run.heartbeat_at or run.created_at)
        if silent <= ENDED_SILENT * self.settings.silent_s:
            return
        job = jobs.job(run.job_id) if jobs and run.job_id else None
        asked = time.time() - run.stop_requested_at if run.stop_requested_at else 0.0
        if job and job.status is JobStatus.RUNNING and asked > self.settings.stop_s:
            self._stop_job(run.job_id or "")
        reason = self._why_lost(silent, job)
        if reason:
            store.move(self.database, run.id, RunState.LOST, reason, seen=run, error=reason)

    def _reconcile_external(self, run: Run) -> None:
        silent = time.time() - (run.heartbeat_at or run.created_at)
        if silent > self.settings.silent_s:
            reason = f"No heartbeat for {silent:.0f} s: its script ended without a word, or its machine sleeps."
            store.move(self.database, run.id, RunState.LOST, reason, seen=run, error=reason)

    def _why_lost(self, silent: float, job: Job | None) -> str:
        if job is None and self.cluster.is_gone():
            return "The Ray cluster ended while the run was running."
        if job is not None and job.status is JobStatus.GONE:
            return "The Ray cluster that ran it is gone."
        if job is not None and not job.is_alive:
            return f"The driver process ended without a word ({_how(job)})."
        if silent > self.settings.silent_s and job is None:
            return f"No heartbeat for {silent:.0f} s, and Ray does not answer."
        return ""

    def log_tail(self, run_id: str, lines: int) -> str:
        """Returns the last lines of a run's driver log; empty if there is none."""
        try:
            with self.settings.driver_log(run_id).open("rb") as file:
                file.seek(0, 2)
                file.seek(max(0, file.tell() - 200 * lines))
                text = file.read().decode(errors="replace")
        except OSError:
            return ""
        return "\n".join(text.splitlines()[-lines:])


def _unused(paths: Iterable[Path]) -> list[Path]:
    """Returns the files that nobody has written to for a day."""
    return [path for path in paths if path.stat().st_mtime < time.time() - UNUSED_SECONDS]


def _how(job: Job) -> str:
    code = job.exit_code
    if code is None:
        return job.message or job.status.lower()
    return f"killed by signal {-code}" if code < 0 else f"killed by signal {code - 128}" if code > 128 else f"exit code {code}"
