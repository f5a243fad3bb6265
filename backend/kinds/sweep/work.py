"""What a sweep does, in the words that all kinds share."""

from collections.abc import Sequence
from typing import Any

from backend.kinds.base import Usual
from backend.kinds.sweep import prepare, progress
from backend.kinds.sweep.limits import limits_of
from backend.kinds.sweep.spec import GRID_TO_CONFIRM, SweepSpec
from backend.model import Event, Run, RunState
from backend.model.outcome import Outcome
from backend.model.work import Needs, Prepared, Progress
from backend.settings import Settings
from backend.store.database import Database


class SweepWork(Usual):
    """See `backend.kinds.base.Work`."""

    spec = SweepSpec

    def prepare(self, spec: SweepSpec, settings: Settings, database: Database) -> Prepared:
        ready = prepare.check(spec, settings.workloads_folder, settings.environments_folder)
        source = ready.found or ready.environment
        return Prepared(spec, workload=source.text if source else "", workload_hash=source.hash if source else "")

    def needs(self, spec: SweepSpec) -> Needs:
        cpus = "cpus" if isinstance(spec.trainable, str) else "trainable.params.num_env_runners"
        return Needs("trial", spec.reserved(), {"CPU": cpus, "GPU": "gpus", "memory": "memory_gb"})

    def drive(self, spec: SweepSpec, attempt: Any) -> Outcome:
        from backend.kinds.sweep.drive import drive

        return drive(spec, attempt)

    def progress(self, run: Run, events: Sequence[Event] = ()) -> Progress:
        return progress.of(run, events)

    def sparkline(self, run: Run, points: int) -> list[float] | None:
        return progress.best_so_far(run, points)

    def why_not_resume(self, run: Run) -> str:
        is_done = run.state is RunState.SUCCEEDED and not limits_of(run).leave_some(run)
        return "Every trial of this sweep has ended. Add trials, then resume." if is_done else ""

    def unusual(self, spec: SweepSpec) -> dict[str, str]:
        is_large = spec.search == "grid" and spec.trials > GRID_TO_CONFIRM
        return {"space": f"is a grid of {spec.trials:,} trials"} if is_large else {}


work = SweepWork()
