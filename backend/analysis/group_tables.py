"""What the members of a group came to on a metric, as numbers: each one's value, or why it has none, and what they are together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from backend.analysis import seeds
from backend.analysis.groups import Group, Member
from backend.analysis.seeds import STATISTICS, Interval, Statistic
from backend.model import Curve, RunState, TrialState

Which = Literal["last", "max", "min"]
Place = tuple[str, int]  # run and trial


@dataclass(frozen=True, eq=False)
class Value:
    """What a member came to; NaN where `why` says that there is nothing to count."""

    member: Member
    value: float
    why: Literal["", "NaN", "failed", "no value"] = ""


@dataclass(frozen=True, eq=False)
class Row:
    """A group, its members' values, and the statistics of those that count."""

    group: Group
    values: tuple[Value, ...]
    intervals: dict[Statistic, Interval]

    @property
    def n(self) -> int:
        """How many members count."""
        return sum(not each.why for each in self.values)

    @property
    def left_out(self) -> dict[str, int]:
        """How many members do not count, by the reason."""
        return dict(Counter(each.why for each in self.values if each.why))

    @property
    def states(self) -> dict[str, int]:
        """How many members are in each state."""
        return dict(Counter(state_of(each.member) for each in self.values))


def state_of(member: Member) -> str:
    """Returns a member's state; of one whose run ended before it, the run's."""
    is_open = member.trial.state in (TrialState.QUEUED, TrialState.RUNNING)
    return (member.run.state if is_open and member.run.is_over else member.trial.state).value


def row(group: Group, curves: Mapping[Place, Curve], which: Which) -> Row:
    """Returns what a group came to, by the last, the highest or the lowest value of each member's curve."""
    values = tuple(_value(member, curves.get((member.run.id, member.trial.number)), which) for member in group.members)
    known = [each.value for each in values if not each.why]
    found = {statistic: interval for statistic in STATISTICS if (interval := seeds.interval(known, statistic)) is not None}
    return Row(group, values, found)


def _value(member: Member, curve: Curve | None, which: Which) -> Value:
    if state_of(member) in (RunState.FAILED.value, TrialState.FAILED.value):
        return Value(member, np.nan, "failed")
    if curve is None or not len(curve.x):
        return Value(member, np.nan, "no value")
    if not np.isfinite(curve.last[-1]):
        return Value(member, np.nan, "NaN")  # it diverged: its best from before would flatter it
    found = curve.last[-1] if which == "last" else np.nanmax(curve.max) if which == "max" else np.nanmin(curve.min)
    return Value(member, float(found))
