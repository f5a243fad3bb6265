"""Profiles, steps to a target, and how many more seeds would settle it."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from backend.analysis import answers, reaching
from backend.analysis.answering import Reached
from backend.analysis.answers.efficiency import CurveXY, steps_to
from backend.analysis.answers.improvement import score_interval

REPETITIONS = 2000


def curve(*y: float, every: float = 10.0) -> CurveXY:
    return np.arange(len(y)) * every, np.array(y)


def test_a_profile_falls_from_all_runs_to_none_and_its_bands_hold_it() -> None:
    sample = answers.sample("a", {"x": [1, 2, 3, 4, math.nan], "y": [2, 2, 2, 2]})
    found = answers.profile(sample.scores, np.array([0.0, 2, 3, 9]))
    np.testing.assert_allclose(found.share, [(0.8 + 1) / 2, (0.6 + 1) / 2, (0.4 + 0) / 2, 0])
    assert (found.low <= found.share).all()
    assert (found.share <= found.high).all()
    assert (found.high - found.low > 0.2).all(), "five seeds are never certain"
    assert found.low.min() >= 0
    assert found.high.max() <= 1


def test_a_profile_of_what_should_be_low_counts_what_is_low() -> None:
    assert list(answers.profile({"x": np.array([1.0, 2, 3])}, np.array([1.0, 2.5]), "min").share) == pytest.approx(
        [1 / 3, 2 / 3]
    )


def test_one_seed_has_a_profile_without_bands() -> None:
    found = answers.profile({"x": np.array([1.0])}, np.array([0.0, 2]))
    assert list(found.share) == [1, 0]
    assert np.isnan(found.low).all()


def test_places_span_what_all_groups_have_come_to() -> None:
    samples = [answers.sample("a", [1, math.nan]), answers.sample("b", [5, -3])]
    assert (answers.places(samples)[[0, -1]] == [-3, 5]).all()
    assert len(answers.places([answers.sample("a", [math.nan])])) == 0


def test_steps_to_a_target_are_the_first_that_reach_it() -> None:
    assert steps_to(curve(0, 3, 5, 2, 9), 5) == 20
    assert steps_to(curve(9, 7, math.nan, 2), 3, "min") == 30
    assert math.isnan(steps_to(curve(0, 1, math.inf), 5))
    assert math.isnan(steps_to(curve(0, 3, 5), 5, budget=15))


def test_seeds_that_reach_it_and_seeds_that_do_not() -> None:
    found = answers.efficiency([curve(0, 5), curve(0, 0, 5), curve(0, 0, 0, 5), curve(0, 0, 0, 0), curve(0, 1)], 5)
    assert found is not None
    assert (found.reached, found.budget, found.ended_early) == (3, 30, 1)
    assert found.share.center == pytest.approx(0.6)
    assert found.median.center == 30
    assert math.isinf(found.median.high)
    assert found.restricted_mean.center == pytest.approx((10 + 20 + 30 + 30 + 30) / 5)
    assert found.restricted_mean.high <= 30
    assert "the true value is at least this" in found.iqm.note
    assert found.sentence == (
        "3 of 5 seeds reached 5 within 30 steps, half of all by step 30. "
        "1 ended before the budget and count as not having reached it."
    )


def test_one_late_seed_of_many_leaves_the_middle_half_known() -> None:
    found = answers.efficiency([*(curve(0, 5) for _ in range(7)), curve(0, 0)], 5)
    assert found is not None
    assert found.iqm.center == 10
    assert "at least" not in found.iqm.note
    assert "at least" in found.restricted_mean.note


def test_nobody_reached_it() -> None:
    found = answers.efficiency([curve(0, 1), curve(0, 2)], 5)
    assert found is not None
    assert found.share.low == 0
    assert found.share.high > 0.5, "of two seeds that failed nothing follows for all others"
    assert math.isinf(found.median.center)
    assert found.sentence == "0 of 2 seeds reached 5 within 10 steps."
    assert answers.efficiency([], 5) is None


def test_one_seed_is_told_without_an_interval() -> None:
    found = answers.efficiency([curve(0, 5)], 5)
    assert found is not None
    told = reaching.cells(SimpleNamespace(targets={"": 5.0}), Reached(None, "", found))  # type: ignore[arg-type]
    assert told[:3] == [("1 of 1", ""), ("100 %", ""), ("10", "")]


def test_groups_are_compared_within_the_budget_of_the_shorter() -> None:
    assert answers.common_budget([[curve(0, 0, 0), curve(0)], [curve(0, 0)]]) == 10


def power_of(n: int, shift: float, spread: float) -> float:
    """Returns in which share of repetitions two groups of n seeds are told apart."""
    rng = np.random.default_rng(3)
    _, low, high = score_interval(rng.normal(shift, spread, (REPETITIONS, n)), rng.normal(0, 1, (REPETITIONS, n)))
    return float(((low > 0.5) | (high < 0.5)).mean())


@pytest.mark.parametrize(
    ("n", "shift", "spread"), [(30, 0.5, 1.0), (30, 0.4, 1.0), (30, 1.0, 3.0), (20, 1.2, 2.0), (10, 0.7, 1.0)]
)
def test_so_many_more_seeds_do_settle_it(n: int, shift: float, spread: float) -> None:
    """From groups that look just as their distributions do, four in five comparisons with so
    many more seeds are settled."""
    from scipy import stats

    even = stats.norm.ppf((np.arange(n) + 0.5) / n)
    found = answers.more_seeds({"": shift + spread * even}, {"": even})
    assert found is not None
    assert found.seeds is not None
    assert power_of(n + found.seeds, shift, spread) == pytest.approx(0.8, abs=0.05)


def test_the_difference_takes_about_as_many() -> None:
    from scipy import stats

    even = stats.norm.ppf((np.arange(10) + 0.5) / 10)
    chance, apart = (
        answers.more_seeds({"": even + 0.8}, {"": even}),
        answers.more_seeds_of_difference({"": even + 0.8}, {"": even}, "mean"),
    )
    assert chance is not None
    assert apart is not None
    assert chance.seeds is not None
    assert apart.seeds is not None
    assert abs(chance.seeds - apart.seeds) <= 8


def test_a_difference_that_is_next_to_nothing_is_not_worth_the_seeds() -> None:
    found = answers.more_seeds({"": np.arange(10.0)}, {"": np.arange(10.0) + 0.1})
    assert found is not None
    assert found.seeds is None
    assert found.sentence == "More than 100 further seeds a group would be needed, if what was seen so far holds."
    assert answers.more_seeds({"": np.zeros(1)}, {"": np.zeros(5)}) is None
