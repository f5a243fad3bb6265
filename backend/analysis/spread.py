"""How the learning curves of many trials spread: where all of them lie, where the middle half does, and the median."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from backend.model import Curve, Floats

Indices = NDArray[np.int64]
GRID = 100  # places on the x axis, at most


@dataclass(frozen=True)
class Spread:
    """Quantiles over trials at places of x, each over the trials that have come to that place
    and not ended before it."""

    x: Floats
    low: Floats  # every extreme is in low and high, at the nearest place
    quarter: Floats
    median: Floats
    three_quarters: Floats
    high: Floats


class _AllBuckets(NamedTuple):
    """Those of all trials, one after another."""

    who: Indices  # whose each is
    x: Floats
    mean: Floats
    low: Floats
    high: Floats

    def at(self, which: NDArray[Any]) -> "_AllBuckets":
        return _AllBuckets(*(column[which] for column in self))


def spread(curves: Sequence[Curve]) -> Spread | None:
    """Returns how curves spread at up to GRID places; None where nothing finite is known.

    Each trial is interpolated linearly within its own range. Computed for all at once: a live page of a thousand trials
    asks each second.
    """
    sizes = [len(curve.x) for curve in curves]
    who = np.repeat(np.arange(len(curves)), sizes)
    read = (np.concatenate([getattr(curve, name) for curve in curves] or [[]]) for name in ("x", "mean", "min", "max"))
    buckets = _AllBuckets(who, *read)
    is_finite = np.isfinite(buckets.x) & np.isfinite(buckets.mean)
    if not is_finite.any():
        return None
    buckets = buckets.at(is_finite)
    buckets = buckets.at(np.lexsort((buckets.x, buckets.who)))  # a trial that began anew after a crash goes back in x
    buckets = _with_starts(np.array([begin(curve) for curve in curves]), buckets)
    grid = _grid(buckets.x)
    columns = np.sort(_table(grid, buckets.who, buckets.x, buckets.mean), axis=0)  # NaN comes last
    counts = np.isfinite(columns).sum(axis=0)
    lowest, highest = columns[0].copy(), _quantile(columns, counts, 1.0)
    places = _nearest(grid, buckets.x)
    np.fmin.at(lowest, places, buckets.low)
    np.fmax.at(highest, places, buckets.high)
    quarter, median, three_quarters = (_quantile(columns, counts, share) for share in (0.25, 0.5, 0.75))
    return Spread(grid, lowest, quarter, median, three_quarters, highest)


def begin(curve: Curve) -> float:
    """Returns where a curve begins: of a bucket of several points x is the last one's.

    Of steps the first is known too.
    """
    if not len(curve.x):
        return np.nan
    first = curve.records[0]
    return float(first["step_min"] if first["step_max"] == curve.x[0] else curve.x[0])


def _with_starts(starts: Floats, buckets: _AllBuckets) -> _AllBuckets:
    """Returns the buckets with a point where each trial's first one begins: its lowest value if it
    rises, else its highest."""
    who, x, mean, low, high = buckets
    first = np.flatnonzero(np.diff(who, prepend=-1))
    wide = first[starts[who[first]] < x[first]]
    after = np.minimum(wide + 1, len(x) - 1)
    rises = (who[after] != who[wide]) | (mean[after] >= mean[wide])
    value = np.where(rises, low[wide], high[wide])
    low, high = low.copy(), high.copy()
    low[wide], high[wide] = np.where(rises, mean[wide], low[wide]), np.where(rises, high[wide], mean[wide])
    new = _AllBuckets(who[wide], starts[who[wide]], value, value, value)
    return _AllBuckets(
        *(np.insert(column, wide, more) for column, more in zip((who, x, mean, low, high), new, strict=True))
    )


def _grid(x: Floats) -> Floats:
    """Returns the places: all that occur, or GRID of them spread as those are."""
    places = np.unique(x)
    if len(places) <= GRID:
        return places
    return np.unique(np.interp(np.linspace(0, len(places) - 1, GRID), np.arange(len(places)), places))


def _table(grid: Floats, who: Indices, x: Floats, y: Floats) -> Floats:
    """Returns trials × places, NaN where a trial is not: one interpolation, in which each trial
    has a stretch of its own."""
    first = np.flatnonzero(np.diff(who, prepend=-1))
    last = np.append(first[1:], len(x)) - 1
    shift, width = 2.0 * np.arange(len(first)), grid[-1] - grid[0] or 1.0
    within = (x - grid[0]) / width + np.repeat(shift, last - first + 1)
    places = ((grid - grid[0]) / width)[None, :] + shift[:, None]
    table: Floats = np.interp(places.ravel(), within, y).reshape(places.shape)
    table[(grid < x[first, None]) | (grid > x[last, None])] = np.nan
    return table


def _nearest(grid: Floats, x: Floats) -> Indices:
    right = np.minimum(np.searchsorted(grid, x), len(grid) - 1)
    left = np.maximum(right - 1, 0)
    nearest: Indices = np.where(x - grid[left] <= grid[right] - x, left, right)
    return nearest


def _quantile(columns: Floats, counts: Indices, share: float) -> Floats:
    """Returns a quantile of each sorted column, whose first `counts` values are finite."""
    place = np.maximum(counts - 1, 0) * share
    below, columns_at = place.astype(np.int64), np.arange(columns.shape[1])
    above = np.minimum(below + 1, np.maximum(counts - 1, 0))
    one, other = columns[below, columns_at], columns[above, columns_at]
    between: Floats = one + (other - one) * (place - below)
    return between
