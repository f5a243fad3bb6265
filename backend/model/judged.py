"""How trials stand in the metric they are judged by: one rule for those that write it and those that show it."""

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple, Protocol

from backend.model import goals
from backend.model.goals import Goal


class Stands(Protocol):
    """What there is to know of one trial."""

    @property
    def best(self) -> float | None: ...

    @property
    def last(self) -> Mapping[str, float | None]: ...


class Judged(NamedTuple):
    """Of a run: the best value any trial reached, and the mean over the trials of the last one; None where there is none."""

    best: float | None
    last: float | None


def judged(trials: Collection[Stands], goal: Goal | None) -> Judged:
    """Sums trials up. Those of a sweep, which has a `goal`, are not alike, so that they have no common last value."""
    best = (goal or Goal("")).best(trial.best for trial in trials if trial.best is not None)
    return Judged(best, None if goal else mean_of_last(trials, main_metric(trials)))


def main_metric(trials: Collection[Stands]) -> str:
    """Returns the metric by which trials without a goal are judged."""
    return goals.main(key for trial in trials for key in trial.last)


def mean_of_last(trials: Collection[Stands], key: str) -> float | None:
    """Returns the mean over trials of the last value of a metric, each's share of it added up: a sum of large ones has no float."""
    values = [value for trial in trials if (value := trial.last.get(key)) is not None]
    return math.fsum(value / len(values) for value in values) if values else None
