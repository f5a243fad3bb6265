"""What a fan-out does, in the words that all kinds share."""

from collections.abc import Sequence
from typing import Any

from backend.kinds.base import Usual
from backend.kinds.tasks import prepare
from backend.kinds.tasks.spec import TaskSpec
from backend.model import Event, Run, RunState
from backend.model.outcome import Outcome
from backend.model.work import Needs, Prepared, Progress
from backend.settings import Settings
from backend.store.database import Database

FIELDS = {"CPU": "num_cpus", "GPU": "num_gpus", "memory": "memory_gb"}


class TaskWork(Usual):
    """See `backend.kinds.base.Work`."""

    spec = TaskSpec

    def prepare(self, spec: TaskSpec, settings: Settings, database: Database) -> Prepared:
        ready = prepare.check(spec, settings.workloads_folder, settings.inputs_folder)
        return Prepared(ready.spec, ready.total, ready.found.text, ready.found.hash)

    def needs(self, spec: TaskSpec) -> Needs:
        return Needs("task", spec.reserved(), FIELDS)

    def drive(self, spec: TaskSpec, attempt: Any) -> Outcome:
        from backend.kinds.tasks.drive import drive

        return drive(spec, attempt)

    def progress(self, run: Run, events: Sequence[Event] = ()) -> Progress:
        if run.tasks is None:
            return Progress(None)
        done, total, rate = run.tasks.done, run.tasks.total, run.mean_of_last("tasks_per_second")
        return Progress(done / max(1, total), f"{done:,} of {total:,} tasks", (total - done) / rate if rate else None)

    def why_not_resume(self, run: Run) -> str:
        is_left = run.tasks is None or run.tasks.done < run.tasks.total or run.state is RunState.LOST
        if is_left and run.state is not RunState.SUCCEEDED:
            return ""
        return "Every task of this run has ended. Those that failed can be tried again with retry."

    def still_there(self, spec: TaskSpec, workload: str, settings: Settings) -> None:
        prepare.function_of(spec, settings.workloads_folder, workload)


work = TaskWork()
