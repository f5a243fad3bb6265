"""What each seed of a group scored on a metric: one number, or the reason why there is none."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from backend.analysis import groups
from backend.analysis.answers import Sample, sample
from backend.analysis.groups import Group, Member, TrialKey
from backend.model import FINISHED, Curve, Floats, Mode, Run, RunState, TrialState, goals

How = Literal["share", "last", "best", "reports"]
Why = Literal["", "diverged", "failed", "missing"]
SHARE = 0.1  # of a curve: what its end is
REPORTS = 10
MOST_REPORTS = 1000
NAMED = 4  # members in a sentence, at most
POINTS = 512  # buckets a curve; the mean over an end that begins within a bucket takes that part of it


@dataclass(frozen=True)
class Rule:
    """How a curve becomes one number; `reports` counts only for the mean of the last reports."""

    how: How = "share"
    reports: int = REPORTS

    def __str__(self) -> str:
        return f"reports:{self.reports}" if self.how == "reports" else self.how

    @property
    def words(self) -> str:
        return {
            "share": "mean of the last 10 % of the curve",
            "last": "last value",
            "best": "best value",
            "reports": f"mean of the last {self.reports} reports",
        }[self.how]


def rule_of(text: str, key: str) -> Rule:
    """Returns the rule that a link names; of anything else the default: an evaluation's last value, of
    other curves the end's mean."""
    how, _, count = text.partition(":")
    if how == "reports" and count.isdecimal() and len(count) < 6:
        return Rule("reports", min(max(1, int(count)), MOST_REPORTS))
    if how in ("share", "last", "best"):
        return Rule(how)  # type: ignore[arg-type]
    return Rule("last" if key == goals.evaluated(key.removeprefix("eval/")) else "share")


def direction(runs: Sequence[Run], key: str) -> Mode | None:
    """Returns whether high or low values are good: as the sweeps among the runs say, else as is known of the
    metric; None if nobody did."""
    modes = {goal.mode for run in runs for goal in run.goals if goal.key == key}
    if len(modes) == 1:
        return modes.pop()
    return None if modes else goals.direction(key)


@dataclass(frozen=True, eq=False)
class Score:
    """One member's score; NaN where `why` says that it diverged or failed, or never reported the metric."""

    member: Member
    value: float
    why: Why = ""
    odd: int = 0  # reports among those averaged that are not finite
    is_open: bool = False  # it has not come to its own end: it runs, or was stopped or lost
    times: int = 1  # how often this seed was run with the same settings and code; `value` is their mean


@dataclass(frozen=True, eq=False)
class Scored:
    """A group with the scores of its members."""

    group: Group
    scores: tuple[Score, ...]

    @property
    def counted(self) -> tuple[Score, ...]:
        """Those that count: with a score, or diverged or failed, which count as worse than any score."""
        return tuple(score for score in self.scores if score.why != "missing")

    def sample(self, where: Mapping[TrialKey, str]) -> Sample:
        """Returns the scores by environment; of members that diverged or failed NaN."""
        values: dict[str, list[float]] = {}
        for score in self.counted:
            values.setdefault(where[place(score.member)], []).append(score.value)
        return sample(self.group.label, values)

    @property
    def notes(self) -> list[str]:
        """What must be said of members that have no score, or a doubtful one."""
        n = len(self.scores)
        remarks = [
            (self._with("diverged"), "diverged: the last value is NaN or infinite"),
            (self._with("failed"), "failed"),
            (self._with("missing"), "never reported this metric and are left out"),
            ([score for score in self.scores if score.odd and not score.why],
            "reported NaN or infinite values within what is averaged"),
            ([score for score in self.counted if score.is_open and not score.why],
            "not at the end yet: counted with what is there so far"),
            ([score for score in self.counted if score.times > 1],
            "run more than once with the same settings and code: a seed counts once, with the mean of its runs"),
        ]  # fmt: skip
        return [
            f"“{self.group.label}”, {len(those)} of {n} {what}: {named(those)}." for those, what in remarks if those
        ]

    def _with(self, why: Why) -> list[Score]:
        return [score for score in self.scores if score.why == why]


def named(those: Sequence[Score]) -> str:
    """Returns who they are, the first few by name."""
    names = "; ".join(score.member.name for score in those[:NAMED])
    return f"{names}; and {len(those) - NAMED} more" if len(those) > NAMED else names


def place(member: Member) -> TrialKey:
    return member.run.id, member.trial.number


def scored(
    group: Group, rule: Rule, mode: Mode, curves: Mapping[TrialKey, Curve], ends: Mapping[TrialKey, Floats]
) -> Scored:
    """Returns the scores of a group's members, from their curves; `ends` are the last values, wanted of
    the rule "reports" alone."""
    by_evidence: dict[Any, list[Score]] = {}
    for member in group.members:
        score = _score(member, rule, mode, curves.get(place(member)), ends.get(place(member)))
        by_evidence.setdefault(groups.evidence(member), []).append(score)
    return Scored(group, tuple(_one(repeats) for repeats in by_evidence.values()))


def _one(repeats: Sequence[Score]) -> Score:
    """Returns the score of one seed that was run once or more: the mean of the runs that have a score."""
    with_score = [score for score in repeats if not score.why]
    first = (with_score or repeats)[0]
    if len(repeats) == 1:
        return first
    value = float(np.mean([score.value for score in with_score])) if with_score else first.value
    return replace(
        first,
        value=value,
        odd=sum(score.odd for score in with_score),
        is_open=all(score.is_open for score in repeats),
        times=len(repeats),
    )


def _score(member: Member, rule: Rule, mode: Mode, curve: Curve | None, end: Floats | None) -> Score:
    is_open = member.trial.state not in FINISHED and member.run.state is not RunState.SUCCEEDED
    if member.trial.state is TrialState.FAILED or (is_open and member.run.state is RunState.FAILED):
        return Score(member, math.nan, "failed")
    if curve is None or not len(curve.last) or _awaits_an_episode(curve):
        return Score(member, math.nan, "missing", is_open=is_open)
    if not math.isfinite(curve.last[-1]):
        return Score(member, math.nan, "diverged", is_open=is_open)
    if rule.how == "reports" and end is not None:
        value, odd = float(np.nanmean(end)), int((~np.isfinite(end)).sum())
    else:
        value, odd = of_curve(curve, rule, mode)
    return Score(member, value, odd=odd, is_open=is_open)


def _awaits_an_episode(curve: Curve) -> bool:
    """Whether a curve is of training episodes of which none has ended yet: that is no number, but no failure."""
    return curve.key in goals.OF_EPISODES and not curve.count.any()


def of_curve(curve: Curve, rule: Rule, mode: Mode) -> tuple[float, int]:
    """Returns what a curve whose last value is finite comes to, and how many values among those
    averaged are not finite."""
    if rule.how == "last":
        return float(curve.last[-1]), 0
    if rule.how == "best":
        return float(np.nanmax(curve.max) if mode == "max" else np.nanmin(curve.min)), 0
    points = curve.records["points"].astype(float)
    after = np.cumsum(points[::-1])[::-1] - points  # reports that come after each bucket
    wanted = math.ceil(SHARE * curve.length)
    part = np.clip((wanted - after) / points, 0.0, 1.0)
    weights = part * curve.count
    has_weight = weights > 0
    return float((curve.mean[has_weight] * weights[has_weight]).sum() / weights[has_weight].sum()), round(
        float((part * curve.not_finite).sum())
    )
