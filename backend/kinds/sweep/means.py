"""What a search is told of a configuration: the mean over its seeds, for each goal."""

from collections.abc import Sequence

from backend.kinds.trials import OpenTrial
from backend.model import Goal
from backend.model.configurations import is_lost, mean_with_lost, worst_of


def of(trials: Sequence[OpenTrial], every: Sequence[OpenTrial], goals: Sequence[Goal]) -> list[float] | None:
    """Returns the mean of a configuration's trials for each goal; None if there is no value.

    One that failed or diverged counts as the worst value that any of `every` trial so far has.
    """
    key = goals[0].key
    values = [own for trial in trials if (own := _values(trial, goals)) is not None]
    known = [own for trial in every if (own := _values(trial, goals)) is not None]
    lost = sum(is_lost(trial, key) for trial in trials)
    means = [
        mean_with_lost([each[place] for each in values], lost, worst_of([each[place] for each in known], goal))
        for place, goal in enumerate(goals)
    ]
    numbers = [mean for mean in means if mean is not None]
    return numbers if len(numbers) == len(means) else None


def _values(trial: OpenTrial, goals: Sequence[Goal]) -> list[float] | None:
    """Returns a trial's value for each goal: of one its best, of several the last of each, for they belong together."""
    if is_lost(trial, goals[0].key):
        return None
    if len(goals) == 1:
        return None if trial.best is None else [trial.best]
    values = [value for goal in goals if (value := trial.last.get(goal.key)) is not None]
    return values if len(values) == len(goals) else None
