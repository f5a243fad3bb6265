"""Curves: means across trials, smoothing, and the short ones of table rows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from backend.model import Curve, Floats

MOST_SMOOTH = 0.999


@dataclass(frozen=True)
class Buckets:
    """A curve in buckets of neighbouring points: min and max are those of all its points, NaN where none is finite."""

    x: Floats  # of the last point
    mean: Floats
    min: Floats
    max: Floats
    last: Floats
    count: Floats  # how many points are finite
    total: int  # points in all


def of_curve(curve: Curve) -> Buckets:
    """Returns one trial's curve."""
    return Buckets(curve.x, curve.mean, curve.min, curve.max, curve.last, curve.count.astype(np.float64), curve.length)


def across(curves: Sequence[Curve], points: int | None = None) -> Buckets:
    """Returns the mean over trials at every x that any of them has (in at most `points` buckets), min and max across
    them.

    Each trial is interpolated within its own range; where only some have come so far, the mean is over those.
    """
    buckets = [by_x(curve) for curve in curves]
    buckets = [each for each in buckets if len(each.x)]
    grid = np.unique(np.concatenate([each.x for each in buckets])) if buckets else np.empty(0)
    sums, trials, counts = np.zeros(len(grid)), np.zeros(len(grid)), np.zeros(len(grid))
    low, high = np.full(len(grid), np.nan), np.full(len(grid), np.nan)
    for each in buckets:  # one trial at a time, since a table of all is large
        row, here = _interpolated(grid, each)
        sums[here] += row
        trials[here] += 1
        places = np.searchsorted(grid, each.x)
        counts[places] += each.count
        low[here], high[here] = np.fmin(low[here], row), np.fmax(high[here], row)
        low[places], high[places] = np.fmin(low[places], each.min), np.fmax(high[places], each.max)
    with np.errstate(invalid="ignore"):
        mean = sums / trials
    total = sum(curve.length for curve in curves)
    return _merged(Buckets(grid, mean, low, high, mean, counts, total), points)


def by_x(curve: Curve) -> Buckets:
    """Returns a trial's finite buckets by rising x; a repeated step has its newest mean, and the
    extremes of all its values."""
    is_finite = np.isfinite(curve.x) & (curve.count > 0)
    order = np.argsort(curve.x[is_finite], kind="stable")
    columns = (curve.x, curve.mean, curve.min, curve.max, curve.count.astype(np.float64))
    x, mean, low, high, count = (values[is_finite][order] for values in columns)
    if not len(x):
        return Buckets(x, mean, low, high, mean, count, 0)
    starts = np.flatnonzero(np.diff(x, prepend=-np.inf) > 0)
    newest = np.append(starts[1:], len(x)) - 1
    low, high = np.fmin.reduceat(low, starts), np.fmax.reduceat(high, starts)
    return Buckets(x[starts], mean[newest], low, high, mean[newest], np.add.reduceat(count, starts), curve.length)


def _interpolated(grid: Floats, each: Buckets) -> tuple[Floats, slice]:
    """Returns a trial's mean on the part of the grid that it reaches, one usual step beyond its ends included.

    Trials report at slightly different steps; without that step a mean would jump where the last one is alone.
    """
    slack = float(np.median(np.diff(each.x))) if len(each.x) > 1 else 0.0
    first, last = np.searchsorted(grid, each.x[0] - slack), np.searchsorted(grid, each.x[-1] + slack, side="right")
    return np.interp(grid[first:last], each.x, each.mean), slice(first, last)


def _merged(buckets: Buckets, points: int | None) -> Buckets:
    if points is None or len(buckets.x) <= points:
        return buckets
    starts = np.unique(np.linspace(0, len(buckets.x), points, endpoint=False).astype(np.int64))
    ends = np.append(starts[1:], len(buckets.x)) - 1
    is_finite = np.isfinite(buckets.mean)
    with np.errstate(invalid="ignore"):
        mean = np.add.reduceat(np.where(is_finite, buckets.mean, 0.0), starts) / np.add.reduceat(
            is_finite.astype(np.float64), starts
        )
    low, high = np.fmin.reduceat(buckets.min, starts), np.fmax.reduceat(buckets.max, starts)
    return Buckets(
        buckets.x[ends], mean, low, high, buckets.last[ends], np.add.reduceat(buckets.count, starts), buckets.total
    )


def spark(curves: Sequence[Curve], points: int) -> list[float]:
    """Returns the mean across trials as at most `points` finite numbers."""
    values = across(curves, points).mean
    return [float(value) for value in values[np.isfinite(values)]]


def exponential_mean(y: Floats, weight: float) -> Floats:
    """Returns the debiased exponential moving average; `weight` (0 to below 1) is that of the past, gaps are passed
    over.

    Debiased as in Adam and TensorBoard: the first values are not drawn towards zero.
    """
    averaged = pd.Series(y).ewm(alpha=1 - min(weight, MOST_SMOOTH), adjust=True, ignore_na=True).mean()
    return np.where(np.isfinite(y), averaged.to_numpy(), np.nan)


def window_mean(y: Floats, size: int) -> Floats:
    """Returns the mean over a window of `size` neighbours around each value; gaps stay gaps."""
    averaged = pd.Series(y).rolling(max(1, size), center=True, min_periods=1).mean()
    return np.where(np.isfinite(y), averaged.to_numpy(), np.nan)
