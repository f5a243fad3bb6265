"""One input of a fan-out, and how many of them there are in each state."""

from dataclasses import dataclass
from typing import Any

from backend.model.states import TaskState


@dataclass(frozen=True)
class TaskCounts:
    """How many tasks of a fan-out there are in each state."""

    total: int
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    stopped: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def queued(self) -> int:
        return self.total - self.done - self.running - self.stopped

    def by_state(self) -> dict[str, int]:
        return {state.value: int(getattr(self, state.value)) for state in TaskState}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One input of a fan-out: what it was given, how it went, what came of it. `number` is its place, from 0."""

    number: int
    state: TaskState
    attempts: int
    input: dict[str, Any]
    started_at: float | None
    seconds: float | None
    worker: int | None
    value: float | None  # the result, where it is a number
    result: Any
    artifact: str | None  # of a result that is a file, its name in the run's folder
    error: str | None
    failure: int | None
    output: str | None


@dataclass(frozen=True)
class Failure:
    """Tasks that failed alike: the same exception, raised at the same place; message and
    traceback are the first one's."""

    number: int
    kind: str
    place: str
    message: str
    traceback: str
    count: int
    first: int  # number of the first such task
