"""What proposes configurations: all alike sound, whatever came of the ones before and however often it begins again."""

import itertools
import math
import time
from typing import Any

import numpy as np
import pytest

from backend.catalog.search import SEARCHERS
from backend.kinds.sweep import searchers
from backend.kinds.sweep.search import Search
from backend.kinds.sweep.space import Domain, Space
from backend.model import Goal

SLOW = {"optuna_gp": 6, "bayesopt": 6}  # searchers that take a third of a second to answer -> how often they are asked
MIXED: dict[str, Any] = {
    "rate": {"loguniform": [1e-5, 1e-1]},
    "share": {"uniform": [-1, 1]},
    "step": {"quniform": [0.1, 0.9, 0.2]},
    "units": {"randint": [3, 7]},
    "layers": {"choice": [[64, 64], [32], None, "auto", 0.5]},
}
EDGES: dict[str, Any] = {
    "one": {"randint": [3, 4]},
    "alone": {"choice": ["only"]},
    "two": {"quniform": [-1, 1, 2]},
    "wide": {"loguniform": [1e-12, 1e12]},
    "below": {"uniform": [-2e6, -1e6]},
    "narrow": {"loguniform": [0.1, 0.1000001]},
    "ragged": {"quniform": [0, 1, 0.3]},
}
GOAL = (Goal("score"),)


def space_for(search: str, given: dict[str, Any] = MIXED) -> Space:
    """The part of a space that a search can do."""
    if search == "grid":
        return {name: Domain.model_validate({"grid": [1, 2, 3, 4, 5, 6]}) for name in ("a", "b")}
    valid = {name: Domain.model_validate(each) for name, each in given.items()}
    return {name: domain for name, domain in valid.items() if domain.kind in SEARCHERS[search].domains}


def is_inside(domain: Domain, value: Any) -> bool:
    match domain.kind, domain.of:
        case (("uniform" | "loguniform"), [low, high]):
            return type(value) is float and low <= value <= high
        case "quniform", [low, high, step]:
            return low - 1e-9 <= value <= high + 1e-9 and abs((value - low) / step - round((value - low) / step)) < 1e-6
        case "randint", [low, high]:
            return type(value) is int and low <= value < high
    return any(type(value) is type(each) and value == each for each in domain.values)


def sound(space: Space, params: dict[str, Any]) -> None:
    assert set(params) == set(space)
    wrong = {name: value for name, value in params.items() if not is_inside(space[name], value)}
    assert wrong == {}


def made(search: str, space: Space, goals: tuple[Goal, ...] = GOAL, seed: int = 1) -> Search:
    return searchers.make(search, space, goals, 40, seed)


def searched(
    search: Search, space: Space, numbers: range, at_once: int = 2
) -> dict[int, tuple[dict[str, Any], list[float] | None]]:
    """Asks and tells as a sweep does, some running side by side; each fifth fails, and some answers never come."""
    came, running = {}, []
    for number in numbers:
        params = search.ask(number)
        sound(space, params)
        running.append((number, params))
        if len(running) >= at_once:
            told, with_params = running.pop(0)
            if told % 7 == 6:
                continue
            came[told] = (with_params, None if told % 5 == 4 else [value(with_params)])
            search.tell(told, *came[told])
    return came


def value(params: dict[str, Any]) -> float:
    return sum(float(each) if isinstance(each, int | float) else 1.0 for each in params.values()) % 7


def asks(search: str, many: int = 24) -> range:
    return range(SLOW.get(search, many))


@pytest.mark.parametrize("search", SEARCHERS)
def test_what_is_proposed_lies_inside(search: str) -> None:
    space = space_for(search)
    assert space
    searched(made(search, space), space, asks(search))


@pytest.mark.parametrize("search", [name for name in SEARCHERS if name != "grid"])
def test_a_space_of_edges_is_no_trouble(search: str) -> None:
    space = space_for(search, EDGES)
    searched(made(search, space), space, asks(search, 15))


@pytest.mark.parametrize("search", SEARCHERS)
def test_a_new_one_that_is_told_of_the_past_goes_on(search: str) -> None:
    """What a resumed sweep does: all that is in the database is told, of trials this searcher never proposed."""
    space = space_for(search)
    past = searched(made(search, space), space, asks(search))
    resumed = made(search, space)
    for number, (params, values) in past.items():
        resumed.tell(number, params, values)
    begin = max(past) + 1
    more = range(begin, begin + (2 if search in SLOW else 8))
    searched(resumed, space, more)


@pytest.mark.parametrize("search", [name for name in SEARCHERS if name not in ("grid", "random")])
@pytest.mark.parametrize("known", [1, 5])
def test_a_resumed_one_does_not_begin_with_what_was_tried_already(search: str, known: int) -> None:
    """Most begin with random ones: drawn again with the same seed, they would be the same ones once more."""
    space = space_for(search, {"rate": MIXED["rate"], "share": MIXED["share"]})
    first = made(search, space)
    past = [first.ask(number) for number in range(known)]
    resumed = searchers.make(search, space, GOAL, 40, 1, config_count=known)
    for number, params in enumerate(past):
        resumed.tell(number, params, [value(params)])
    again = [resumed.ask(known + number) for number in range(2 if search in SLOW else known)]
    assert [params for params in again if params in past] == []


@pytest.mark.parametrize("search", SEARCHERS)
def test_if_everything_fails_it_proposes_all_the_same(search: str) -> None:
    space = space_for(search)
    found = made(search, space)
    for number in asks(search, 12):
        params = found.ask(number)
        sound(space, params)
        found.tell(number, params, None)
    told = made(search, space)
    for number in range(3):
        told.tell(number, params, None)
    sound(space, told.ask(3))


@pytest.mark.parametrize("search", SEARCHERS)
def test_equal_values_and_extreme_ones_are_no_trouble(search: str) -> None:
    space = space_for(search)
    found = made(search, space)
    for number, told in zip(asks(search, 12), itertools.cycle([0.0, 0.0, 1e300, -1e300, 1e-300]), strict=False):
        params = found.ask(number)
        sound(space, params)
        found.tell(number, params, [told])


@pytest.mark.parametrize("search", [name for name in SEARCHERS if name not in ("grid",)])
def test_the_same_seed_proposes_the_same_and_another_seed_another(search: str) -> None:
    space = space_for(search, {"share": MIXED["share"], "rate": MIXED["rate"]})

    def three(seed: int) -> list[dict[str, Any]]:
        found, params = made(search, space, seed=seed), []
        for number in range(3):
            params.append(found.ask(number))
            found.tell(number, params[-1], [value(params[-1])])
        return params

    assert three(5) == three(5)
    assert three(5) != three(6)


@pytest.mark.parametrize("mode", ["max", "min"])
@pytest.mark.parametrize(
    ("search", "many"),
    [("optuna", 40), ("optuna_gp", 12), ("optuna_cmaes", 120), ("hyperopt", 60), ("nevergrad", 150), ("bayesopt", 9)],
)
def test_it_learns_which_way_is_better(search: str, many: int, mode: str) -> None:
    """Of a bowl's bottom (or a hill's top) the best found lies nearer than what luck finds in the first tries,
    and it comes back there."""
    space = space_for(search, {"x": {"uniform": [0, 10]}, "y": {"uniform": [0, 10]}})
    sign = -1.0 if mode == "max" else 1.0
    found, distances = made(search, space, (Goal("score", mode),)), []
    for number in range(many):
        params = found.ask(number)
        distances.append(math.hypot(params["x"] - 7.3, params["y"] - 2.1))
        found.tell(number, params, [sign * distances[-1]])
    late = distances[-many // 4 :]
    assert min(distances) < 1.5
    assert np.median(late) < np.median(distances[: many // 4])


@pytest.mark.parametrize("search", ["optuna", "optuna_nsga2"])
def test_several_objectives_are_taken_and_told_again(search: str) -> None:
    space, goals = space_for(search), (Goal("accuracy", "max"), Goal("seconds", "min"))
    found, past = made(search, space, goals), []
    for number in range(30):
        params = found.ask(number)
        sound(space, params)
        past.append((number, params, None if number % 5 == 4 else [params["share"], params["rate"]]))
        found.tell(*past[-1])
    resumed = made(search, space, goals)
    for each in past:
        resumed.tell(*each)
    for number in range(30, 36):
        params = resumed.ask(number)
        sound(space, params)
        resumed.tell(number, params, [0.0, 1.0])


@pytest.mark.parametrize("search", [name for name in SEARCHERS if name != "grid"])
def test_a_log_range_is_searched_by_its_exponent(search: str) -> None:
    space = space_for(search, {"rate": {"loguniform": [1e-6, 1.0]}, "share": {"uniform": [0, 1]}})
    found, rates = made(search, space), []
    for number in range(SLOW.get(search, 30) + 4):
        params = found.ask(number)
        rates.append(params["rate"])
        if number % 2:
            found.tell(number, params, None)
    decades = {math.floor(math.log10(rate)) for rate in rates}
    assert len(decades) >= 3
    assert sum(rate < 1e-3 for rate in rates) >= len(rates) / 5


def test_lists_are_choices_like_others_and_come_back_as_lists() -> None:
    space = {
        "layers": Domain.model_validate({"choice": [[64, 64], [32], []]}),
        "flag": Domain.model_validate({"choice": [True, False]}),
    }
    for search in (name for name, about in SEARCHERS.items() if "choice" in about.domains):
        found = made(search, space)
        seen = []
        for number in range(6 if search == "grid" else SLOW.get(search, 20)):
            params = found.ask(number)
            sound(space, params)
            seen.append(params["layers"])
            found.tell(number, params, [float(len(params["layers"]))])
        assert {len(each) for each in seen} >= {1, 2}, search


@pytest.mark.parametrize("search", ["random", "optuna", "hyperopt", "nevergrad"])
def test_a_thousand_past_trials_are_told_in_seconds_of_computing(search: str) -> None:
    space = space_for(search)
    drawn = made("random", space)
    began = time.process_time()
    resumed = made(search, space)
    for number in range(1000):
        params = drawn.ask(number)
        resumed.tell(number, params, [value(params)])
    sound(space, resumed.ask(1000))
    assert time.process_time() - began < 15
