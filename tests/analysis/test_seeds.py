"""What seeds come to together, along a curve and at its end."""

import math
import time

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from backend.analysis import answers, seeds
from backend.model import Curve
from backend.store.series import pyramid


def curve(y: np.ndarray, trial: int) -> Curve:
    steps = np.arange(len(y), dtype=float)
    return Curve("run", trial, "key", steps, pyramid.of_points(np.arange(len(y)), steps, steps, y), 1, len(y))


@settings(deadline=None)
@example([0.0, 2e-128], "mean")  # squares that are no number
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12), st.sampled_from(list(seeds.STATISTICS)))
def test_the_interval_holds_its_statistic(values: list[float], statistic: seeds.Statistic) -> None:
    found = seeds.interval(values, statistic)
    assert found is not None
    assert found.low - 1e-6 <= found.center <= found.high + 1e-6


def test_the_runs_page_and_the_compare_page_say_the_same() -> None:
    values = np.random.default_rng(0).normal(size=8)
    for statistic in seeds.STATISTICS:
        here, there = seeds.interval(list(values), statistic), answers.estimate({"": values}, statistic)
        assert here is not None
        assert here.center == pytest.approx(there.center)
        assert (here.low, here.high) == pytest.approx((there.low, there.high), abs=0.15)  # fewer resamples


def test_one_seed_has_no_interval_and_none_no_value() -> None:
    found = seeds.interval([3.0, math.nan], "iqm")
    assert found is not None
    assert (found.center, found.n) == (3, 1)
    assert math.isnan(found.low)
    assert seeds.interval([math.nan], "mean") is None


def test_a_band_is_over_the_seeds_that_have_come_so_far() -> None:
    rng = np.random.default_rng(0)
    found = seeds.band([curve(rng.normal(size=n), trial) for trial, n in enumerate((20, 20, 10))], "mean")
    assert found is not None
    assert len(found.x) == 20
    assert (found.low <= found.center).all()
    assert (found.center <= found.high).all()
    alone = seeds.band([curve(rng.normal(size=20), 0)], "mean")
    assert alone is not None
    assert np.isnan(alone.low).all()


def test_a_live_chart_has_its_band_in_a_fraction_of_a_tick() -> None:
    """Ten seeds at 150 places: some 30 ms of computing."""
    curves = [curve(np.random.default_rng(trial).normal(size=3000), trial) for trial in range(10)]
    seeds.band(curves, "mean")
    took = []
    for _ in range(3):
        start = time.process_time()
        seeds.band(curves, "mean")
        took.append(time.process_time() - start)
    assert min(took) < 0.5
