"""What a sweep's configurations come to, each by all its seeds."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from backend.model.goals import Goal
from backend.model.states import TrialState

FEW = 4  # settings that come to the same value, from which on that is remarkable


class Tried(Protocol):
    """What there is to know of one trial."""

    @property
    def state(self) -> TrialState: ...

    @property
    def best(self) -> float | None: ...

    @property
    def last(self) -> Mapping[str, float | None]: ...


class TriedWith(Tried, Protocol):
    """The same with the parameters it was tried with."""

    @property
    def params(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Configuration:
    """A configuration and what it came to: the mean over its seeds that have a value or are lost.

    A lost one, which failed or diverged, counts as the worst value that any trial of the sweep has.
    """

    number: int
    trials: tuple[int, ...]  # the numbers of its trials
    value: float | None  # None while there is nothing to judge by
    lost: int  # seeds that failed or diverged
    is_whole: bool  # each of its seeds has a value, or is lost


def is_lost(trial: Tried, key: str) -> bool:
    """Whether a trial failed or diverged: a value from before would flatter it."""
    return trial.state is TrialState.FAILED or (key in trial.last and trial.last[key] is None)


def configurations(trials: Mapping[int, Tried], goal: Goal) -> list[Configuration]:
    """Returns what has been tried, by number: trial n is of configuration n // `goal.repeats`."""
    worst = worst_of([trial.best for trial in trials.values() if not is_lost(trial, goal.key)], goal)
    numbers: dict[int, list[int]] = {}
    for number in sorted(trials):
        numbers.setdefault(number // goal.repeats, []).append(number)
    return [_of(config, own, trials, goal, worst) for config, own in numbers.items()]


def _of(
    config: int, numbers: Sequence[int], trials: Mapping[int, Tried], goal: Goal, worst: float | None
) -> Configuration:
    own = [trials[number] for number in numbers]
    lost = sum(is_lost(trial, goal.key) for trial in own)
    values = [trial.best for trial in own if trial.best is not None and not is_lost(trial, goal.key)]
    value = mean_with_lost(values, lost, worst)
    return Configuration(config, tuple(numbers), value, lost, is_whole=len(values) + lost == goal.repeats)


def worst_of(values: Sequence[float | None], goal: Goal) -> float | None:
    """Returns the worst of some values; None if there are none."""
    return min((value for value in values if value is not None), key=lambda value: goal.sign * value, default=None)


def mean_with_lost(values: Sequence[float], lost: int, worst: float | None) -> float | None:
    """Returns the mean of values and of `lost` ones that count as `worst`; None where none of it is a number."""
    every = [*values, *([] if worst is None else [worst] * lost)]
    return math.fsum(value / len(every) for value in every) if every else None


def best(trials: Mapping[int, Tried], goal: Goal) -> Configuration | None:
    """Returns the best configuration: of those whose seeds are all judged, where there are any; of equals the one that
    lost fewest. One that lost all its seeds is never it."""
    tried = [each for each in configurations(trials, goal) if each.value is not None and each.lost < len(each.trials)]
    whole = [each for each in tried if each.is_whole]
    return max(
        whole or tried, key=lambda each: (goal.sign * (each.value or 0.0), -each.lost, -each.number), default=None
    )


def are_all_alike(trials: Sequence[TriedWith], goal: Goal) -> bool:
    """Whether trials with different parameters all came to the same value, so that none of these seems to matter."""
    judged = [trial for trial in trials if trial.best is not None and not is_lost(trial, goal.key)]
    tried = {repr(sorted(trial.params.items(), key=repr)) for trial in judged}
    return len(tried) >= FEW and len({trial.best for trial in judged}) == 1
