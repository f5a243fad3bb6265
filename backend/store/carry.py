"""Brings what one database holds of a run into another, which may know the run, and numbers things its own way."""

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Any

import numpy as np
from sqlalchemy import JSON, Boolean, Column, Connection, Row, Select, Table, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DatabaseError

from backend.model import ACTIVE, RunState
from backend.store.carry_asides import TABLES, carry_asides
from backend.store.find.settings import WORDS
from backend.store.recording import run_metrics as standings
from backend.store.schema import events, metadata, points, rollups, run_settings, runs, series, trials
from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR, Pyramid

A_BATCH = 20_000  # rows
STREAMED = {"stream_results": True}
BY_HAND = ("note", "starred", "archived", "deleted_at")  # of a run; where it is known they stay as they are there
OF_THE_END = ("state", "ended_at", "error", "traceback")


class Source:
    """A database to read from, of which some may be unreadable, or all of it (None): what can be read of it is."""

    def __init__(self, connection: Connection | None) -> None:
        self.connection = connection
        self.is_whole = True  # so far

    def batches(self, wanted: Select[Any]) -> Iterator[Sequence[Row[Any]]]:
        """Yields the rows that can be read, many at a time."""
        if self.connection is None:
            self.is_whole = False
            return
        try:
            yield from self.connection.execute(wanted, execution_options=STREAMED).partitions(A_BATCH)
        except DatabaseError:
            self.is_whole = False

    def rows(self, wanted: Select[Any]) -> list[Row[Any]]:
        """Returns the rows that can be read."""
        return [row for batch in self.batches(wanted) for row in batch]


class Carried(Enum):
    """What came of it: the source knew nothing of the run, less than is there, or all."""

    NOTHING = 0
    SOME = 1
    ALL = 2


def carry(source: Source, tx: Connection, run_id: str) -> Carried:
    """Adds to the database of `tx` what `source` has of a run and it lacks; of what both have, the later one stays."""
    mine = [dict(row._mapping) for row in source.rows(select(runs).where(runs.c.id == run_id))]
    if not mine:
        return Carried.NOTHING
    ordinal, is_later = _run(tx, mine[0])
    for table in metadata.sorted_tables:
        if table in (runs, series, points, rollups, *TABLES):
            continue
        if "run_id" in table.c:
            _parts(source, tx, table, table.c.run_id == run_id, {}, is_later)
        elif "run" in table.c:
            _parts(source, tx, table, table.c.run == mine[0]["ordinal"], {"run": ordinal}, is_later)
    _curves(source, tx, run_id, is_later)
    carry_asides(source, tx, run_id)
    return Carried.ALL if is_later else Carried.SOME


def _run(tx: Connection, mine: dict[str, Any]) -> tuple[int, bool]:
    """Writes the run's own row; returns its number there, and whether the source knows of it later than they do."""
    new = {name: value for name, value in mine.items() if name != "ordinal"}
    there = tx.execute(select(runs).where(runs.c.id == mine["id"]).with_for_update()).first()
    if there is None:
        key = select(runs.c.id).where(runs.c.launch_key == mine["launch_key"])
        if mine["launch_key"] is not None and tx.execute(key).first():
            new["launch_key"] = None
        return int(tx.execute(insert(runs).returning(runs.c.ordinal), new).scalar_one()), True
    is_later = (mine["attempt"], mine["heartbeat_at"] or 0.0) >= (there.attempt, there.heartbeat_at or 0.0)
    if is_later and there.deleted_at is None:
        kept = {*BY_HAND, "launch_key"}
        if mine["state"] in ACTIVE and there.state == RunState.LOST:
            kept |= {*OF_THE_END}  # the next heartbeat says that it came back
        changed = {name: value for name, value in new.items() if name not in kept}
        tx.execute(update(runs).where(runs.c.ordinal == there.ordinal).values(changed))
    return int(there.ordinal), is_later


def _parts(
    source: Source, tx: Connection, table: Table, mine: Any, renumbered: Mapping[str, Any], is_later: bool
) -> None:
    """Carries the rows that belong to the run in a table of which each is known by its key."""
    for batch in source.batches(select(table).where(mine)):
        rows = [dict(row._mapping) | dict(renumbered) for row in batch]
        if table is events:
            rows = _unheard(tx, rows)
        elif table is trials and is_later:
            rows = _further(tx, rows)
        elif table is run_settings:  # the words that it is found by are also those said of it there
            upsert(tx, table, [row for row in rows if row["name"] == WORDS], replace=False)
            rows = [row for row in rows if row["name"] != WORDS]
        upsert(tx, table, rows, replace=is_later and table is not events)


def _unheard(tx: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the events that are not there, which get numbers there."""
    known = {
        (row.at, row.move, row.note) for row in tx.execute(select(events).where(events.c.run_id == rows[0]["run_id"]))
    }
    new = [row for row in rows if (row["at"], row["move"], row["note"]) not in known]
    return [{name: value for name, value in row.items() if name != "id"} for row in new]


def _further(tx: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns the trials that have reported as much as they have there, or more."""
    wanted = select(trials.c.number, trials.c.reports).where(trials.c.run_id == rows[0]["run_id"])
    reports = {row.number: row.reports for row in tx.execute(wanted)}
    return [row for row in rows if row["reports"] >= reports.get(row["number"], 0)]


def upsert(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, replace: bool) -> None:
    """Writes rows; those that are there stay, or are replaced."""
    if not rows:
        return
    dialect: Any = sqlite if tx.dialect.name == "sqlite" else postgresql
    statement = dialect.insert(table)
    keys = [column.name for column in table.primary_key if column.name in rows[0]]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    if keys and replace and values:
        statement = statement.on_conflict_do_update(index_elements=keys, set_=values)
    elif keys:
        statement = statement.on_conflict_do_nothing(index_elements=keys)
    tx.execute(statement, rows)


# ---- curves


def _curves(source: Source, tx: Connection, run_id: str, is_later: bool) -> None:
    there = {(row.trial, row.key): row for row in tx.execute(select(series).where(series.c.run_id == run_id))}
    for row in source.rows(select(series).where(series.c.run_id == run_id)):
        before = there.get((row.trial, row.key))
        known = before and before.id
        if before is not None and is_later and row.cuts > before.cuts:  # its trial has gone back: what is there has not
            tx.execute(delete(points).where(points.c.series == before.id))
            tx.execute(update(series).where(series.c.id == before.id).values(cuts=row.cuts))
        if before is None or known is None:
            new = {name: value for name, value in row._mapping.items() if name != "id"}
            number = tx.execute(insert(series).returning(series.c.id), new).scalar_one()
        elif is_later:
            number = known
        else:
            continue  # a later attempt goes on there in its own way
        was_whole = source.is_whole
        source.is_whole = True
        copied = _copy_points(source, tx, row.id, number)
        if known is None and source.is_whole:
            _copy_rows(source, tx, rollups, rollups.c.series, row.id, number)
        if copied and (known is not None or not source.is_whole):
            summarise(tx, number)
        source.is_whole &= was_whole


def _copy_points(source: Source, tx: Connection, mine: int, theirs: int) -> bool:
    """Carries the points that are not there; returns whether there were any."""
    last = tx.execute(select(func.max(points.c.sequence)).where(points.c.series == theirs)).scalar()
    if last is not None and not _begins_alike(source, tx, mine, theirs, last):
        last = None
    return _copy_rows(source, tx, points, points.c.series, mine, theirs, points.c.sequence, last)


def _begins_alike(source: Source, tx: Connection, mine: int, theirs: int, last: int) -> bool:
    """Whether of the points up to the last one that is there as many are in the source."""
    counted = select(func.count()).select_from(points)
    here = source.rows(counted.where(points.c.series == mine, points.c.sequence <= last))
    return bool(here and here[0][0] == tx.execute(counted.where(points.c.series == theirs)).scalar_one())


def _copy_rows(
    source: Source, tx: Connection, table: Table, owner: Column[Any], mine: int, theirs: int,
    order: Column[Any] | None = None, after: int | None = None,
) -> bool:  # fmt: skip
    """Carries what belongs to one series; JSON and flags aside, both databases hand over and take the same values."""
    plain = [column.name for column in table.c if column is not owner and not isinstance(column.type, JSON | Boolean)]
    wanted = select(*(table.c[name] for name in plain)).where(owner == mine)
    if order is not None:
        wanted = wanted.order_by(order) if after is None else wanted.where(order > after).order_by(order)
    mark = "?" if tx.dialect.name == "sqlite" else "%s"
    statement = (
        f"insert into {table.name} ({owner.name}, {', '.join(plain)}) values ({', '.join([mark] * (len(plain) + 1))})"
        " on conflict do nothing"
    )
    any_there = False
    for batch in source.batches(wanted):
        any_there = True
        tx.exec_driver_sql(statement, [(theirs, *row) for row in batch])
    return any_there


def summarise(tx: Connection, number: int) -> None:
    """Makes the rollups of a series anew from its points, and what its row says of them."""
    tx.execute(delete(rollups).where(rollups.c.series == number))
    wanted = (
        select(points.c.sequence, points.c.step, points.c.time, points.c.value)
        .where(points.c.series == number)
        .order_by(points.c.sequence)
    )
    end, tail, closed, stored = Pyramid(), b"", -1, {}
    for batch in tx.execute(wanted, execution_options=STREAMED).partitions(A_BATCH):
        records = pyramid.of_rows([tuple(row) for row in batch])
        place = len(batch) - (end.count + len(batch)) % FACTOR - 1
        end, grown = end.extended(records)
        closed = int(batch[place].sequence) if place >= 0 and end.count >= FACTOR else closed
        tail = standings.tail(tail, np.asarray(records["last"]).tolist())
        stored.update({(each.level, each.number): each.data for each in grown})
    head = {"length": end.count, "closed": closed, "tail": tail}
    tx.execute(update(series).where(series.c.id == number).values(head))
    rows = [{"series": number, "level": level, "chunk": chunk, "data": data} for (level, chunk), data in stored.items()]
    if rows:
        tx.execute(insert(rollups), rows)
