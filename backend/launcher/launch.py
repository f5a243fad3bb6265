"""Spec -> row; stop; resume; delete."""

from collections.abc import Mapping, Sequence
from typing import Any

from backend.cluster import needs
from backend.cluster.cluster import Cluster
from backend.cluster.helpers import Helpers
from backend.errors import ClusterUnavailable, IllegalMove, InvalidSpec
from backend.kinds import kind_of, specs, work_of
from backend.kinds.specs import RunSpec
from backend.launcher.helpers import HelperJobs
from backend.launcher.purge import purge
from backend.launcher.reconcile import Reconciler
from backend.launcher.submit import Submitter
from backend.model import Checkpoint, Run, RunState
from backend.model.work import Prepared
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
        self.helpers = HelperJobs(Helpers(settings.helpers_folder), cluster, self.jobs)
        self.reconciler = Reconciler(settings, database, cluster, self.jobs)

    def launch(self, spec: RunSpec, *, parent_id: str | None = None, launch_key: str | None = None) -> str:
        """Stores a run and submits it if the cluster is up; otherwise it is submitted as soon as it is. Returns its id.

        Raises:
            InvalidSpec: what runs does not fit its inputs, or does not work; nothing was stored.
        """
        prepared = self.prepared(spec)
        content: dict[str, Any] = prepared.spec.model_dump(exclude_none=True, mode="json")
        run_id = store.create(
            self.database,
            content,
            prepared.spec.seeds,
            total=prepared.total,
            launch_key=launch_key,
            alike=kind_of(spec.kind).alike,
            parent_id=prepared.start.run_id if prepared.start else parent_id,
            workload=prepared.workload,
            workload_hash=prepared.workload_hash,
        )
        if prepared.start:
            self._lay_out(prepared.start, run_id)
        self.jobs.submit_if_up(run_id)
        return run_id

    def prepared(self, spec: RunSpec) -> Prepared:
        """Returns a spec checked against what it runs, its inputs and the cluster, as it would be launched.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        prepared = work_of(spec.kind).prepare(spec, self.settings, self.database)
        self.must_fit(prepared.spec)
        return prepared

    def must_fit(self, spec: RunSpec, there: Mapping[str, float] | None = None) -> None:
        """Checks a spec against what the whole cluster has, which is asked if `there` does not say it.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that asks for more.
        """
        has = self._resources() if there is None else there
        if has and (problems := needs.lacking(work_of(spec.kind).needs(spec), has)):
            raise InvalidSpec(problems)

    def _resources(self) -> Mapping[str, float]:
        """Returns what the whole cluster has; nothing while nobody knows what there will be."""
        try:
            load = self.cluster.jobs().load()
        except ClusterUnavailable:
            return {}
        return load.resources if load else {}

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
        if run.is_over and (why := work_of(run.kind).why_not_resume(run)):
            raise IllegalMove(why)
        store.requeue(self.database, run_id, also=RunState.SUCCEEDED)
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
        work_of(run.kind).still_there(spec, queries.workload(self.database, run_id), self.settings)
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
