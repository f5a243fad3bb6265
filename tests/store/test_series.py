"""A read gives what the points give, whatever their number: every extreme, at most so many
buckets, the window asked for."""

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from backend.model import Curve
from backend.store import runs
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from backend.store.series import read
from tests.conftest import LAKE, content

LENGTHS = [0, 1, 15, 16, 17, 255, 256, 1000, 4097, 20_001]


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    run_id = runs.create(database, content(LAKE), [1, 2, 3])
    runs.claim(database, run_id, 1, "host", {})
    made = Recorder(database, run_id, 1)
    yield made
    made.abandon()


def one(database: Database, recorder: Recorder, key: str = "a", **asked: Any) -> Curve:
    (curve,) = read.read(database, [recorder.run_id], [key], trial=0, **asked)
    return curve


def bucketed(values: np.ndarray, width: int, how: Any) -> list[float]:
    return [how(values[at : at + width]) for at in range(0, len(values), width)]


@pytest.mark.parametrize("points", [1, 2, 7, 100, 1000])
@pytest.mark.parametrize("length", LENGTHS)
def test_buckets_hold_exactly_their_points(database: Database, recorder: Recorder, length: int, points: int) -> None:
    noise = np.random.default_rng(length).normal(size=length)
    for step, value in enumerate(noise):
        recorder.report(0, 2 * step, {"a": value}, at=100.0 + step)
    recorder.flush()
    if not length:
        assert read.read(database, [recorder.run_id], ["a"], points=points) == []
        return
    curve = one(database, recorder, points=points)
    assert len(curve.x) <= points
    assert curve.length == length
    assert curve.width == 1 or len(curve.x) > points // 2 - 1
    np.testing.assert_array_equal(curve.max, bucketed(noise, curve.width, np.max))
    np.testing.assert_array_equal(curve.min, bucketed(noise, curve.width, np.min))
    np.testing.assert_allclose(curve.mean, bucketed(noise, curve.width, np.mean), atol=1e-12)
    np.testing.assert_array_equal(curve.last, bucketed(noise, curve.width, lambda part: part[-1]))
    np.testing.assert_array_equal(curve.count, bucketed(noise, curve.width, len))
    np.testing.assert_array_equal(curve.x, bucketed(2 * np.arange(length), curve.width, max))
    np.testing.assert_array_equal(
        one(database, recorder, points=points, x="time").x, bucketed(100 + np.arange(length), curve.width, max)
    )
    np.testing.assert_array_equal(
        one(database, recorder, points=points, x="iteration").x, bucketed(1 + np.arange(length), curve.width, max)
    )


@pytest.mark.parametrize("x", ["step", "time", "iteration", "clock"])
def test_a_window_comes_down_to_its_points(database: Database, recorder: Recorder, x: str) -> None:
    noise = np.random.default_rng(5).normal(size=30_000)
    for step, value in enumerate(noise):
        recorder.report(0, step, {"a": value, "clock": step + 1.0}, at=float(step))
    recorder.flush()
    shift = 1 if x in ("iteration", "clock") else 0
    for low, high in [(12_340, 12_360), (0, 5), (29_990, 40_000), (29_999, 29_999), (5000, 9000), (12_345.2, 12_345.4)]:
        curve = one(database, recorder, x=x, window=(low + shift, high + shift), points=100)
        assert len(curve.x) <= 100
        wanted = np.arange(math.ceil(low), min(math.floor(high), 29_999) + 1)
        if len(wanted) <= 90:
            assert curve.width == 1
            assert set(wanted + shift) <= set(curve.x)
            np.testing.assert_array_equal(curve.mean, noise[curve.x.astype(int) - shift])
        else:
            assert curve.x[0] <= low + curve.width + shift
            assert curve.x[-1] >= high + shift
            assert curve.width <= 2 * len(wanted) / 50
            assert curve.max.max() >= noise[wanted].max()
    assert len(one(database, recorder, x=x, window=(-50, -10)).x) <= 2


def test_steps_that_repeat_or_run_backwards_lose_nothing(database: Database, recorder: Recorder) -> None:
    steps = [*range(3000), *range(1500, 4000), 7, *[4000] * 500]
    noise = np.random.default_rng(2).normal(size=len(steps))
    for step, value in zip(steps, noise, strict=True):
        recorder.report(0, step, {"a": value})
    recorder.flush()
    curve = one(database, recorder, points=50)
    assert (curve.max.max(), curve.min.min(), int(curve.count.sum())) == (noise.max(), noise.min(), len(steps))
    near = one(database, recorder, window=(2000, 2001), points=5000)
    there = [value for step, value in zip(steps, noise, strict=True) if step in (2000, 2001)]
    assert len(there) == 4
    assert set(there) <= set(near.mean)


def test_what_is_not_finite_is_a_gap_and_counted(database: Database, recorder: Recorder) -> None:
    odd = {5: math.nan, 6: math.inf, 7: -math.inf}
    for step in range(64):
        recorder.report(0, step, {"a": odd.get(step, 1.0) if step < 32 else math.nan})
    recorder.flush()
    curve = one(database, recorder, points=4)
    assert curve.width == 16
    np.testing.assert_array_equal(curve.mean, [1, 1, math.nan, math.nan])
    np.testing.assert_array_equal(curve.max, [1, 1, math.nan, math.nan])
    np.testing.assert_array_equal(curve.not_finite, [3, 0, 16, 16])
    assert one(database, recorder).last[6] == math.inf


def test_another_metric_as_axis_is_joined_by_report(database: Database, recorder: Recorder) -> None:
    """Also where the two were not always reported together: then its value as of the report."""
    for step in range(2000):
        recorder.report(0, step, {"clock": step / 10, "a": 1.0})
        if step % 3 == 0:
            recorder.report(0, step, {"rare": float(step)})
    recorder.flush()
    for points in (10_000, 100):
        both = one(database, recorder, x="clock", points=points)
        np.testing.assert_allclose(both.x, np.minimum((np.arange(len(both.x)) + 1) * both.width - 1, 1999) / 10)
        rare = one(database, recorder, "rare", x="clock", points=points)
        np.testing.assert_allclose(rare.x, rare.last / 10)
    assert np.isnan(one(database, recorder, x="nothing").x).all()
    assert 11 <= len(one(database, recorder, "clock", x="clock", window=(5, 6)).x) <= 15  # two neighbours at most


def test_many_series_share_a_budget_and_come_in_one_read(database: Database, recorder: Recorder) -> None:
    for step in range(500):
        for trial in range(3):
            recorder.report(trial, step, {"a": trial + step, "b": 0.0})
    recorder.flush()
    found = read.read(database, [recorder.run_id], ["b", "a"], budget=120)
    assert [(curve.trial, curve.key) for curve in found] == [(0, "b"), (0, "a"), (1, "b"), (1, "a"), (2, "b"), (2, "a")]
    assert all(10 <= len(curve.x) <= 20 for curve in found)
    assert [curve.max.max() for curve in found[1::2]] == [499, 500, 501]


@pytest.mark.parametrize("x", ["step", "clock"])
def test_reading_on_from_what_is_known_is_reading_anew(database: Database, recorder: Recorder, x: str) -> None:
    known: list[Curve] = []
    noise = np.random.default_rng(3).normal(size=9000)
    at = 0
    for size in [1, 3, 12, 16, 0, 90, 300, 1, 2500, 5000]:
        for value in noise[at : at + size]:
            recorder.report(0, at, {"a": value, "clock": at * 2.0})
            at += 1
        recorder.flush()
        anew = read.read(database, [recorder.run_id], ["a"], x=x, points=100)
        on = read.read(
            database, [recorder.run_id], ["a"], x=x, points=100, earlier_curves={("", 0, ""): anew[0]} | named(known)
        )
        assert [curve.width for curve in on] == [curve.width for curve in anew]
        for mine, theirs in zip(on, anew, strict=True):
            np.testing.assert_array_equal(mine.x, theirs.x)
            np.testing.assert_array_equal(mine.records, theirs.records)
        if size == 0:
            assert on[0] is known[0]
        known = on


def named(curves: list[Curve]) -> dict[tuple[str, int, str], Curve]:
    return {(curve.run_id, curve.trial, curve.key): curve for curve in curves}
