"""Spec -> row; stop; resume; delete."""

from collections.abc import Sequence
from typing import Any

from backend.cluster.cluster import Cluster
from backend.cluster.helpers import Helpers
from backend.errors import IllegalMove, InvalidSpec
from backend.kinds import specs
from backend.kinds.rl.spec import RLSpec
from backend.kinds.specs import RunSpec
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks import prepare
from backend.kinds.tasks.spec import TaskSpec
from backend.launcher.check import Checks
from backend.launcher.helpers import HelperJobs
from backend.launcher.purge import purge
from backend.launcher.reconcile import Reconciler
from backend.launcher.submit import Submitter
from backend.model import Checkpoint, Run, RunState
from backend.model.goals import COUNTERS
from backend.model.stored import stored
from backend.settings import Settings
from backend.store import queries
from backend.store import runs as store
from backend.store.database import Database
from backend.store.folders import START, put


class Launcher:
    """Starts, stops and resumes runs, and keeps their stored states true."""

    def __init__(self, settings: Settings, database: Database, cluster: Cluster) -> None:
        self.settings, self.database, self.cluster = settings, database, cluster
        self.jobs = Submitter(settings, database, cluster)
        self.checks = Checks(settings, cluster)
        self.helpers = HelperJobs(Helpers(settings.helpers_folder), cluster, self.jobs)
        self.reconciler = Reconciler(settings, database, cluster, self.jobs)

    def launch(self, spec: RunSpec, *, parent_id: str | None = None, launch_key: str | None = None) -> str:
        """Stores a run and submits it if the cluster is up; otherwise it is submitted as soon as it is. Returns its id.

        Raises:
            InvalidSpec: what runs does not fit its inputs, or does not work; nothing was stored.
        """
        more: dict[str, Any] = {"parent_id": parent_id, "launch_key": launch_key}
        start: Checkpoint | None = None
        if isinstance(spec, TaskSpec):
            ready = self.checks.tasks(spec)
            spec = ready.spec
            more |= {"total": ready.total, "workload": ready.found.text, "workload_hash": ready.found.hash}
        elif isinstance(spec, SweepSpec):
            tuned = self.checks.sweep(spec)
            if found := tuned.found or tuned.environment:
                more |= {"workload": found.text, "workload_hash": found.hash}
        elif isinstance(spec, RLSpec):
            prepared, start = self.checks.rl(spec), self._start(spec)
            spec = prepared.spec
            more["parent_id"] = start.run_id if start else parent_id
            if prepared.found:
                more |= {"workload": prepared.found.text, "workload_hash": prepared.found.hash}
        content: dict[str, Any] = spec.model_dump(exclude_none=True, mode="json")
        run_id = store.create(self.database, content, spec.seeds, **more)
        if start:
            self._lay_out(start, run_id)
        self.jobs.submit_if_up(run_id)
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

    def retry_failed(self, run_id: str) -> None:
        """Queues the next attempt of a fan-out, which tries again what failed."""
        self.valid(run_id)
        store.requeue_failed(self.database, run_id)
        self.jobs.submit_if_up(run_id)

    def resume(self, run_id: str) -> None:
        """Queues the next attempt of a run that stopped, failed or was lost."""
        run = self.valid(run_id)
        if run.tasks is not None and run.is_over and not run.can_resume:
            raise IllegalMove("Every task of this run has ended. Those that failed can be tried again with retry.")
        if run.sweep is not None and run.state is RunState.SUCCEEDED and not run.can_resume:
            raise IllegalMove("Every trial of this sweep has ended. Add trials, then resume.")
        store.requeue(self.database, run_id, also=RunState.SUCCEEDED if run.sweep is not None else None)
        self.jobs.submit_if_up(run_id)

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
        spec = specs.parse(run.spec)
        if isinstance(spec, TaskSpec):
            prepare.function_of(spec, self.settings.workloads_folder, queries.workload(self.database, run_id))
        return run

    def stop(self, run_id: str) -> None:
        """Stops a queued run at once; asks a running one, whose driver sees it within a second."""
        before = queries.run(self.database, run_id)
        store.request_stop(self.database, run_id)
        if before.state is RunState.QUEUED and before.job_id:
            self.jobs.stop_job(before.job_id)

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

    def reconcile(self, force: bool = False) -> None:
        """Makes the stored states true; see Reconciler."""
        self.reconciler.reconcile(force)

    def purge(self) -> int:
        """Clears what deleted runs left, and returns how many there were; quick where there are none."""
        return purge(self.settings, self.database, self.helpers.folder)

    def log_tail(self, run_id: str, lines: int) -> str:
        """Returns the last lines of a run's driver log; empty if there is none."""
        return self.jobs.log_tail(run_id, lines)
