"""What a kind of work is: facts that everybody may ask for, and the work itself, imported when it is needed."""

from dataclasses import dataclass
from typing import Any, Protocol

from backend.model import ALIKE, Run, RunState
from backend.model.work import Needs, Prepared, Progress
from backend.settings import Settings
from backend.store.database import Database


@dataclass(frozen=True)
class Axis:
    """What charts of a kind can be drawn over: a metric key, `step` or `time`; `unit` is how its
    values are called in a text."""

    key: str
    title: str
    unit: str = ""


STEPS = (Axis("step", "Step"), Axis("iteration", "Report"), Axis("time", "Clock"))


@dataclass(frozen=True)
class Kind:
    """The facts of a kind of work. Nobody asks which kind a run is: they ask its kind for what they need."""

    id: str  # "rl", as specs and rows have it
    title: str  # "Reinforcement learning"
    part: str  # what it consists of: "seed", "trial", "task"
    code: str  # the module whose `work` it is: "backend.kinds.rl.work"
    page: str  # the module that shows it: "pages.kinds.rl.view"
    axes: tuple[Axis, ...] = STEPS  # what its charts are drawn over, the first by default
    launches: bool = True  # False: recorded only
    slots: float = 1.0  # of the local head's, that one run takes
    early: str = ""  # a module whose `connect` its driver calls before it imports anything else
    alike: frozenset[str] = ALIKE  # spec fields in which repeats of one thing differ
    no_more_seeds: str = ""  # why further seeds of a group cannot be started; empty where they can

    @property
    def parts(self) -> str:
        return f"{self.part}s"


class Work(Protocol):
    """What a kind does; `work` in the module that its `code` names."""

    spec: type[Any]  # a frozen pydantic model with the fields `kind` and `name`

    def prepare(self, spec: Any, settings: Settings, database: Database) -> Prepared:
        """Returns everything that a row, a folder and a job need, checked against all but the cluster.

        Raises:
            InvalidSpec: with one entry in `problems` for each field that is wrong.
        """
        ...

    def needs(self, spec: Any) -> Needs:
        """Returns what one part of it reserves of the cluster."""
        ...

    def drive(self, spec: Any, attempt: Any) -> Any:
        """Does the work inside a driver, and returns its `Outcome`."""
        ...

    def progress(self, run: Run, events: Any = ()) -> Progress:
        """Returns how far a run is. `events` are those of one that was resumed."""
        ...

    def sparkline(self, run: Run, points: int) -> list[float] | None:
        """Returns a short curve for a table's row; None for the mean of the main metric."""
        ...

    def why_not_resume(self, run: Run) -> str:
        """Returns why a run that is over cannot go on; empty if it can."""
        ...

    def still_there(self, spec: Any, workload: str, settings: Settings) -> None:
        """Looks whether what a stored run needs is still there, before it goes on.

        Raises:
            InvalidSpec: says what is not.
        """
        ...

    def unusual(self, spec: Any) -> dict[str, str]:
        """Returns what of it must be agreed to before it starts, by field; nothing where nothing is unusual."""
        ...


class Usual:
    """What most kinds answer; a `Work` of theirs begins with it and says what is different."""

    def progress(self, run: Run, events: Any = ()) -> Progress:
        return Progress(None)

    def sparkline(self, run: Run, points: int) -> list[float] | None:
        return None

    def why_not_resume(self, run: Run) -> str:
        return "The run has succeeded; there is nothing left to do." if run.state is RunState.SUCCEEDED else ""

    def still_there(self, spec: Any, workload: str, settings: Settings) -> None:
        """What is of the catalogue is, or the spec would not be one."""

    def unusual(self, spec: Any) -> dict[str, str]:
        return {}
