"""The chunks and points of a series that a curve needs, fetched in few statements."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row

from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR, Array, Records

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


class Span(NamedTuple):
    """A stretch of a series: its points from `start` to before `stop`, which are those with
    `after` < sequence <= `until`."""

    start: int
    stop: int
    after: int = FIRST
    until: int = LAST


@dataclass
class Track:
    """A series on its way from its row to a curve."""

    head: Row[Any]
    span: Span
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
        self.span, self.records = Span(start, stop, after, until), self.records[first:last]
        self.width = min(self.width, bucket_width(stop - start, points - 1))


def bucket_width(length: int, points: int) -> int:
    """Returns the smallest power of two by which `length` points make at most `points` buckets."""
    return 1 << (-(-length // max(1, points)) - 1).bit_length() if length else 1


def fetch(connection: Connection, tracks: Sequence[Track]) -> None:
    """Reads each track's span at the level its width asks for."""
    wanted = [range_ for track in tracks for range_ in _chunk_ranges(track)]
    chunks: dict[tuple[int, int], list[bytes]] = {}
    # Sorted here: the database would copy every chunk to do so, where they come in order already.
    for series_id, level, _, data in sorted(asked_for(connection, CHUNKS, wanted), key=itemgetter(0, 1, 2)):
        chunks.setdefault((series_id, level), []).append(bytes(data))
    rows = asked_for(connection, POINTS, [range_ for track in tracks if (range_ := _point_range(track))])
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


def _closed_range(track: Track) -> tuple[int, int]:
    """Returns which records of the wanted level lie in the span: the first, and the one after the last."""
    size = FACTOR**track.wanted_level
    return track.span.start // size, min(-(-track.span.stop // size), track.head.length // size)


def _chunk_ranges(track: Track) -> Iterator[tuple[int, int, int, int]]:
    """Yields (series, level, first chunk, last chunk): the wanted level's, then the open ends
    below if the span has them."""
    if track.wanted_level == 0:
        return
    first, stop = _closed_range(track)
    if stop > first:
        yield track.head.id, track.wanted_level, first // FACTOR, (stop - 1) // FACTOR
    for level in range(track.wanted_level - 1, 0, -1):
        above = pyramid.closed(track.head.length, level + 1)
        if _has_end(track) and pyramid.closed(track.head.length, level) > above * FACTOR:
            yield track.head.id, level, above, above


def _point_range(track: Track) -> tuple[int, int, int] | None:
    """Returns (series, after, until) of the points to read, if any."""
    if track.wanted_level == 0:
        return (track.head.id, track.span.after, track.span.until) if track.span.stop > track.span.start else None
    return (track.head.id, track.head.closed, LAST) if _has_end(track) and track.head.length % FACTOR else None


def _has_end(track: Track) -> bool:
    """Returns whether the span reaches beyond what the wanted level holds."""
    return bool(track.span.stop > pyramid.closed(track.head.length, track.wanted_level) * FACTOR**track.wanted_level)


def asked_for(connection: Connection, statement: str, wanted: Iterable[tuple[int, ...]]) -> list[Any]:
    """Runs a statement over a list of integers; they are written into it, since databases limit parameters."""
    rows = [f"({','.join(map(str, row))})" for row in wanted]
    tuples: list[Any] = []
    for start in range(0, len(rows), BATCH):
        result = connection.exec_driver_sql(statement.format(",".join(rows[start : start + BATCH])))
        tuples += result.cursor.fetchall()  # plain tuples: SQLAlchemy's rows cost as much again
    return tuples
