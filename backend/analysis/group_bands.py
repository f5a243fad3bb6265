"""A group's members on one x axis: their statistic with its interval, inside the range that they
share, and who is not in it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from backend.analysis import seeds
from backend.analysis.curves import by_x
from backend.analysis.seeds import Band, Statistic
from backend.model import Curve

EARLY = 0.25  # a member that came less far than this share of the usual way would leave the others no range


@dataclass(frozen=True)
class Shared:
    """What the members of a group have in common along x.

    Members are called by their places in the list they came in.
    """

    start: float
    end: float
    used: tuple[int, ...]  # those whose range counts
    early: tuple[int, ...] = ()  # ended so early that the others would share next to nothing with them
    empty: tuple[int, ...] = ()  # not one value is finite

    @property
    def is_a_range(self) -> bool:
        return self.end >= self.start


def shared(curves: Sequence[Curve]) -> Shared:
    """Returns the range of x in which all members have values, but those that ended early."""
    x_by_place = {place: each.x for place, curve in enumerate(curves) if len((each := by_x(curve)).x)}
    empty = tuple(place for place in range(len(curves)) if place not in x_by_place)
    if not x_by_place:
        return Shared(np.nan, np.nan, (), (), empty)
    usual = float(np.median([x[-1] - x[0] for x in x_by_place.values()]))
    early = tuple(place for place, x in x_by_place.items() if x[-1] - x[0] < EARLY * usual)
    used = tuple(place for place in x_by_place if place not in early)
    return Shared(
        max(float(x_by_place[place][0]) for place in used),
        min(float(x_by_place[place][-1]) for place in used),
        used,
        early,
        empty,
    )


def band(curves: Sequence[Curve], common: Shared, statistic: Statistic) -> Band | None:
    """Returns the statistic over the members that share a range, inside it; None of one member or without a range.

    `curves` may be finer than those the range was found in, and hold but a part of it. Each is interpolated linearly at
    places that all share.
    """
    if len(common.used) < 2 or not common.is_a_range:
        return None
    cut = [_cut(curves[place], common.start, common.end) for place in common.used if place < len(curves)]
    if not all(len(curve.x) for curve in cut):
        return None
    full_band = seeds.band(cut, statistic)
    if full_band is None:
        return None
    # Where a zoom's curves begin and end, some members have a neighbour more than others.
    first, last = max(np.nanmin(curve.x) for curve in cut), min(np.nanmax(curve.x) for curve in cut)
    here = (full_band.x >= max(first, common.start)) & (full_band.x <= min(last, common.end))
    return (
        Band(full_band.x[here], full_band.center[here], full_band.low[here], full_band.high[here])
        if here.any()
        else None
    )


def _cut(curve: Curve, start: float, end: float) -> Curve:
    """Returns a curve from the last place before a range to the first one after it: the places of
    the shared grid lie inside."""
    with np.errstate(invalid="ignore"):
        before, after = curve.x[curve.x <= start], curve.x[curve.x >= end]
    low, high = np.max(before, initial=-np.inf), np.min(after, initial=np.inf)
    keep = (curve.x >= low) & (curve.x <= high)
    return curve if keep.all() else replace(curve, x=curve.x[keep], records=curve.records[keep])
