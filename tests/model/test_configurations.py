"""Which configuration of a sweep is the best: by all its seeds, of which those that were lost count as the worst."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.model import Goal, TrialState, configurations

FAILED, OVER, RUNS = TrialState.FAILED, TrialState.SUCCEEDED, TrialState.RUNNING


def tried(*values: Any) -> dict[int, Any]:
    """A trial for each value; None: it failed; "nan": after a good value came one that is not finite."""
    trials: dict[int, Any] = {}
    for number, value in enumerate(values):
        if value is None:
            trials[number] = SimpleNamespace(state=FAILED, best=100.0, last={"score": 100.0})
        elif value == "nan":
            trials[number] = SimpleNamespace(state=OVER, best=100.0, last={"score": None})
        elif value == "waits":
            trials[number] = SimpleNamespace(state=RUNS, best=None, last={})
        else:
            trials[number] = SimpleNamespace(state=OVER, best=value, last={"score": value})
    return trials


@pytest.mark.parametrize(
    ("values", "repeats", "best", "value"),
    [
        ((9.0, 1.0, 6.0, 6.0), 2, 1, 6.0),  # not the luckiest single seed
        ((9.0, None, 6.0, 6.0), 2, 0, 7.5),  # a failed seed counts as the worst, here 6
        ((9.0, None, 8.0, 8.0, 2.0, 2.0), 2, 1, 8.0),
        ((9.0, "nan", 6.0, 6.0, 2.0, 2.0), 2, 1, 6.0),  # one good report and then NaN
        (("nan", 3.0), 1, 1, 3.0),
        ((None, 3.0), 1, 1, 3.0),
        ((5.0, 5.0, None, 5.0), 2, 0, 5.0),  # of equals the one that lost fewest
        ((9.0, "waits", 6.0, 6.0), 2, 1, 6.0),  # half a configuration proves little
        ((9.0, "waits"), 2, 0, 9.0),  # but it is what there is
    ],
)
def test_the_best_is_so_by_all_its_seeds(values: tuple[Any, ...], repeats: int, best: int, value: float) -> None:
    found = configurations.best(tried(*values), Goal("score", "max", repeats))
    assert found is not None
    assert (found.number, found.value) == (best, value)


def test_where_low_is_good_a_lost_seed_counts_as_the_highest() -> None:
    found = configurations.best(tried(1.0, None, 3.0, 3.0, 9.0, 9.0), Goal("score", "min", 2))
    assert found is not None
    assert (found.number, found.value) == (1, 3.0)
    first = configurations.configurations(tried(1.0, None, 3.0, 3.0, 9.0, 9.0), Goal("score", "min", 2))[0]
    assert (first.value, first.lost) == (5.0, 1)


@pytest.mark.parametrize("values", [(None, None), ("nan", "nan"), ("waits", "waits"), ()])
def test_where_nothing_came_to_anything_nothing_is_best(values: tuple[Any, ...]) -> None:
    assert configurations.best(tried(*values), Goal("score", "max", 2)) is None


def test_settings_that_all_come_to_the_same_are_remarkable() -> None:
    def trials(count: int, value: float, *more: float) -> list[Any]:
        values = [value] * count + list(more)
        return [
            SimpleNamespace(state=OVER, best=each, last={"score": each}, params={"x1": number})
            for number, each in enumerate(values)
        ]

    goal = Goal("score", "min")
    assert configurations.are_all_alike(trials(40, 24.1), goal)
    assert not configurations.are_all_alike(trials(3, 24.1), goal), "three may be chance"
    assert not configurations.are_all_alike(trials(40, 24.1, 24.2), goal)
    same = [SimpleNamespace(state=OVER, best=1.0, last={"score": 1.0}, params={"x": 1}) for _ in range(9)]
    assert not configurations.are_all_alike(same, goal), "repeats of one setting"
