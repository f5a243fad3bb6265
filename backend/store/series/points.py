"""Every single point of some series, in batches: for what takes data away. Charts read `store.series` instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, select, true

from backend.model import Floats
from backend.store.database import Database
from backend.store.schema import aside_series, asides, series

BATCH = 50_000  # points
MANY = 2000  # series in one statement

SHORT = "select series, step, time, value from {} where series in ({}) order by series, sequence"
LONG = (
    "select series, step, time, value, sequence from {} where series = {} and sequence > {} order by sequence limit {}"
)


@dataclass(frozen=True)
class SeriesHead:
    """One series: a metric of a trial, and how many points it has."""

    id: int
    run_id: str
    trial: int
    key: str
    length: int
    aside: int | None = None  # the attempt that repeated what it holds; None: it is of the trial's line

    @property
    def table(self) -> str:
        """Where its points are."""
        return "points" if self.aside is None else "aside_points"


@dataclass(frozen=True, eq=False)
class Batch:
    """Points of some series one after the other: `place` is that of the series in the list asked for;
    NaN is what was not finite."""

    place: np.ndarray[tuple[int], np.dtype[np.int64]]
    step: Floats
    time: Floats
    value: Floats


def heads(
    database: Database, run_ids: Sequence[str], keys: Sequence[str] | None = None, *, aside: bool = False
) -> list[SeriesHead]:
    """Returns the series of some runs in their order, by trial and key; those of `keys` only, unless that is None.

    With `aside` what was set aside of them follows, in the same order.
    """
    wanted = select(series.c.id, series.c.run_id, series.c.trial, series.c.key, series.c.length)
    wanted = wanted.where(series.c.run_id.in_(run_ids), series.c.key.in_(keys) if keys is not None else true())
    apart = select(aside_series.c.id, asides.c.run_id, asides.c.trial, aside_series.c.key, aside_series.c.length)
    apart = apart.add_columns(asides.c.attempt).join(asides, asides.c.id == aside_series.c.aside)
    apart = apart.where(asides.c.run_id.in_(run_ids), aside_series.c.key.in_(keys) if keys is not None else true())
    with database.read() as connection:
        series_heads = [SeriesHead(*row) for row in connection.execute(wanted)]
        if aside:
            series_heads += [SeriesHead(*row) for row in connection.execute(apart)]
    order = {run_id: place for place, run_id in enumerate(run_ids)}
    return sorted(
        series_heads, key=lambda head: (head.aside is not None, order[head.run_id], head.trial, head.key, head.id)
    )


def batches(database: Database, listed: Sequence[SeriesHead], size: int = BATCH) -> Iterator[Batch]:
    """Yields the points of some series, as many of each as it had when its head was read, about `size` at a time.

    Each batch is a read of its own: a download that takes minutes keeps nobody from writing or tidying up. A trial that
    goes back meanwhile has fewer of them.
    """
    first = 0
    while first < len(listed):
        if listed[first].length > size:
            yield from _long(database, listed[first], first, size)
            first += 1
            continue
        last, points = first, 0
        while last < min(len(listed), first + MANY) and listed[last].table == listed[first].table:
            if points + listed[last].length > size:
                break
            points += listed[last].length
            last += 1
        if points:
            yield _short(database, listed, first, last)
        first = last


def _short(database: Database, listed: Sequence[SeriesHead], first: int, last: int) -> Batch:
    """Reads series `first` to before `last`, whole."""
    with database.read() as connection:
        ids = ",".join(str(head.id) for head in listed[first:last])
        table = _table(connection, SHORT.format(listed[first].table, ids), 4)
    found, starts, counts = np.unique(table[:, 0].astype(np.int64), return_index=True, return_counts=True)
    begins = {int(number): (int(start), int(many)) for number, start, many in zip(found, starts, counts, strict=True)}
    rows, places = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for place in range(first, last):
        start, many = begins.get(listed[place].id, (0, 0))
        many = min(many, listed[place].length)
        rows.append(np.arange(start, start + many))
        places.append(np.full(many, place))
    return _batch(table[np.concatenate(rows)], np.concatenate(places))


def _long(database: Database, head: SeriesHead, place: int, size: int) -> Iterator[Batch]:
    after, left = -1, head.length
    while left > 0:
        with database.read() as connection:
            table = _table(connection, LONG.format(head.table, head.id, after, min(size, left)), 5)
        if not len(table):  # the run was deleted meanwhile
            return
        yield _batch(table, np.full(len(table), place))
        after, left = int(table[-1, 4]), left - len(table)


def _table(connection: Connection, statement: str, columns: int) -> Floats:
    return np.array(connection.exec_driver_sql(statement).cursor.fetchall(), dtype=np.float64).reshape(-1, columns)


def _batch(table: Floats, place: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Batch:
    return Batch(place, table[:, 1], table[:, 2], table[:, 3])
