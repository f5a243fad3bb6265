"""What may be asked of the kinds of work, and of a run whatever its kind."""

from collections.abc import Iterable, Sequence

from backend.analysis.groups import Group
from backend.api.house import house
from backend.kinds import KINDS as KINDS
from backend.kinds import Axis as Axis
from backend.kinds import Kind as Kind
from backend.kinds import kind_of as kind_of
from backend.kinds import steps_of as steps_of
from backend.kinds import work_of
from backend.kinds.base import STEPS
from backend.kinds.specs import RunSpec
from backend.model import Run
from backend.model.work import Progress as Progress
from backend.store import queries


def kind(run: Run) -> Kind:
    """Returns the facts of a run's kind."""
    return kind_of(run.kind)


def progress(run: Run) -> Progress:
    """Returns how far a run is."""
    is_resumed = run.attempt > 1 and not run.is_over
    return work_of(run.kind).progress(run, queries.history(house().database, run.id) if is_resumed else ())


def can_resume(run: Run) -> bool:
    """Returns whether a run that is over can go on with what is left."""
    return run.is_over and kind(run).launches and not work_of(run.kind).why_not_resume(run)


def axes_of(runs: Sequence[Run]) -> tuple[Axis, ...]:
    """Returns what charts of all of some runs can be drawn over: their kind's own where they are alike in that."""
    axes = {kind(run).axes for run in runs}
    return axes.pop() if len(axes) == 1 else STEPS


def no_more_seeds(groups: Iterable[Group]) -> str:
    """Returns why further seeds of some groups cannot be started from here; empty if they can."""
    return next((why for group in groups for run in group.runs if (why := kind(run).no_more_seeds)), "")


def unusual(spec: RunSpec) -> dict[str, str]:
    """Returns what of a spec must be agreed to before it is launched, by field; nothing where nothing is unusual."""
    return work_of(spec.kind).unusual(spec)
