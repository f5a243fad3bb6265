"""The room that recorded data takes: what deleted runs leave is cleared in small steps, so that
nobody who writes waits."""

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Column, ColumnElement, delete, func, select, text

from backend.errors import StoreUnavailable
from backend.store.database import Database
from backend.store.schema import (
    aside_points,
    aside_series,
    asides,
    events,
    failures,
    fanouts,
    metadata,
    points,
    rollups,
    run_settings,
    runs,
    series,
    tasks,
    trials,
)

ROWS_AT_ONCE = 20_000  # deleted in one transaction, some 20 ms
PAGES_AT_ONCE = 2000  # given back to the file system in one, 8 MB
_purging = threading.Lock()


def purge(database: Database, forget_files: Callable[[str], None]) -> int:
    """Clears what deleted runs left, files first; returns how many runs there were.

    Where it breaks off, the next goes on.
    """
    with _purging:
        with database.read() as connection:
            gone = list(connection.execute(select(runs.c.id).where(runs.c.deleted_at.is_not(None))).scalars())
        for run_id in gone:
            forget_files(run_id)
            _clear(database, run_id)
        if gone and database.is_sqlite:
            while _give_back(database):
                _let_others_write(0.0)
        return len(gone)


def _clear(database: Database, run_id: str) -> None:
    with database.read() as connection:
        mine = list(connection.execute(select(series.c.id).where(series.c.run_id == run_id)).scalars())
        apart = select(aside_series.c.id).join(asides, asides.c.id == aside_series.c.aside)
        aside = list(connection.execute(apart.where(asides.c.run_id == run_id)).scalars())
    for series_id in aside:
        while _delete_some(database, aside_points.c.series == series_id, aside_points.c.sequence):
            pass
    for series_id in mine:
        for owner, order in ((points.c.series, points.c.sequence), (rollups.c.series, rollups.c.chunk)):
            while _delete_some(database, owner == series_id, order):
                pass
    while _delete_some(database, tasks.c.run_id == run_id, tasks.c.number):
        pass
    ordinal = select(runs.c.ordinal).where(runs.c.id == run_id).scalar_subquery()
    while _delete_some(database, run_settings.c.run == ordinal, run_settings.c.trial):
        pass
    with database.write() as tx:
        for table in (series, asides, events, trials, failures, fanouts):
            tx.execute(delete(table).where(table.c.run_id == run_id))
        tx.execute(delete(runs).where(runs.c.id == run_id))  # its tags and metrics go with it


def _delete_some(database: Database, mine: ColumnElement[bool], order: Column[Any]) -> bool:
    """Deletes the next rows of a series or a fan-out; returns whether there may be more."""
    began = time.monotonic()
    with database.write() as tx:
        until = tx.execute(select(order).where(mine).order_by(order).offset(ROWS_AT_ONCE).limit(1)).scalar()
        wanted = delete(order.table).where(mine)
        tx.execute(wanted if until is None else wanted.where(order < until))
    _let_others_write(time.monotonic() - began)
    return until is not None


def _give_back(database: Database) -> bool:
    """Gives free pages of an SQLite file back; returns whether there are more."""
    with database.outside_transactions() as connection:
        before = connection.exec_driver_sql("pragma freelist_count").scalar_one()
        # It frees a page a step, and of a statement without columns only a script takes every step.
        connection.connection.cursor().executescript(f"pragma incremental_vacuum({PAGES_AT_ONCE})")
        left = connection.exec_driver_sql("pragma freelist_count").scalar_one()
    return bool(0 < left < before)  # a file from before this was possible keeps its pages, and uses them again


def _let_others_write(seconds: float) -> None:
    """SQLite's writers poll for their turn: whoever came straight back would never let them in."""
    time.sleep(max(0.01, seconds))


def size(database: Database) -> int:
    """Returns the bytes that the database takes."""
    if not database.is_sqlite:
        with database.read() as connection:
            return int(connection.execute(select(func.pg_database_size(func.current_database()))).scalar_one())
    file = Path(database.engine.url.database or "")
    return sum(part.stat().st_size for part in (file, file.with_name(f"{file.name}-wal")) if part.exists())


def compact(database: Database) -> None:
    """Rewrites the database without any gaps. Who records meanwhile keeps it in memory until this is done.

    Raises:
        StoreUnavailable: there is no room for the copy that is made on the way, or another process holds the database.
    """
    if database.is_sqlite:
        folder, needed = Path(database.engine.url.database or "").parent, size(database)
        if (free := shutil.disk_usage(folder).free) < needed:
            raise StoreUnavailable(
                f"Compacting needs up to {needed / 1e9:.1f} GB free in {folder}, and there are {free / 1e9:.1f}."
            )
    for statement in ("vacuum", "pragma wal_checkpoint(truncate)") if database.is_sqlite else _full_vacuums():
        with database.outside_transactions() as connection:
            connection.execute(text(statement))


def _full_vacuums() -> list[str]:
    return [f"vacuum (full, analyze) {table.name}" for table in metadata.sorted_tables]
