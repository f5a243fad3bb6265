"""How trials stand in the metric they are judged by: one rule for those that write it and those that show it."""

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from backend.model import configurations, goals
from backend.model.configurations import Tried
from backend.model.goals import Goal


class Judged(NamedTuple):
    """Of a run: the best value of any trial, or of a sweep's best configuration, and the mean over the trials of the
    last one; None where there is none."""

    best: float | None
    last: float | None


def judged(trials: Mapping[int, Tried], goal: Goal | None) -> Judged:
    """Sums trials up, by number. Those of a sweep, which has a `goal`, are not alike, so that they have no common last
    value."""
    if goal is not None:
        best = configurations.best(trials, goal)
        return Judged(best.value if best else None, None)
    values = [trial.best for trial in trials.values() if trial.best is not None]
    return Judged(max(values, default=None), mean_of_last(trials.values(), main_metric(trials.values())))


def main_metric(trials: Collection[Tried]) -> str:
    """Returns the metric by which trials without a goal are judged."""
    return goals.main(key for trial in trials for key in trial.last)


def mean_of_last(trials: Collection[Tried], key: str) -> float | None:
    """Returns the mean over trials of the last value of a metric, each's share of it added up: a sum of
    large ones has no float."""
    values = [value for trial in trials if (value := trial.last.get(key)) is not None]
    return math.fsum(value / len(values) for value in values) if values else None
