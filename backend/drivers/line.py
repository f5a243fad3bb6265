"""The line of a trial's reports: after which of them it goes on whenever Tune starts it from a checkpoint."""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from ray.tune.experiment import Trial

PARTS = 3
LATELY = 8  # reports that are known while a save is on its way


class Held(NamedTuple):
    """A checkpoint, and how many reports of its trial it holds; None where nobody noted it."""

    name: str  # see `named`
    reports: int | None


class Reported(NamedTuple):
    """A report of a trial: Tune's iteration, how many reports it has made with it, what it says."""

    iteration: int
    reports: int
    report: Any


class Saved(NamedTuple):
    """A checkpoint that is new, and the report that it was saved with; None where none came since the start."""

    held: Held
    report: Any


class Line:
    """What a driver knows of one trial's line. Tune starts a trial anew when an attempt goes on, after a failure, after
    a pause, and where a population copies another trial."""

    def __init__(self, held: Held | None = None, *, parts: int = PARTS) -> None:
        """`parts` of a checkpoint's path tell it from others; see `named`."""
        self.held = held  # the newest checkpoint that it may go on from
        self._parts = parts
        self._begun: Held | None = None  # what its last start went on from, until a report tells that it did
        self._lately: deque[Reported] = deque(maxlen=LATELY)

    def starts(self, trial: "Trial", reports: int) -> None:
        """Takes a start of the trial, which has made so many reports.

        From no checkpoint it begins anew. The checkpoint of another trial is a jump of this one's own line: it repeats
        nothing of what it has reported itself, and is from then on held as if it were its own.
        """
        name = self._name_of(trial)
        if name is not None and (self.held is None or self.held.name != name):
            self.held = Held(name, reports)
        self._begun = Held("", 0) if name is None else self.held
        self._lately.clear()

    def goes_on_after(self, unknown: Callable[[], int | None]) -> int | None:
        """Returns, asked with the first report after a start, after how many of its reports the trial goes on; else
        None.

        `unknown` is asked where nobody noted how many the checkpoint holds.
        """
        begun, self._begun = self._begun, None
        if begun is None:
            return None
        return unknown() if begun.reports is None else begun.reports

    def reported(self, iteration: int, reports: int, report: Any = None) -> None:
        """Takes a report; `iteration` is Tune's, `reports` how many the trial has made with it."""
        self._lately.append(Reported(iteration, reports, report))

    def saved(self, trial: "Trial") -> Saved | None:
        """Takes a checkpoint that Tune has saved; None where it is none that is new.

        A report may have come while it was being saved: Tune's iteration tells which was the last before.
        """
        name = self._name_of(trial)
        if name is None or (self.held is not None and self.held.name == name):
            return None
        if not self._lately:
            self.held = Held(name, None if self._begun is None else self._begun.reports)
            return Saved(self.held, None)
        iteration = trial.latest_checkpoint_result.metrics.get("training_iteration")
        last = next((each for each in reversed(self._lately) if each.iteration == iteration), self._lately[-1])
        self.held = Held(name, last.reports)
        return Saved(self.held, last.report)

    def _name_of(self, trial: "Trial") -> str | None:
        """Returns what the checkpoint is called from which a trial would go on; None where there is none."""
        checkpoint = trial.checkpoint
        return None if checkpoint is None else named(checkpoint.path, self._parts)


def named(path: str, parts: int = PARTS) -> str:
    """Returns what a checkpoint at that path is called: the last parts of it, that of the experiment, the trial's and
    its own. Two are enough within one experiment, whose folder may be moved."""
    return "/".join(path.rstrip("/").split("/")[-parts:])
