"""Saves what can be read of a damaged SQLite file into a new one."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, Table, select

from backend.model import EXTERNAL, RunState
from backend.settings import Settings
from backend.store import sqlite_file
from backend.store.carry import summarise
from backend.store.database import Database, open_database
from backend.store.find import settings
from backend.store.fresh import fresh
from backend.store.recovery.beginning import readable
from backend.store.recovery.reader import Fetch, Reader, Rows
from backend.store.schema import metadata, points, rollups, runs, series, tasks, trials

LOST_ROW = "Its own row was lost with a damaged database; what it recorded was saved."
# Tables whose rows are many and in the order of their owner: how they are told from each other, and who owns them.
OWNED = {
    points.name: ("series", "sequence", "select id from series"),
    tasks.name: ("run_id", "number", "select run_id from trials union select id from runs"),
}


@dataclass
class Salvaged:
    """What came of it: rows by table, stretches of rows that are lost, at least, and the runs whose own row is."""

    rows: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    nameless: list[str] = field(default_factory=list)


def salvage(path: Path, target: Path, workshop: Path, copy: Path | None = None) -> Salvaged:
    """Makes `target` a whole database of what can be read of `path`, which stays as it is.

    `workshop` is an empty folder for what is needed on the way; an earlier `copy` may know what runs were asked to do.

    Raises:
        StoreUnavailable: nothing can be read, or the new file cannot be written.
    """
    template = workshop / "template.db"
    open_database(Settings(home=workshop, db=f"sqlite:///{template}")).close()
    made, came = fresh(target), Salvaged()
    with readable(path, template) as source, closing(sqlite3.connect(target)) as new:
        reader = Reader(source)
        for table in metadata.sorted_tables:
            if table.name not in OWNED and table is not rollups:  # they follow from the points
                came.rows[table.name] = _copied(reader, new, table)
        _from_indices(reader, new, copy)
        for table in (points, tasks):
            came.rows[table.name] = _copied(reader, new, table)
        came.lost, came.nameless = reader.lost, _nameless(new)
        _drop_strays(new)
        new.commit()
    _follow(made)
    made.close()
    return came


def _copied(reader: Reader, new: sqlite3.Connection, table: Table) -> int:
    """Copies a table's rows; returns how many."""
    there = {name for _, name, *_ in reader.connection.execute(f"pragma table_info({table.name})")}
    names = [column.name for column in table.c if column.name in there]
    listed, marks, before = ", ".join(names), ", ".join("?" * len(names)), new.total_changes
    if names:
        for rows in _rows(reader, new, table, listed):
            values = [row[1:] for row in rows]
            new.executemany(f"insert or ignore into {table.name} ({listed}) values ({marks})", values)
    return new.total_changes - before


def _rows(reader: Reader, new: sqlite3.Connection, table: Table, listed: str) -> Iterator[Rows]:
    """Yields a table's rows, a number before each."""
    if table.name in OWNED:
        owner, number, owners = OWNED[table.name]
        for (which,) in new.execute(owners).fetchall():
            yield from reader.numbered(_fetch(reader, table, listed, number, (which,), f"{owner} = ? and"))
    elif table.dialect_options["sqlite"]["with_rowid"]:
        yield from reader.numbered(_fetch(reader, table, listed, "rowid"))
    else:
        order = ", ".join(column.name for column in table.primary_key)
        yield list(reader.both_ways(f"select 0, {listed} from {table.name}", order))


def _fetch(
    reader: Reader, table: Table, listed: str, number: str, which: tuple[Any, ...] = (), mine: str = ""
) -> Fetch:
    wanted = f"select {number}, {listed} from {table.name} where {mine} {number} >= ? order by {number} limit ?"
    return lambda low, many: reader.connection.execute(wanted, (*which, low, many)).fetchall()


def _from_indices(reader: Reader, new: sqlite3.Connection, copy: Path | None) -> None:
    """Adds what indices know of rows that are lost: whose points are whose, and which numbers runs have."""
    known = reader.both_ways(
        "select id, run_id, trial, key from series indexed by sqlite_autoindex_series_1", "run_id, trial, key"
    )
    new.executemany(
        "insert or ignore into series (id, run_id, trial, key, length, closed) values (?, ?, ?, ?, 0, -1)", known
    )
    lost = {}
    for ordinal, run_id in reader.both_ways("select ordinal, id from runs indexed by sqlite_autoindex_runs_1", "id"):
        if not new.execute("select 1 from runs where id = ?", (run_id,)).fetchone():
            lost[run_id] = ordinal
    for run_id, ordinal in lost.items():
        row = _known(copy, run_id) | {"ordinal": ordinal}
        new.execute(
            f"insert or ignore into runs ({', '.join(row)}) values ({', '.join('?' * len(row))})", (*row.values(),)
        )


def _known(copy: Path | None, run_id: str) -> dict[str, Any]:
    """Returns the row of a run as a copy has it, or one that says that it is lost."""
    if copy:
        with closing(sqlite_file.opened_to_read(copy)) as earlier:
            earlier.row_factory = sqlite3.Row
            if row := earlier.execute("select * from runs where id = ?", (run_id,)).fetchone():
                return dict(row)
    spec = {"kind": EXTERNAL, "name": f"recovered {run_id}", "params": {}}
    return {
        "id": run_id, "name": spec["name"], "kind": EXTERNAL, "spec": json.dumps(spec), "group_key": run_id,
        "state": RunState.LOST, "attempt": 1, "created_at": time.time(), "waits_for": "", "error": LOST_ROW,
        "traceback": "", "versions": "{}", "host": "", "workload": "", "workload_hash": "", "note": "",
        "starred": 0, "archived": 0,
    }  # fmt: skip


def _nameless(new: sqlite3.Connection) -> list[str]:
    """Returns the runs of which nobody knows any more what they were asked to do."""
    return [run_id for (run_id,) in new.execute("select id from runs where error = ?", (LOST_ROW,))]


def _drop_strays(new: sqlite3.Connection) -> None:
    """Leaves nothing that makes no sense, or belongs to nothing."""
    for table in metadata.sorted_tables:
        for column in table.c:
            if isinstance(column.type, JSON):
                new.execute(f"delete from {table.name} where not json_valid({column.name})")
        for key in table.foreign_keys:
            owner = key.column
            new.execute(
                f"delete from {table.name} where {key.parent.name} not in (select {owner.name} from {owner.table.name})"
            )


def _follow(made: Database) -> None:
    """Makes anew what follows from the rest: rollups, and what runs are found by."""
    with made.write() as tx:
        for number in tx.execute(select(series.c.id)).scalars().all():
            summarise(tx, number)
        for run in tx.execute(select(runs.c.ordinal, runs.c.id, runs.c.spec, runs.c.note)).all():
            mine = tx.execute(select(trials.c.number, trials.c.params, trials.c.seed).where(trials.c.run_id == run.id))
            by_trial = [(row.number, settings.of_trial(row.params, row.seed)) for row in mine]
            whole = settings.of_spec(run.spec) | settings.words(run.id, run.spec, run.note)
            settings.write(tx, settings.rows(run.ordinal, whole, by_trial))
