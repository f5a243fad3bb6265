"""Means across trials and smoothing: no extreme is lost and no value is invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.analysis import curves
from backend.model import Curve
from backend.store.series import pyramid

values = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=200)


def curve(y: list[float], x: list[float] | None = None, trial: int = 0) -> Curve:
    steps = np.arange(len(y)) if x is None else np.array(x)
    records = pyramid.of_points(np.arange(len(y)), steps, steps, np.array(y, dtype=float))
    return Curve("run", trial, "key", steps.astype(float), records, 1, len(y))


@given(st.lists(values, min_size=1, max_size=4), st.integers(1, 50))
def test_every_extreme_of_every_trial_is_kept(trials: list[list[float]], points: int) -> None:
    found = curves.across([curve(y, trial=number) for number, y in enumerate(trials)], points)
    everything = np.array([value for y in trials for value in y])
    assert len(found.x) <= points
    assert found.total == len(everything)
    assert found.count.sum() == np.isfinite(everything).sum()
    if not np.isnan(everything).all():
        assert np.nanmin(found.min) == np.nanmin(everything)
        assert np.nanmax(found.max) == np.nanmax(everything)
        assert np.nanmin(everything) - 1e-6 <= np.nanmin(found.mean)
        assert np.nanmax(found.mean) <= np.nanmax(everything) + 1e-6


def test_a_repeated_step_keeps_its_extremes_and_shows_its_newest_value() -> None:
    found = curves.across([curve([1, 9, 2, 3], [0, 1, 1, 2])])
    assert list(found.mean) == [1, 2, 3]
    assert list(found.max) == [1, 9, 3]


def test_the_mean_is_over_the_trials_that_have_come_so_far() -> None:
    mean = curves.across([curve([0, 0, 0, 0, 0, 0]), curve([2, 2, 2], trial=1)])
    np.testing.assert_allclose(mean.mean, [1, 1, 1, 1, 0, 0])  # one usual step beyond its end a trial still counts


def test_trials_that_report_at_different_steps_meet_on_one_grid() -> None:
    mean = curves.across([curve([0, 10], [0, 10]), curve([5, 5], [0, 9], trial=1)])
    assert list(mean.x) == [0, 9, 10]
    np.testing.assert_allclose(mean.mean, [2.5, 7, 7.5])


def test_nothing_recorded_is_no_curve() -> None:
    assert len(curves.across([]).x) == 0
    assert len(curves.across([curve([float("nan")])], 10).x) == 0
    assert curves.spark([], 10) == []


@pytest.mark.parametrize("points", [1, 7, 10, 1000])
def test_buckets_across_trials_take_min_and_max_across_them(points: int) -> None:
    found = curves.across([curve([0.0] * 10), curve([4.0] * 10, trial=1)], points)
    assert set(found.mean) == {2.0}
    assert set(found.min) == {0.0}
    assert set(found.max) == {4.0}
    assert found.total == 20


def test_the_exponential_mean_is_debiased_and_passes_over_gaps() -> None:
    y = np.array([4.0, 8.0, np.nan, 8.0])
    expected, weights = [], 0.0
    total = 0.0
    for value in (4.0, 8.0, 8.0):
        total, weights = 0.9 * total + 0.1 * value, 0.9 * weights + 0.1
        expected.append(total / weights)
    found = curves.exponential_mean(y, 0.9)
    np.testing.assert_allclose(found[[0, 1, 3]], expected)
    assert np.isnan(found[2])


def test_the_window_mean_is_over_neighbours_on_both_sides() -> None:
    np.testing.assert_allclose(curves.window_mean(np.array([0.0, 3, 6, 9]), 3), [1.5, 3, 6, 7.5])
