"""A run's row -> a Ray Job, and the end of one."""

import shlex
import sys
from pathlib import Path

from backend import files
from backend.cluster.cluster import Cluster
from backend.cluster.jobs import JobsClient
from backend.cluster.needs import SLOT
from backend.errors import ClusterUnavailable, StoreUnavailable
from backend.kinds import kind_of
from backend.model import Run, RunState
from backend.settings import Settings
from backend.store import queries
from backend.store import runs as store
from backend.store.database import Database


class Submitter:
    """Submits what is queued, and ends jobs; the job's id is the run's with its attempt."""

    def __init__(self, settings: Settings, database: Database, cluster: Cluster) -> None:
        self.settings, self.database, self.cluster = settings, database, cluster

    def submit_if_up(self, run_id: str) -> None:
        run = queries.run(self.database, run_id)
        if run.state is not RunState.QUEUED or run.job_id:
            return
        try:
            self.submit(self.cluster.jobs(), run)
        except (ClusterUnavailable, StoreUnavailable):
            return  # stays queued; reconcile submits it

    def submit(self, jobs: JobsClient, run: Run) -> None:
        job_id, kind = f"{run.id}-{run.attempt}", kind_of(run.kind)
        early = [kind.early] if kind.early else []
        entrypoint = self.entrypoint(
            self.settings.driver_log(run.id), "backend.drivers", run.id, str(run.attempt), kind.code, *early
        )
        load = None if self.cluster.is_local else jobs.load()
        has_slots = self.cluster.is_local or (load is not None and load.slots > 0)
        jobs.submit(job_id, entrypoint, {SLOT: kind.slots} if has_slots and kind.slots else {})
        store.set_job(self.database, run.id, run.attempt, job_id)

    def entrypoint(self, log: Path, module: str, *arguments: str) -> str:
        """Returns a job's command line. Its log goes to the run's own folder: it outlives the head."""
        try:
            log.parent.mkdir(parents=True, exist_ok=True)
            variables = self._write_environment()
        except OSError as error:
            raise StoreUnavailable(
                f"The run's folder cannot be made: {error}. Free some space or check the permissions."
            ) from None
        command = shlex.join([sys.executable, "-u", "-m", module, *arguments])
        return f"set -a; . {shlex.quote(str(variables))}; exec {command} >> {shlex.quote(str(log))} 2>&1"

    def _write_environment(self) -> Path:
        """Writes what a driver must find in its environment to a file that only its owner can read.

        On the command line, which Ray's dashboard and every user of the machine can read, it might show a password.
        """
        path = self.settings.driver_environment
        text = "".join(f"{key}={shlex.quote(value)}\n" for key, value in self.cluster.driver_environment().items())
        if not path.exists() or path.read_text() != text:
            files.replace(path, text, mode=0o600)
        return path

    def stop_job(self, job_id: str) -> None:
        try:
            self.cluster.jobs().stop(job_id)
        except ClusterUnavailable:
            return  # then the job is gone as well, and should it ever start, its claim is refused

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
