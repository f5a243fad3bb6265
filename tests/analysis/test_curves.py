"""Whatever is merged or thinned, no extreme is lost and no mean is invented."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.analysis import curves
from backend.analysis.curves import Curve
from backend.store.values import Series

values = st.lists(st.floats(-1e6, 1e6) | st.just(float("nan")), min_size=1, max_size=300)


def curve(y: list[float], x: list[float] | None = None, trial: int = 0) -> Curve:
    return Curve("run", trial, "key", np.array(range(len(y)) if x is None else x, dtype=float), np.array(y, dtype=float))


@given(values, st.integers(1, 50))
def test_buckets_keep_every_extreme_and_the_total(y: list[float], points: int) -> None:
    found = curves.buckets(curve(y), points)
    assert len(found.x) <= points
    assert found.total == len(y)
    assert found.x[-1] == len(y) - 1
    if not np.isnan(y).all():
        assert np.nanmin(found.min) == np.nanmin(y)
        assert np.nanmax(found.max) == np.nanmax(y)
        assert np.nanmin(y) - 1e-6 <= np.nanmin(found.mean)
        assert np.nanmax(found.mean) <= np.nanmax(y) + 1e-6


@given(values, st.integers(4, 50))
def test_thinning_keeps_every_extreme_in_order(y: list[float], points: int) -> None:
    found = curves.thinned(curve(y), points)
    assert (np.diff(found.x) > 0).all()
    assert len(found.y) <= max(points, 4) + 2
    if not np.isnan(y).all():
        assert np.nanmin(found.y) == np.nanmin(y)
        assert np.nanmax(found.y) == np.nanmax(y)


def test_one_spike_in_a_hundred_thousand_points_is_drawn() -> None:
    y = np.zeros(100_000)
    y[54_321] = 7.0
    found = curves.thinned(curve(list(y)), 1000)
    assert found.y.max() == 7.0
    assert found.x[found.y.argmax()] == 54_321


def test_the_mean_is_over_the_trials_that_have_come_so_far() -> None:
    mean = curves.mean_across([curve([0, 0, 0, 0, 0, 0]), curve([2, 2, 2], trial=1)])
    assert mean is not None
    np.testing.assert_allclose(mean.y, [1, 1, 1, 1, 0, 0])  # one usual step beyond its end a trial still counts


def test_trials_that_report_at_different_steps_meet_on_one_grid() -> None:
    mean = curves.mean_across([curve([0, 10], [0, 10]), curve([5, 5], [0, 9], trial=1)])
    assert mean is not None
    assert list(mean.x) == [0, 9, 10]
    np.testing.assert_allclose(mean.y, [2.5, 7, 7.5])


def test_nothing_recorded_is_no_curve() -> None:
    assert curves.mean_across([]) is None
    assert curves.mean_across([curve([float("nan")])]) is None
    assert curves.spark([], 10) == []
    assert len(curves.buckets_across([], 10).x) == 0


def test_another_metric_as_axis_is_joined_by_sequence() -> None:
    def series(key: str, sequence: list[int], value: list[float]) -> Series:
        step = np.array(sequence, dtype=float) * 100
        return Series("run", 0, key, np.array(sequence), step, step, np.array(value))

    found = curves.along([series("time_s", [0, 1, 2], [0.5, 1.5, 2.5]), series("reward", [1, 2, 3], [7.0, 8.0, 9.0])], ["reward"], "time_s")
    assert [(list(each.x), list(each.y)) for each in found] == [([1.5, 2.5], [7.0, 8.0])]


@pytest.mark.parametrize("points", [1, 7, 10, 1000])
def test_buckets_across_trials_take_min_and_max_across_them(points: int) -> None:
    found = curves.buckets_across([curve([0.0] * 10), curve([4.0] * 10, trial=1)], points)
    assert set(found.mean) == {2.0}
    assert set(found.min) == {0.0}
    assert set(found.max) == {4.0}
    assert found.total == 20
