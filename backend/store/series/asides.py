"""What was set aside of trials, for who asks for it: none of the other readers comes across it."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from backend.model import Aside, AsideCurve, Curve, Floats
from backend.store.database import Database
from backend.store.schema import aside_series, asides, points, series
from backend.store.series import pyramid
from backend.store.series.pyramid import Records
from backend.store.series.read import ITERATION, STEP, TIME, Window, built_in
from backend.store.series.tracks import FIRST, bucket_width

BATCH = 50_000  # points read at once
POINTS = (
    "select sequence, step, time, value from aside_points where series = {} and sequence > {} order by sequence"
    " limit {}"
)


def listed(database: Database, run_ids: Sequence[str]) -> list[Aside]:
    """Returns what was set aside of some runs, in the order in which that was done."""
    with database.read() as connection:
        rows = connection.execute(select(asides).where(asides.c.run_id.in_(run_ids)).order_by(asides.c.id))
        return [Aside(**row) for row in rows.mappings()]


def read(
    database: Database,
    run_ids: Sequence[str],
    keys: Sequence[str],
    *,
    x: str = STEP,
    window: Window | None = None,
    trial: int | None = None,
    points: int = 1000,
) -> list[AsideCurve]:
    """Returns what was set aside of some metrics of some runs, in at most `points` buckets each, in the order in which
    it was done.

    `x` is what it is for `read.read`; of a `window` come the buckets whose x lies in it. `trial` is the number of the
    only one that is wanted.
    """
    wanted = select(asides, aside_series.c.id.label("series"), aside_series.c.key, aside_series.c.length)
    wanted = wanted.join(aside_series, aside_series.c.aside == asides.c.id)
    wanted = wanted.where(asides.c.run_id.in_(run_ids), aside_series.c.key.in_([*keys, x]))
    with database.read() as connection:
        rows = connection.execute(wanted.order_by(asides.c.id, aside_series.c.id)).all()
        rulers = {row.id: row for row in rows if row.key == x and x not in (STEP, TIME)}
        return [
            AsideCurve(_aside(row), _curve(connection, row, rulers.get(row.id), x, window, points))
            for row in rows
            if row.key in keys and (trial is None or row.trial == trial)
        ]


def _aside(row: Row[Any]) -> Aside:
    return Aside(**{name: value for name, value in row._mapping.items() if name in asides.c})


def _curve(
    connection: Connection, row: Row[Any], ruler: Row[Any] | None, x: str, window: Window | None, points: int
) -> Curve:
    width = bucket_width(row.length, points)
    records = _records(connection, row.series, width)
    place = built_in(records, x) if ruler is None else _along(connection, ruler, records)
    if window is not None:
        inside = (place >= window[0]) & (place <= window[1])
        records, place = records[inside], place[inside]
    return Curve(row.run_id, row.trial, row.key, x=place, records=records, width=width, length=row.length)


def _records(connection: Connection, series_id: int, width: int) -> Records:
    """Returns a series in buckets of `width` points. It has no rollups: all its points are read, some at a time."""
    parts: list[Records] = []
    for batch in _batches(connection, series_id, max(1, BATCH // width) * width):
        parts.append(pyramid.merged(batch, np.arange(0, len(batch), width)))
    return np.concatenate([np.empty(0, pyramid.RECORD), *parts])


def _along(connection: Connection, ruler: Row[Any], records: Records) -> Floats:
    """Returns the axis metric's value as of the last report of each bucket."""
    whole = np.concatenate([np.empty(0, pyramid.RECORD), *_batches(connection, ruler.series, BATCH)])
    before = np.searchsorted(whole["sequence"], records["sequence"], "right") - 1
    return np.where(before < 0, np.nan, whole["last"][np.maximum(before, 0)])


def _batches(connection: Connection, series_id: int, size: int) -> Iterator[Records]:
    after = FIRST
    while rows := connection.exec_driver_sql(POINTS.format(series_id, after, size)).cursor.fetchall():
        yield pyramid.of_rows(rows)
        after = int(rows[-1][0])


def reports_until(database: Database, run_id: str, trial: int, iteration: float) -> int | None:
    """Returns how many reports a trial had made when it last reported that iteration, whether as a metric or as its
    step; None where it never did.

    For checkpoints of which nobody noted how many reports they hold.
    """
    mine = (series.c.run_id == run_id) & (series.c.trial == trial)
    with database.read() as connection:
        heads = {row.key: row.id for row in connection.execute(select(series.c.id, series.c.key).where(mine))}
        is_it = points.c.value == iteration if ITERATION in heads else points.c.step == iteration
        among = [heads[ITERATION]] if ITERATION in heads else list(heads.values())
        found = select(points.c.sequence).where(points.c.series.in_(among), is_it)
        sequence = connection.execute(found.order_by(points.c.sequence.desc()).limit(1)).scalar()
    return None if sequence is None else sequence + 1
