"""What the members of a group came to on a metric, as numbers: each one's value, or why it has none,
and what they are together."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from backend.analysis import seeds
from backend.analysis.groups import Group, Member, TrialKey, evidence
from backend.analysis.seeds import STATISTICS, Interval, Statistic
from backend.model import Curve, RunState, TrialState

Which = Literal["last", "max", "min"]


@dataclass(frozen=True, eq=False)
class MemberValue:
    """What a member came to; NaN where `why` says that there is nothing to count."""

    member: Member
    value: float
    why: Literal["", "NaN", "failed", "no value"] = ""


@dataclass(frozen=True, eq=False)
class GroupRow:
    """A group, its members' values, and the statistics of those that count."""

    group: Group
    values: tuple[MemberValue, ...]
    intervals: dict[Statistic, Interval]

    @property
    def n(self) -> int:
        """How many seeds count; one that was run again counts once."""
        return len({evidence(each.member) for each in self.values if not each.why})

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


def row(group: Group, curves: Mapping[TrialKey, Curve], which: Which) -> GroupRow:
    """Returns what a group came to, by the last, the highest or the lowest value of each member's curve."""
    values = tuple(_value(member, curves.get((member.run.id, member.trial.number)), which) for member in group.members)
    by_evidence: dict[Any, list[float]] = {}
    for each in values:
        if not each.why:
            by_evidence.setdefault(evidence(each.member), []).append(each.value)
    numbers = [float(np.mean(repeats)) for repeats in by_evidence.values()]
    intervals = {
        statistic: interval for statistic in STATISTICS if (interval := seeds.interval(numbers, statistic)) is not None
    }
    return GroupRow(group, values, intervals)


def _value(member: Member, curve: Curve | None, which: Which) -> MemberValue:
    if state_of(member) in (RunState.FAILED.value, TrialState.FAILED.value):
        return MemberValue(member, np.nan, "failed")
    if curve is None or not len(curve.x):
        return MemberValue(member, np.nan, "no value")
    if not np.isfinite(curve.last[-1]):
        return MemberValue(member, np.nan, "NaN")  # it diverged: its best from before would flatter it
    value = curve.last[-1] if which == "last" else np.nanmax(curve.max) if which == "max" else np.nanmin(curve.min)
    return MemberValue(member, float(value))
