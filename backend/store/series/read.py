"""The one read of series: any number of them, any length, at most so many buckets of each, every extreme kept.

A bucket is a power of two of consecutive points. The read takes the coarsest rollups that give enough buckets, what is
not rolled up yet from the levels below and the points, and merges neighbours. So its cost follows from what is drawn,
not from what was recorded. Buckets begin at multiples of their width: while a series grows, only its last one changes.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from backend.model import Curve, Floats
from backend.store.database import Database
from backend.store.schema import series
from backend.store.series import pyramid
from backend.store.series.pyramid import Array, Records
from backend.store.series.tracks import AS_OF, FIRST, Span, Track, asked_for, bucket_width, fetch

STEP, TIME, ITERATION = "step", "time", "iteration"  # axes; any other is the key of a metric


Window = tuple[float, float]
Name = tuple[str, int, str]  # run, trial, key
KnownCurves = Mapping[Name, Curve]


def read(
    database: Database,
    run_ids: Sequence[str],
    keys: Sequence[str],
    *,
    x: str = STEP,
    window: Window | None = None,
    trial: int | None = None,
    points: int = 1000,
    budget: int | None = None,
    earlier_curves: KnownCurves | None = None,
) -> list[Curve]:
    """Returns the curves of some metrics of some runs, ordered by run, trial and key, all in a few statements.

    Args:
        x: step, time (seconds since the epoch), iteration (the report's number where no metric has that name), or a
            metric key: then x is that metric's value as of the bucket's last report.
        window: the range of x that is wanted; what lies in it comes as fine as `points` allows, down to the points.
        trial: the number of the only one that is wanted.
        points: the most buckets a curve may have.
        budget: the most buckets that all curves may have together.
        earlier_curves: those of a read with the same x and points, without a window: only what came after is read.
    """
    with database.read() as connection:
        heads = [head for head in _heads(connection, run_ids, keys) if trial is None or head.trial == trial]
        if budget is not None:
            points = max(2, min(points, budget // max(1, len(heads))))
        axes = (
            {(head.run_id, head.trial): head for head in _heads(connection, run_ids, [x])}
            if x not in (STEP, TIME)
            else {}
        )
        if window is not None:
            return _window(connection, heads, axes, x, window, points)
        unchanged = {head.id: before for head in heads if (before := _unchanged(head, earlier_curves, points))}
        tracks = [_track(head, points, earlier_curves) for head in heads if head.id not in unchanged]
        fetch(connection, tracks)
        made = {
            track.head.id: curve
            for track, curve in zip(tracks, _curves(connection, tracks, axes, x, earlier_curves), strict=True)
        }
        return [unchanged.get(head.id) or made[head.id] for head in heads]


def _heads(connection: Connection, run_ids: Sequence[str], keys: Sequence[str]) -> list[Row[Any]]:
    rows = connection.execute(select(series).where(series.c.run_id.in_(run_ids), series.c.key.in_(keys))).all()
    run_place, key_place = ({name: place for place, name in enumerate(names)} for names in (run_ids, keys))
    return sorted(rows, key=lambda head: (run_place[head.run_id], head.trial, key_place[head.key]))


def _name(head: Row[Any]) -> Name:
    return head.run_id, head.trial, head.key


def _unchanged(head: Row[Any], earlier_curves: KnownCurves | None, points: int) -> Curve | None:
    before = (earlier_curves or {}).get(_name(head))
    if before is None or before.cuts != head.cuts or before.length != head.length:
        return None
    return before if before.width == bucket_width(head.length, points) else None


def _track(head: Row[Any], points: int, earlier_curves: KnownCurves | None) -> Track:
    width = bucket_width(head.length, points)
    before = (earlier_curves or {}).get(_name(head))
    if before is None or before.cuts != head.cuts or before.width != width or before.length > head.length:
        return Track(head, Span(0, head.length), width)
    bucket_count = before.length // width
    after = int(before.records["sequence"][bucket_count - 1]) if bucket_count else FIRST
    return Track(head, Span(bucket_count * width, head.length, after), width, before.records[:bucket_count])


def _window(
    connection: Connection,
    heads: Sequence[Row[Any]],
    axes: Mapping[tuple[str, int], Row[Any]],
    x: str,
    window: Window,
    points: int,
) -> list[Curve]:
    """Reads coarsely, keeps what touches the window, and reads that again more finely until it is as fine as may be."""
    tracks = [Track(head, Span(0, head.length), bucket_width(head.length, points)) for head in heads]
    rulers = {name: Track(head, Span(0, head.length), bucket_width(head.length, points)) for name, head in axes.items()}
    while any(track.level != track.wanted_level for track in [*tracks, *rulers.values()]):
        for group in (tracks, list(rulers.values())):  # one after the other: a metric may be its own axis
            fetch(connection, [track for track in group if track.level != track.wanted_level])
        for ruler in rulers.values():
            ruler.narrow(_overlaps(ruler.records["min"], ruler.records["max"], window), points)
        for track in tracks:
            track.narrow(_inside(track, rulers.get((track.head.run_id, track.head.trial)), x, window), points)
    return list(_curves(connection, tracks, axes, x, None))


def _inside(track: Track, ruler: Track | None, x: str, window: Window) -> Array:
    records = track.records
    before = np.append(track.span.after, records["sequence"])[:-1]  # the sequence each record comes after
    if ruler is not None:
        return (records["sequence"] > ruler.span.after) & (before < ruler.span.until)
    if x == TIME:
        return _overlaps(records["time_min"], records["time_max"], window)
    if x == STEP:
        return _overlaps(records["step_min"], records["step_max"], window)
    if x == ITERATION:
        return _overlaps(before + 2, records["sequence"] + 1, window)
    return np.zeros(len(records), bool)


def _overlaps(low: Array, high: Array, window: Window) -> Array:
    inside: Array = (high >= window[0]) & (low <= window[1])
    return inside


def _curves(
    connection: Connection,
    tracks: Sequence[Track],
    axes: Mapping[tuple[str, int], Row[Any]],
    x: str,
    earlier_curves: KnownCurves | None,
) -> Iterator[Curve]:
    merged = [_merged(track) for track in tracks]
    rulers = [axes.get((track.head.run_id, track.head.trial)) for track in tracks]
    along = _along(connection, tracks, merged, rulers) if axes else [None] * len(tracks)
    for track, records, ruler, metric in zip(tracks, merged, rulers, along, strict=True):
        place = metric if ruler is not None and metric is not None else built_in(records, x)
        if track.known is not None and earlier_curves is not None:
            before = earlier_curves[_name(track.head)]
            records, place = (
                np.concatenate([track.known, records]),
                np.concatenate([before.x[: len(track.known)], place]),
            )
        head = track.head
        yield Curve(*_name(head), x=place, records=records, width=track.width, length=head.length, cuts=head.cuts)


def _merged(track: Track) -> Records:
    begins = track.span.start + np.cumsum(track.records["points"], dtype=np.int64) - track.records["points"]
    groups = begins // track.width
    return pyramid.merged(track.records, np.flatnonzero(np.diff(groups, prepend=-1)))


def built_in(records: Records, x: str) -> Floats:
    """Returns where records lie on an axis that is no metric; NaN where there is no such axis."""
    if x == TIME:
        return records["time_max"]
    if x == ITERATION:
        return records["sequence"] + 1.0
    return records["step_max"] if x == STEP else np.full(len(records), np.nan)


def _along(
    connection: Connection, tracks: Sequence[Track], merged: Sequence[Records], rulers: Sequence[Row[Any] | None]
) -> list[Floats]:
    """Returns for each track the axis metric's value as of the last report of each bucket."""
    aligned = [
        Track(ruler, track.span, track.width) if ruler is not None and ruler.length == track.head.length else None
        for track, ruler in zip(tracks, rulers, strict=True)
    ]
    distinct = {track.head.id: track for track in aligned if track is not None}
    fetch(connection, list(distinct.values()))
    places = [np.full(len(records), np.nan) for records in merged]
    lookups: list[tuple[int, int, int, int]] = []
    for index, (records, ruler, axis) in enumerate(zip(merged, rulers, aligned, strict=True)):
        if ruler is None:
            continue
        own = _merged(distinct[axis.head.id]) if axis is not None else records[:0]
        if np.array_equal(own["sequence"], records["sequence"]):
            places[index] = own["last"].copy()
        else:
            lookups += [(index, at, ruler.id, int(sequence)) for at, sequence in enumerate(records["sequence"])]
    wanted = [(number, series_id, sequence) for number, (_, _, series_id, sequence) in enumerate(lookups)]
    for number, value in asked_for(connection, AS_OF, wanted):
        index, at, *_ = lookups[number]
        places[index][at] = np.nan if value is None else value
    return places
