"""Many rows at once, the quickest way each database has; everything else goes through SQLAlchemy."""

import itertools
import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection

from backend.store.schema import trials


class PointColumns(NamedTuple):
    """Points of one series, as many in each list."""

    sequences: list[int]
    steps: list[float]
    times: list[float]
    values: list[float]


SeriesPoints = tuple[int, PointColumns]  # of the series with that id

COPY_POINTS = "copy points (series, sequence, step, time, value) from stdin"
INSERT_POINTS = "insert into points (series, sequence, step, time, value) values "
# what it has until told otherwise
NEW_TRIAL = {"params": "'{}'", "last": "'{}'", "reports": "0", "checkpoint": "''", "error": "''"}
NOTHING: Mapping[str, str] = MappingProxyType({})
BLOCKS = (512, 64, 8, 1)  # rows a statement; few sizes, so that SQLite's statements are prepared once


def insert_points(tx: Connection, batches: Sequence[SeriesPoints]) -> None:
    """Stores the points of several series; NaN becomes NULL."""
    if tx.dialect.name == "sqlite":
        _insert(tx, batches)
    else:
        _copy(tx, batches)


def _insert(tx: Connection, batches: Sequence[SeriesPoints]) -> None:
    """Statements of many rows: a third quicker than a row each, and the interpreter is let go of once, not for each
    row.

    With `executemany` a thread that computes in pure Python would hold up the recorder's for 5 ms at each row.
    """
    flat = _flat(batches)
    at = 0
    for block in BLOCKS:
        statement = INSERT_POINTS + ",".join(["(?,?,?,?,?)"] * block)
        while len(flat) - at >= 5 * block:
            tx.exec_driver_sql(statement, tuple(flat[at : at + 5 * block]))
            at += 5 * block


def upsert_trials(tx: Connection, run_id: str, changed: Mapping[int, Mapping[str, Any]]) -> None:
    """Stores columns of trials by number; the others of one that is there already stay as they are.

    SQLAlchemy would make the statement anew for each number of rows, which costs more than to run it.
    """
    alike: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
    for number, columns in changed.items():
        alike.setdefault(tuple(columns), []).append((number, *columns.values()))
    for names, rows in alike.items():
        new = {name: value for name, value in NEW_TRIAL.items() if name not in names}
        binds = [None, *(trials.c[name].type.dialect_impl(tx.dialect).bind_processor(tx.dialect) for name in names)]
        written = [
            tuple(bind(value) if bind else value for bind, value in zip(binds, row, strict=True)) for row in rows
        ]
        upsert(tx, "trials", ("number", *names), {"run_id": f"'{run_id}'"}, written, new)


def upsert(
    tx: Connection,
    table: str,
    columns: Sequence[str],
    alike: dict[str, str],
    rows: Sequence[tuple[Any, ...]],
    new: Mapping[str, str] = NOTHING,
) -> None:
    """Writes rows of the same shape; `alike` is SQL for the columns that have the same value in all,
    `new` for those of new rows."""
    mark = ",".join([*alike.values(), *new.values(), *["?" if tx.dialect.name == "sqlite" else "%s"] * len(columns)])
    names = [*alike, *columns]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name not in ("run_id", "number"))
    start = f"insert into {table} ({', '.join([*alike, *new, *columns])}) values "
    end = f" on conflict (run_id, number) do update set {sets}"
    at = 0
    for block in BLOCKS:
        statement = f"{start}{','.join([f'({mark})'] * block)}{end}"
        while len(rows) - at >= block:
            tx.exec_driver_sql(statement, tuple(itertools.chain.from_iterable(rows[at : at + block])))
            at += block


def _flat(batches: Sequence[SeriesPoints]) -> list[float]:
    flat: list[Any] = [0] * (5 * sum(len(columns.sequences) for _, columns in batches))
    start = 0
    for series, columns in batches:
        end = start + 5 * len(columns.sequences)
        parts: tuple[list[Any], ...] = ([series] * len(columns.sequences), *columns)
        for offset, column in enumerate(parts):
            flat[start + offset : end : 5] = column
        start = end
    return flat


def _copy(tx: Connection, batches: Sequence[SeriesPoints]) -> None:
    driver = tx.connection.driver_connection
    if driver is None:
        raise RuntimeError("the connection is closed")
    with driver.cursor() as cursor, cursor.copy(COPY_POINTS) as copy:
        copy.set_types(["int4", "int4", "float8", "float8", "float8"])
        for series, columns in batches:
            for sequence, step, time, value in zip(*columns, strict=True):
                copy.write_row((series, sequence, _null(step), time, _null(value)))


def _null(value: float) -> float | None:
    return None if math.isnan(value) else value
