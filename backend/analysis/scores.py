"""What each seed of a group scored on a metric: one number, or the reason why there is none."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from backend.analysis import groups
from backend.analysis.answers import Sample, sample
from backend.analysis.groups import Group, Member
from backend.model import FINISHED, Curve, Floats, Mode, Run, RunState, TrialState, goals

How = Literal["share", "last", "best", "reports"]
Why = Literal["", "diverged", "failed", "missing"]
Place = tuple[str, int]  # run and trial
SHARE = 0.1  # of a curve: what its end is
REPORTS = 10
MOST_REPORTS = 1000
NAMED = 4  # members in a sentence, at most
POINTS = 512  # buckets a curve; the mean over an end that begins within a bucket takes that part of it
WHERE = ("environment", "trainable.environment", "params.environment", "params.env", "params.env_id")  # settings that say where
OPTIONS = "environment_options."


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
            "share": "mean of the last 10 % of the curve", "last": "last value", "best": "best value",
            "reports": f"mean of the last {self.reports} reports",
        }[self.how]  # fmt: skip


def rule_of(text: str, key: str) -> Rule:
    """Returns the rule that a link names; of anything else the default: an evaluation's last value, of other curves the end's mean."""
    how, _, count = text.partition(":")
    if how == "reports" and count.isdecimal() and len(count) < 6:
        return Rule("reports", min(max(1, int(count)), MOST_REPORTS))
    if how in ("share", "last", "best"):
        return Rule(how)  # type: ignore[arg-type]
    return Rule("last" if key == goals.evaluated(key.removeprefix("eval/")) else "share")


def direction(runs: Sequence[Run], key: str) -> Mode | None:
    """Returns whether high or low values are good: as the sweeps among the runs say, else as is known of the metric; None if nobody did."""
    asked = {goal.mode for run in runs if run.sweep for goal in run.sweep.goals if goal.key == key}
    if len(asked) == 1:
        return asked.pop()
    return None if asked else goals.direction(key)


@dataclass(frozen=True, eq=False)
class Score:
    """One member's score; NaN where `why` says that it diverged or failed, or never reported the metric."""

    member: Member
    value: float
    why: Why = ""
    odd: int = 0  # reports among those averaged that are not finite
    is_open: bool = False  # it has not come to its own end: it runs, or was stopped or lost


@dataclass(frozen=True, eq=False)
class Scored:
    """A group with the scores of its members."""

    group: Group
    scores: tuple[Score, ...]

    @property
    def counted(self) -> tuple[Score, ...]:
        """Those that count: with a score, or diverged or failed, which count as worse than any score."""
        return tuple(score for score in self.scores if score.why != "missing")

    def sample(self, where: Mapping[Place, str]) -> Sample:
        """Returns the scores by environment; of members that diverged or failed NaN."""
        found: dict[str, list[float]] = {}
        for score in self.counted:
            found.setdefault(where[place(score.member)], []).append(score.value)
        return sample(self.group.label, found)

    @property
    def notes(self) -> list[str]:
        """What must be said of members that have no score, or a doubtful one."""
        n = len(self.scores)
        told = [
            (self._with("diverged"), "diverged: the last value is NaN or infinite"),
            (self._with("failed"), "failed"),
            (self._with("missing"), "never reported this metric and are left out"),
            ([score for score in self.scores if score.odd and not score.why], "reported NaN or infinite values within what is averaged"),
            ([score for score in self.counted if score.is_open and not score.why], "not at the end yet: counted with what is there so far"),
        ]  # fmt: skip
        return [f"“{self.group.label}”, {len(those)} of {n} {what}: {named(those)}." for those, what in told if those]

    def _with(self, why: Why) -> list[Score]:
        return [score for score in self.scores if score.why == why]


def named(those: Sequence[Score]) -> str:
    """Returns who they are, the first few by name."""
    names = "; ".join(score.member.name for score in those[:NAMED])
    return f"{names}; and {len(those) - NAMED} more" if len(those) > NAMED else names


def place(member: Member) -> Place:
    return member.run.id, member.trial.number


def scored(group: Group, rule: Rule, mode: Mode, curves: Mapping[Place, Curve], ends: Mapping[Place, Floats]) -> Scored:
    """Returns the scores of a group's members, from their curves; `ends` are the last values, wanted of the rule "reports" alone."""
    return Scored(group, tuple(_score(member, rule, mode, curves.get(place(member)), ends.get(place(member))) for member in group.members))


def _score(member: Member, rule: Rule, mode: Mode, curve: Curve | None, end: Floats | None) -> Score:
    is_open = member.trial.state not in FINISHED and member.run.state is not RunState.SUCCEEDED
    if member.trial.state is TrialState.FAILED or (is_open and member.run.state is RunState.FAILED):
        return Score(member, math.nan, "failed")
    if curve is None or not len(curve.last):
        return Score(member, math.nan, "missing", is_open=is_open)
    if not math.isfinite(curve.last[-1]):
        return Score(member, math.nan, "diverged", is_open=is_open)
    if rule.how == "reports" and end is not None:
        value, odd = float(np.nanmean(end)), int((~np.isfinite(end)).sum())
    else:
        value, odd = of_curve(curve, rule, mode)
    return Score(member, value, odd=odd, is_open=is_open)


def of_curve(curve: Curve, rule: Rule, mode: Mode) -> tuple[float, int]:
    """Returns what a curve whose last value is finite comes to, and how many values among those averaged are not finite."""
    if rule.how == "last":
        return float(curve.last[-1]), 0
    if rule.how == "best":
        return float(np.nanmax(curve.max) if mode == "max" else np.nanmin(curve.min)), 0
    points = curve.records["points"].astype(float)
    after = np.cumsum(points[::-1])[::-1] - points  # reports that come after each bucket
    wanted = math.ceil(SHARE * curve.length)
    part = np.clip((wanted - after) / points, 0.0, 1.0)
    weights = part * curve.count
    known = weights > 0
    return float((curve.mean[known] * weights[known]).sum() / weights[known].sum()), round(float((part * curve.not_finite).sum()))


def environments(members: Sequence[Member]) -> dict[Place, str]:
    """Returns where each member was judged: its environment, with the options in which these differ; empty where it names none."""
    told: dict[Place, tuple[str, dict[str, Any]]] = {}
    texts: dict[str, dict[str, set[str]]] = {}  # environment -> option -> its values
    for member in members:
        own = groups.settings(member.run)
        name = next((str(own[key]) for key in WHERE if key in own), "")
        options = {key: value for key, value in own.items() if OPTIONS in key}
        told[place(member)] = name, options
        for key, value in options.items():
            texts.setdefault(name, {}).setdefault(key, set()).add(repr(value))
    found = {}
    for at, (name, options) in told.items():
        differ = ", ".join(groups.said(key, value) for key, value in options.items() if len(texts[name][key]) > 1)
        found[at] = f"{name} ({differ})" if differ else name
    return found
