"""The one read of series: any number of them, any length, at most so many buckets of each, every extreme kept.

A bucket is a power of two of consecutive points. The read takes the coarsest rollups that give enough buckets, what is
not rolled up yet from the levels below and the points, and merges neighbours. So its cost follows from what is drawn,
not from what was recorded. Buckets begin at multiples of their width: while a series grows, only its last one changes.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, select

from backend.model import Curve, Floats
from backend.store.database import Database
from backend.store.schema import series
from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR, Array, Records

STEP, TIME, ITERATION = "step", "time", "iteration"  # axes; any other is the key of a metric
FIRST, LAST = -1, 2**62  # before and after any sequence
BATCH = 2000  # series or places asked for in one statement
SIZE = pyramid.RECORD.itemsize
BITS = FACTOR.bit_length() - 1

CHUNKS = """
with wanted(series, level, first, last) as (values {})
select r.series, r.level, r.chunk, r.data from wanted w
join rollups r on r.series = w.series and r.level = w.level and r.chunk between w.first and w.last
"""
POINTS = """
with wanted(series, after, until) as (values {})
select p.series, p.sequence, p.step, p.time, p.value from wanted w
join points p on p.series = w.series and p.sequence > w.after and p.sequence <= w.until
order by p.series, p.sequence
"""
AS_OF = """
with wanted(place, series, sequence) as (values {})
select w.place, (
    select p.value from points p where p.series = w.series and p.sequence <= w.sequence order by p.sequence desc limit 1
) from wanted w
"""

Window = tuple[float, float]
Name = tuple[str, int, str]  # run, trial, key
Known = Mapping[Name, Curve]


class _Span(NamedTuple):
    """A stretch of a series: its points from `start` to before `stop`, which are those with `after` < sequence <= `until`."""

    start: int
    stop: int
    after: int = FIRST
    until: int = LAST


@dataclass
class _Track:
    """A series on its way from its row to a curve."""

    head: Row[Any]
    span: _Span
    width: int  # points a bucket
    known: Records | None = None  # buckets before the span, from an earlier read
    records: Records = field(default_factory=lambda: np.empty(0, pyramid.RECORD))
    level: int | None = None  # of `records`

    @property
    def wanted_level(self) -> int:
        return (self.width.bit_length() - 1) // BITS

    def narrow(self, inside: Array, points: int) -> None:
        """Keeps the stretch from the first to the last record that is inside, with a neighbour at either end."""
        places = np.flatnonzero(inside)
        first, last = (max(0, places[0] - 1), min(len(inside), places[-1] + 2)) if len(places) else (0, 0)
        ordinals = self.span.start + np.cumsum(self.records["points"], dtype=np.int64)
        start = int(ordinals[first - 1]) if first else self.span.start
        after = int(self.records["sequence"][first - 1]) if first else self.span.after
        stop, until = (int(ordinals[last - 1]), int(self.records["sequence"][last - 1])) if last else (start, after)
        self.span, self.records = _Span(start, stop, after, until), self.records[first:last]
        self.width = min(self.width, bucket_width(stop - start, points - 1))


def bucket_width(length: int, points: int) -> int:
    """Returns the smallest power of two by which `length` points make at most `points` buckets."""
    return 1 << (-(-length // max(1, points)) - 1).bit_length() if length else 1


def read(
    database: Database, run_ids: Sequence[str], keys: Sequence[str], *, x: str = STEP, window: Window | None = None,
    trial: int | None = None, points: int = 1000, budget: int | None = None, known: Known | None = None,
) -> list[Curve]:  # fmt: skip
    """Returns the curves of some metrics of some runs, ordered by run, trial and key, all in a few statements.

    Args:
        x: step, time (seconds since the epoch), iteration (the report's number where no metric has that name), or a
            metric key: then x is that metric's value as of the bucket's last report.
        window: the range of x that is wanted; what lies in it comes as fine as `points` allows, down to the points.
        trial: the number of the only one that is wanted.
        points: the most buckets a curve may have.
        budget: the most buckets that all curves may have together.
        known: curves of an earlier read with the same x and points, without a window: only what came after is read.
    """
    with database.read() as connection:
        heads = [head for head in _heads(connection, run_ids, keys) if trial is None or head.trial == trial]
        if budget is not None:
            points = max(2, min(points, budget // max(1, len(heads))))
        axes = {(head.run_id, head.trial): head for head in _heads(connection, run_ids, [x])} if x not in (STEP, TIME) else {}
        if window is not None:
            return _window(connection, heads, axes, x, window, points)
        unchanged = {head.id: before for head in heads if (before := _unchanged(head, known, points))}
        tracks = [_track(head, points, known) for head in heads if head.id not in unchanged]
        _fetch(connection, tracks)
        made = {track.head.id: curve for track, curve in zip(tracks, _curves(connection, tracks, axes, x, known), strict=True)}
        return [unchanged.get(head.id) or made[head.id] for head in heads]


def _heads(connection: Connection, run_ids: Sequence[str], keys: Sequence[str]) -> list[Row[Any]]:
    found = connection.execute(select(series).where(series.c.run_id.in_(run_ids), series.c.key.in_(keys))).all()
    run_place, key_place = ({name: place for place, name in enumerate(names)} for names in (run_ids, keys))
    return sorted(found, key=lambda head: (run_place[head.run_id], head.trial, key_place[head.key]))


def _name(head: Row[Any]) -> Name:
    return head.run_id, head.trial, head.key


def _unchanged(head: Row[Any], known: Known | None, points: int) -> Curve | None:
    before = (known or {}).get(_name(head))
    fits = before is not None and before.length == head.length and before.width == bucket_width(head.length, points)
    return before if fits else None


def _track(head: Row[Any], points: int, known: Known | None) -> _Track:
    width = bucket_width(head.length, points)
    before = (known or {}).get(_name(head))
    if before is None or before.width != width or before.length > head.length:
        return _Track(head, _Span(0, head.length), width)
    kept = before.length // width
    after = int(before.records["sequence"][kept - 1]) if kept else FIRST
    return _Track(head, _Span(kept * width, head.length, after), width, before.records[:kept])


def _window(
    connection: Connection, heads: Sequence[Row[Any]], axes: Mapping[tuple[str, int], Row[Any]], x: str, window: Window, points: int
) -> list[Curve]:
    """Reads coarsely, keeps what touches the window, and reads that again more finely until it is as fine as may be."""
    tracks = [_Track(head, _Span(0, head.length), bucket_width(head.length, points)) for head in heads]
    rulers = {name: _Track(head, _Span(0, head.length), bucket_width(head.length, points)) for name, head in axes.items()}
    while any(track.level != track.wanted_level for track in [*tracks, *rulers.values()]):
        for group in (tracks, list(rulers.values())):  # one after the other: a metric may be its own axis
            _fetch(connection, [track for track in group if track.level != track.wanted_level])
        for ruler in rulers.values():
            ruler.narrow(_overlaps(ruler.records["min"], ruler.records["max"], window), points)
        for track in tracks:
            track.narrow(_inside(track, rulers.get((track.head.run_id, track.head.trial)), x, window), points)
    return list(_curves(connection, tracks, axes, x, None))


def _inside(track: _Track, ruler: _Track | None, x: str, window: Window) -> Array:
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


def _fetch(connection: Connection, tracks: Sequence[_Track]) -> None:
    """Reads each track's span at the level its width asks for."""
    wanted = [range_ for track in tracks for range_ in _chunk_ranges(track)]
    chunks: dict[tuple[int, int], list[bytes]] = {}
    # Sorted here: the database would copy every chunk to do so, where they come in order already.
    for series_id, level, _, data in sorted(_rows(connection, CHUNKS, wanted), key=itemgetter(0, 1, 2)):
        chunks.setdefault((series_id, level), []).append(bytes(data))
    rows = _rows(connection, POINTS, [range_ for track in tracks if (range_ := _point_range(track))])
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    raw = pyramid.of_points(*table.T[1:])
    ids = [track.head.id for track in tracks]
    starts, ends = (np.searchsorted(table[:, 0], ids, side) for side in ("left", "right"))
    for track, start, end in zip(tracks, starts, ends, strict=True):
        parts = [b"".join(chunks.get((track.head.id, level), ())) for level in range(track.wanted_level, 0, -1)]
        if parts:
            first, stop = _closed_range(track)
            skipped = first % FACTOR
            parts[0] = parts[0][skipped * SIZE : (skipped + max(0, stop - first)) * SIZE]
        records = pyramid.unpacked([*parts, raw[start:end].tobytes()])
        # An open end is stored as a whole, though the span may begin within it.
        low, high = np.searchsorted(records["sequence"], [track.span.after, track.span.until], "right")
        track.records, track.level = records[low:high], track.wanted_level


def _closed_range(track: _Track) -> tuple[int, int]:
    """Returns which records of the wanted level lie in the span: the first, and the one after the last."""
    size = FACTOR**track.wanted_level
    return track.span.start // size, min(-(-track.span.stop // size), track.head.length // size)


def _chunk_ranges(track: _Track) -> Iterator[tuple[int, int, int, int]]:
    """Yields (series, level, first chunk, last chunk): the wanted level's, then the open ends below if the span has them."""
    if track.wanted_level == 0:
        return
    first, stop = _closed_range(track)
    if stop > first:
        yield track.head.id, track.wanted_level, first // FACTOR, (stop - 1) // FACTOR
    for level in range(track.wanted_level - 1, 0, -1):
        above = pyramid.closed(track.head.length, level + 1)
        if _has_end(track) and pyramid.closed(track.head.length, level) > above * FACTOR:
            yield track.head.id, level, above, above


def _point_range(track: _Track) -> tuple[int, int, int] | None:
    """Returns (series, after, until) of the points to read, if any."""
    if track.wanted_level == 0:
        return (track.head.id, track.span.after, track.span.until) if track.span.stop > track.span.start else None
    return (track.head.id, track.head.closed, LAST) if _has_end(track) and track.head.length % FACTOR else None


def _has_end(track: _Track) -> bool:
    """Returns whether the span reaches beyond what the wanted level holds."""
    return bool(track.span.stop > pyramid.closed(track.head.length, track.wanted_level) * FACTOR**track.wanted_level)


def _rows(connection: Connection, statement: str, wanted: Iterable[tuple[int, ...]]) -> list[Any]:
    """Runs a statement over a list of integers; they are written into it, since databases limit parameters."""
    rows = [f"({','.join(map(str, row))})" for row in wanted]
    found: list[Any] = []
    for start in range(0, len(rows), BATCH):
        result = connection.exec_driver_sql(statement.format(",".join(rows[start : start + BATCH])))
        found += result.cursor.fetchall()  # plain tuples: SQLAlchemy's rows cost as much again
    return found


def _curves(
    connection: Connection, tracks: Sequence[_Track], axes: Mapping[tuple[str, int], Row[Any]], x: str, known: Known | None
) -> Iterator[Curve]:
    merged = [_merged(track) for track in tracks]
    rulers = [axes.get((track.head.run_id, track.head.trial)) for track in tracks]
    along = _along(connection, tracks, merged, rulers) if axes else [None] * len(tracks)
    for track, records, ruler, metric in zip(tracks, merged, rulers, along, strict=True):
        place = metric if ruler is not None and metric is not None else _built_in(records, x)
        if track.known is not None and known is not None:
            before = known[_name(track.head)]
            records, place = np.concatenate([track.known, records]), np.concatenate([before.x[: len(track.known)], place])
        yield Curve(*_name(track.head), x=place, records=records, width=track.width, length=track.head.length)


def _merged(track: _Track) -> Records:
    begins = track.span.start + np.cumsum(track.records["points"], dtype=np.int64) - track.records["points"]
    groups = begins // track.width
    return pyramid.merged(track.records, np.flatnonzero(np.diff(groups, prepend=-1)))


def _built_in(records: Records, x: str) -> Floats:
    if x == TIME:
        return records["time_max"]
    if x == ITERATION:
        return records["sequence"] + 1.0
    return records["step_max"] if x == STEP else np.full(len(records), np.nan)


def _along(connection: Connection, tracks: Sequence[_Track], merged: Sequence[Records], rulers: Sequence[Row[Any] | None]) -> list[Floats]:
    """Returns for each track the axis metric's value as of the last report of each bucket."""
    aligned = [
        _Track(ruler, track.span, track.width) if ruler is not None and ruler.length == track.head.length else None
        for track, ruler in zip(tracks, rulers, strict=True)
    ]
    distinct = {track.head.id: track for track in aligned if track is not None}
    _fetch(connection, list(distinct.values()))
    places = [np.full(len(records), np.nan) for records in merged]
    asked: list[tuple[int, int, int, int]] = []
    for index, (records, ruler, axis) in enumerate(zip(merged, rulers, aligned, strict=True)):
        if ruler is None:
            continue
        own = _merged(distinct[axis.head.id]) if axis is not None else records[:0]
        if np.array_equal(own["sequence"], records["sequence"]):
            places[index] = own["last"].copy()
        else:
            asked += [(index, at, ruler.id, int(sequence)) for at, sequence in enumerate(records["sequence"])]
    wanted = [(number, series_id, sequence) for number, (_, _, series_id, sequence) in enumerate(asked)]
    for number, value in _rows(connection, AS_OF, wanted):
        index, at, *_ = asked[number]
        places[index][at] = np.nan if value is None else value
    return places
