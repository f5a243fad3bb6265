"""Curves: a metric along an x axis, means across trials, and buckets that keep every extreme."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.store.values import Floats, Series

STEP = "step"


@dataclass(frozen=True)
class Curve:
    """One trial's metric along an axis: x and y of equal length, in the order of reporting; NaN where nothing was measured."""

    run_id: str
    trial: int
    key: str
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Buckets:
    """Neighbouring points merged: x is the last of each bucket; min and max are those of all its points."""

    x: Floats
    mean: Floats
    min: Floats
    max: Floats
    total: int


def along(series: Sequence[Series], keys: Sequence[str], x: str) -> list[Curve]:
    """Returns a curve for each series of `keys` with `x` as its axis: the step, or another metric joined by sequence."""
    axes = {(each.run_id, each.trial): each for each in series if each.key == x}
    curves = []
    for each in series:
        if each.key not in keys:
            continue
        if x == STEP:
            curves.append(Curve(each.run_id, each.trial, each.key, each.step, each.value))
        elif axis := axes.get((each.run_id, each.trial)):
            _, mine, theirs = np.intersect1d(each.sequence, axis.sequence, assume_unique=True, return_indices=True)
            curves.append(Curve(each.run_id, each.trial, each.key, axis.value[theirs], each.value[mine]))
    return curves


def mean_across(curves: Sequence[Curve]) -> Curve | None:
    """Returns the mean over trials at every x that any of them has, each interpolated within its own range.

    Where only some trials have come so far, the mean is over those; None if there is no point at all.
    """
    across = _across(curves)
    return Curve(curves[0].run_id, -1, curves[0].key, across.x, across.mean) if len(across.x) else None


def buckets(curve: Curve, points: int) -> Buckets:
    """Returns the curve in at most `points` buckets of equal length in reports; NaN points take no part in a value."""
    return _merge(curve.x, curve.y, curve.y, curve.y, len(curve.y), points)


def buckets_across(curves: Sequence[Curve], points: int) -> Buckets:
    """Returns the mean over trials by x in at most `points` buckets, min and max across trials."""
    across = _across(curves)
    return _merge(across.x, across.mean, across.min, across.max, across.total, points)


def thinned(curve: Curve, points: int) -> Curve:
    """Returns the curve with at most `points` points: of each stretch its lowest and its highest, in order.

    Every extreme is kept; a curve that is short enough is returned as it is.
    """
    count = len(curve.y)
    if count <= max(4, points):
        return curve
    edges = np.linspace(0, count, max(2, points // 2), endpoint=False).astype(np.int64)
    kept = {0, count - 1}
    for start, end in zip(edges, [*edges[1:], count], strict=True):
        stretch = curve.y[start:end]
        if np.isfinite(stretch).any():
            kept |= {int(start + np.nanargmin(stretch)), int(start + np.nanargmax(stretch))}
        else:
            kept.add(int(start))  # a stretch of NaN stays a gap
    chosen = np.array(sorted(kept))
    return Curve(curve.run_id, curve.trial, curve.key, curve.x[chosen], curve.y[chosen])


def spark(curves: Sequence[Curve], points: int) -> list[float]:
    """Returns the mean across trials as at most `points` finite numbers."""
    mean = mean_across(curves)
    if mean is None:
        return []
    values = buckets(mean, points).mean
    return [float(value) for value in values[np.isfinite(values)]]


def _across(curves: Sequence[Curve]) -> Buckets:
    """Returns mean, min and max over trials at the union of their x; one trial at a time, since a table of all is large."""
    total = sum(len(curve.y) for curve in curves)
    known = [(curve.x[keep], curve.y[keep]) for curve in curves if (keep := np.isfinite(curve.x) & np.isfinite(curve.y)).any()]
    grid = np.unique(np.concatenate([x for x, _ in known])) if known else np.empty(0)
    sums, counts = np.zeros(len(grid)), np.zeros(len(grid))
    low, high = np.full(len(grid), np.nan), np.full(len(grid), np.nan)
    for x, y in known:
        order = np.argsort(x, kind="stable")
        last = np.append(np.diff(x[order]) > 0, True)  # a repeated step counts once, with its newest value
        row = _interpolated(grid, x[order][last], y[order][last])
        here = np.isfinite(row)
        sums[here] += row[here]
        counts += here
        low, high = np.fmin(low, row), np.fmax(high, row)
    with np.errstate(invalid="ignore"):
        return Buckets(grid, sums / counts, low, high, total)


def _interpolated(grid: Floats, x: Floats, y: Floats) -> Floats:
    """Returns y on the grid, NaN outside x but for one usual step at either end.

    Trials report at slightly different steps; without that step a mean would jump where the last one is alone.
    """
    values = np.interp(grid, x, y)
    slack = float(np.median(np.diff(x))) if len(x) > 1 else 0.0
    return np.where((grid < x[0] - slack) | (grid > x[-1] + slack), np.nan, values)


def _merge(x: Floats, mean: Floats, low: Floats, high: Floats, total: int, points: int) -> Buckets:
    if len(x) == 0:
        return Buckets(x, mean, low, high, total)
    starts = np.unique(np.linspace(0, len(x), min(points, len(x)), endpoint=False).astype(np.int64))
    ends = np.append(starts[1:], len(x)) - 1
    finite = np.isfinite(mean)
    counts = np.add.reduceat(finite.astype(np.float64), starts)
    sums = np.add.reduceat(np.where(finite, mean, 0.0), starts)
    with np.errstate(invalid="ignore", divide="ignore"):
        means = np.where(counts > 0, sums / counts, np.nan)
    lows = np.fmin.reduceat(low, starts)  # fmin and fmax pass over NaN
    highs = np.fmax.reduceat(high, starts)
    return Buckets(x[ends], means, lows, highs, total)
