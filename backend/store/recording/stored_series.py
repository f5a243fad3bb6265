"""A series as its writer goes on with it, and how it is cut."""

import sys
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update

from backend.store.recording.run_metrics import TAIL, tail
from backend.store.schema import aside_series, points, rollups, series
from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR, RECORD, Pyramid

LARGEST = sys.float_info.max
TO_ASIDE = text(
    "insert into aside_points (series, sequence, step, time, value)"
    " select :aside, sequence, step, time, value from points where series = :series and sequence >= :after"
)


class StoredSeries(NamedTuple):
    """A series as it is stored: its row's id, the open end of its rollups, the sequence of the last point they hold."""

    id: int
    end: Pyramid
    closed: int
    tail: bytes = b""  # its last finite values, see run_metrics


def opened(connection: Connection, row: Row[Any]) -> StoredSeries:
    """Returns a series, so that the next point goes on where it ends."""
    return StoredSeries(row.id, _open_end(connection, row.id, row.length, row.closed), row.closed, row.tail or b"")


def closed_sequence(before: StoredSeries, end: Pyramid, sequences: list[int]) -> int:
    """Returns the sequence of the last point that a rollup holds, after `sequences` were appended."""
    place = len(sequences) - end.count % FACTOR - 1
    return sequences[place] if place >= 0 and end.count >= FACTOR else before.closed


def cut(tx: Connection, before: StoredSeries, key: str, after: int, aside: int, cuts: int) -> StoredSeries | None:
    """Sets aside what came after the first `after` reports of a trial; returns the series without it, None if nothing
    is left.

    Whatever its length, it costs what is set aside and some twenty statements: rollups are only cut, never made anew.

    Args:
        aside: what the points belong to from now on, see schema.asides.
        cuts: how often the trial has gone back, with this time.
    """
    many = select(func.count()).where(points.c.series == before.id, points.c.sequence >= after)
    moved = tx.execute(many).scalar_one()
    made = insert(aside_series).values(aside=aside, key=key, length=moved).returning(aside_series.c.id)
    tx.execute(TO_ASIDE, {"aside": tx.execute(made).scalar_one(), "series": before.id, "after": after})
    length = before.end.count - moved
    if not length:
        tx.execute(delete(points).where(points.c.series == before.id))
        tx.execute(delete(rollups).where(rollups.c.series == before.id))
        tx.execute(delete(series).where(series.c.id == before.id))
        return None
    tx.execute(delete(points).where(points.c.series == before.id, points.c.sequence >= after))
    _cut_rollups(tx, before.id, before.end.count, length)
    closed, last_ones = _closed(tx, before.id, length), _tail(tx, before.id)
    values = {"length": length, "closed": closed, "tail": last_ones, "cuts": cuts}
    tx.execute(update(series).where(series.c.id == before.id).values(**values))
    return StoredSeries(before.id, _open_end(tx, before.id, length, closed), closed, last_ones)


def _cut_rollups(tx: Connection, series_id: int, before: int, length: int) -> None:
    """Leaves of each level the records that `length` points fill."""
    level = 1
    while pyramid.closed(before, level):
        last, left = divmod(pyramid.closed(length, level), FACTOR)
        mine = (rollups.c.series == series_id) & (rollups.c.level == level)
        tx.execute(delete(rollups).where(mine, rollups.c.chunk >= last + bool(left)))
        if left:
            data = tx.execute(select(rollups.c.data).where(mine, rollups.c.chunk == last)).scalar_one()
            tx.execute(update(rollups).where(mine, rollups.c.chunk == last).values(data=data[: left * RECORD.itemsize]))
        level += 1


def _closed(connection: Connection, series_id: int, length: int) -> int:
    """Returns the sequence of the last point that the rollups of `length` points hold; -1 while they hold none."""
    records = pyramid.closed(length, 1)
    if not records:
        return -1
    chunk, place = divmod(records - 1, FACTOR)
    mine = (rollups.c.series == series_id) & (rollups.c.level == 1) & (rollups.c.chunk == chunk)
    return int(
        pyramid.unpacked([connection.execute(select(rollups.c.data).where(mine)).scalar_one()])[place]["sequence"]
    )


def _tail(connection: Connection, series_id: int) -> bytes:
    finite = points.c.value.between(-LARGEST, LARGEST)
    wanted = select(points.c.value).where(points.c.series == series_id, finite)
    last_ones = connection.execute(wanted.order_by(points.c.sequence.desc()).limit(TAIL)).scalars().all()
    return tail(b"", last_ones[::-1])


def _open_end(connection: Connection, series_id: int, count: int, closed: int) -> Pyramid:
    """Returns the open end of a stored series' pyramid."""
    rest = select(points.c.sequence, points.c.step, points.c.time, points.c.value)
    rows = connection.execute(
        rest.where(points.c.series == series_id, points.c.sequence > closed).order_by(points.c.sequence)
    ).all()
    ends = [pyramid.of_rows([tuple(row) for row in rows])]
    level = 1
    while pyramid.closed(count, level):
        chunk = pyramid.closed(count, level + 1)
        mine = (rollups.c.series == series_id) & (rollups.c.level == level) & (rollups.c.chunk == chunk)
        data = connection.execute(select(rollups.c.data).where(mine)).scalar()
        has_open = pyramid.closed(count, level) % FACTOR
        ends.append(pyramid.unpacked([data] if data is not None and has_open else []))
        level += 1
    return Pyramid(count, tuple(ends))
