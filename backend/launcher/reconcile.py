"""What makes stored states true again: what waits is submitted, what is gone is lost."""

import math
import threading
import time

from backend.cluster.cluster import Cluster
from backend.cluster.jobs import Job, JobsClient, JobStatus
from backend.errors import ClusterUnavailable, IllegalMove, StoreUnavailable, UnknownRun
from backend.launcher.submit import Submitter
from backend.model import Run, RunState
from backend.settings import Settings
from backend.store import queries
from backend.store import runs as store
from backend.store.database import Database

ENDED_SILENT = 0.3  # of the silence that a run is looked into for: enough when Ray says that the process has ended


class Reconciler:
    """Looks after the active runs of one home."""

    def __init__(self, settings: Settings, database: Database, cluster: Cluster, jobs: Submitter) -> None:
        self.settings, self.database, self.cluster, self.jobs = settings, database, cluster, jobs
        self._reconciled_at = -math.inf
        self._reconciling = threading.Lock()

    def reconcile(self, force: bool = False) -> None:
        """Submits what waits and marks as lost what is; any reader may call it, it works at most
        every `reconcile_s` seconds."""
        if not force and time.monotonic() - self._reconciled_at < self.settings.reconcile_s:
            return
        if not self._reconciling.acquire(blocking=False):
            return
        try:
            active = queries.active_runs(self.database)
            if active:
                self._all(active)
            self._reconciled_at = time.monotonic()
        finally:
            self._reconciling.release()

    def _all(self, active: list[Run]) -> None:
        try:
            jobs: JobsClient | None = self.cluster.jobs()
        except ClusterUnavailable:
            jobs = None
        for run in active:
            try:
                if not run.is_ours:
                    self._external(run)
                elif run.state is RunState.QUEUED:
                    self._queued(run, jobs)
                else:
                    self._running(run, jobs)
            except (IllegalMove, UnknownRun, ClusterUnavailable, StoreUnavailable):
                continue  # it moved meanwhile, the head went, or the disk is full; the next round sees it

    def _queued(self, run: Run, jobs: JobsClient | None) -> None:
        if jobs is None:
            return
        job = jobs.job(run.job_id) if run.job_id else Job(JobStatus.GONE)
        if job.status is JobStatus.GONE:  # never submitted, or its head has ended
            self.jobs.submit(jobs, run)
        elif not job.is_alive:
            reason = f"The driver ended before it began: {job.message}"
            store.move(
                self.database,
                run.id,
                RunState.FAILED,
                reason,
                seen=run,
                error=reason,
                traceback=self.jobs.log_tail(run.id, 40),
            )

    def _running(self, run: Run, jobs: JobsClient | None) -> None:
        silent = time.time() - (run.heartbeat_at or run.created_at)
        if silent <= ENDED_SILENT * self.settings.silent_s:
            return
        job = jobs.job(run.job_id) if jobs and run.job_id else None
        stop_age = time.time() - run.stop_requested_at if run.stop_requested_at else 0.0
        if job and job.status is JobStatus.RUNNING and stop_age > self.settings.stop_s:
            self.jobs.stop_job(run.job_id or "")
        reason = self._why_lost(silent, job)
        if reason:
            store.move(self.database, run.id, RunState.LOST, reason, seen=run, error=reason)

    def _external(self, run: Run) -> None:
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


def _how(job: Job) -> str:
    code = job.exit_code
    if code is None:
        return job.message or job.status.lower()
    return (
        f"killed by signal {-code}"
        if code < 0
        else f"killed by signal {code - 128}"
        if code > 128
        else f"exit code {code}"
    )
