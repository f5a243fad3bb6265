"""Statistics over seeds: mean, median or interquartile mean, with 95 % intervals by bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from backend.analysis.answers import rows
from backend.analysis.curves import by_x
from backend.model import Curve, Floats

Statistic = Literal["mean", "median", "iqm"]
STATISTICS: dict[Statistic, str] = {"mean": "mean", "median": "median", "iqm": "interquartile mean"}
RESAMPLES = 2000
GRID = 150  # places on the x axis at which an interval is computed


@dataclass(frozen=True)
class Interval:
    """A statistic of n values and its 95 % interval, NaN where there is but one value."""

    center: float
    low: float
    high: float
    n: int


@dataclass(frozen=True)
class Band:
    """A statistic over seeds along x. Where only some seeds have come so far, it is over those."""

    x: Floats
    center: Floats
    low: Floats
    high: Floats


def interval(values: Sequence[float], statistic: Statistic) -> Interval | None:
    """Returns a statistic of finite values with its interval; None of none."""
    finite = np.asarray([value for value in values if np.isfinite(value)], float)
    if not len(finite):
        return None
    center, low, high = (float(each[0]) for each in _columns(finite[:, None], statistic))
    return Interval(center, low, high, len(finite))


def band(curves: Sequence[Curve], statistic: Statistic) -> Band | None:
    """Returns a statistic over seeds at places that are spread over all of x; None where nothing is known.

    Each seed is interpolated linearly within its own range.
    """
    buckets = [each for each in map(by_x, curves) if len(each.x)]
    if not buckets:
        return None
    places = np.unique(np.concatenate([each.x for each in buckets]))
    grid = (
        places
        if len(places) <= GRID
        else np.unique(np.interp(np.linspace(0, len(places) - 1, GRID), np.arange(len(places)), places))
    )
    table = np.array([np.interp(grid, each.x, each.mean, left=np.nan, right=np.nan) for each in buckets])
    center, low, high = (np.full(len(grid), np.nan) for _ in range(3))
    there = np.isfinite(table)
    for who in np.unique(there, axis=1).T:
        columns = np.flatnonzero((there == who[:, None]).all(axis=0))
        if who.any():
            center[columns], low[columns], high[columns] = _columns(
                table[np.ix_(np.flatnonzero(who), columns)], statistic
            )
    return Band(grid, center, low, high)


def _columns(table: Floats, statistic: Statistic) -> tuple[Floats, Floats, Floats]:
    """Returns the statistic of each column (values × columns) and the ends of its interval, as
    the Compare page has them."""
    center = rows.point(table.T, statistic)
    if len(table) < 2:
        return center, np.full_like(center, np.nan), np.full_like(center, np.nan)
    return center, *rows.interval(table.T, statistic, RESAMPLES)
