"""The tasks of a fan-out: a book that its driver writes, and what pages read of them."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import ColumnElement, Float, Integer, Select, func, literal, or_, select

from backend.errors import UnknownRun
from backend.model import Failure, Task, TaskCounts, TaskState
from backend.store.database import Database
from backend.store.fanout.summary import Summary
from backend.store.schema import UNUSUAL, Text, failures, fanouts, tasks

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 10_000
SPREAD_LOOKUPS = 20  # for each result asked for, while few of a large run's tasks have succeeded
TaskOrder = Literal["number", "state", "attempts", "started_at", "seconds", "worker", "value"]
ORDERS: tuple[TaskOrder, ...] = ("number", "state", "attempts", "started_at", "seconds", "worker", "value")


@dataclass(frozen=True)
class Wanted:
    """Which tasks of a run, in which order."""

    states: tuple[str, ...] = ()
    failure: int | None = None
    search: str = ""  # in input, result and error
    order: TaskOrder = "number"
    descending: bool = False

    @property
    def is_all(self) -> bool:
        return not (self.states or self.search) and self.failure is None


def page(database: Database, run_id: str, wanted: Wanted, offset: int = 0, limit: int = 50) -> list[Task]:
    """Returns some of a run's tasks that have begun; those that nobody has taken yet have no row."""
    with database.read() as connection:
        return [
            _task(row)
            for row in connection.execute(_ordered(database, select(tasks), run_id, wanted).offset(offset).limit(limit))
        ]


def found(database: Database, run_id: str, wanted: Wanted, offset: int = 0, limit: int = 50) -> tuple[list[Task], int]:
    """Returns the same and how many match in all, by looking at every task once: for a search, which no index helps."""
    query = _ordered(database, select(tasks, func.count().over().label("matching")), run_id, wanted)
    with database.read() as connection:
        rows = connection.execute(query.offset(offset).limit(limit)).all()
    if not rows and offset:
        return [], count(database, run_id, wanted)
    return [_task(row) for row in rows], rows[0].matching if rows else 0


def _ordered(database: Database, query: Select[Any], run_id: str, wanted: Wanted) -> Select[Any]:
    chosen = _matching(database, query, run_id, wanted)
    column = tasks.c[wanted.order if wanted.order in ORDERS else "number"]
    order = column.desc() if wanted.descending else column.asc()
    return chosen.order_by(order) if column is tasks.c.number else chosen.order_by(order.nulls_last(), tasks.c.number)


def count(database: Database, run_id: str, wanted: Wanted) -> int:
    """Returns how many tasks there are that match."""
    with database.read() as connection:
        return int(
            connection.execute(
                _matching(database, select(func.count()).select_from(tasks), run_id, wanted)
            ).scalar_one()
        )


def _matching(database: Database, query: Select[Any], run_id: str, wanted: Wanted) -> Select[Any]:
    query = query.where(tasks.c.run_id == run_id)
    if wanted.states:
        query = query.where(tasks.c.state.in_(wanted.states))
        if TaskState.SUCCEEDED not in wanted.states:
            query = query.where(UNUSUAL)
    if wanted.failure is not None:
        query = query.where(tasks.c.state == TaskState.FAILED, UNUSUAL, tasks.c.failure == wanted.failure)
    for word in wanted.search.split():
        query = query.where(_contains(database, word))
    return query


def _contains(database: Database, word: str) -> ColumnElement[bool]:
    """Upper and lower case are the same.

    SQLite's own LIKE has it so, and is ten times quicker than one of lower()ed texts.
    """
    patterns = {f"%{_ODD.sub(_ESCAPED, each)}%" for each in (word, json.dumps(word)[1:-1])}  # JSON writes é as \\u00e9
    texts = (tasks.c.input, tasks.c.result, tasks.c.error)
    like = [text.like if database.is_sqlite else text.ilike for text in texts]
    return or_(*(each(pattern, escape="!") for each in like for pattern in sorted(patterns)))


_ODD, _ESCAPED = re.compile("[!%_]"), r"!\g<0>"  # what LIKE reads as something else


def task(database: Database, run_id: str, number: int) -> Task | None:
    """Returns one task, or None if it has not begun."""
    with database.read() as connection:
        row = connection.execute(select(tasks).where(tasks.c.run_id == run_id, tasks.c.number == number)).first()
    return None if row is None else _task(row)


TAKEN_AWAY = ("number", "state", "attempts", "input", "started_at", "seconds", "worker", "result", "artifact", "error")


def taken_away() -> "pa.Schema":
    """Returns what batches of tasks consist of: columns of the table, input and result as JSON."""
    import pyarrow as pa

    kinds = {Integer: pa.int64(), Float: pa.float64(), Text: pa.string()}
    return pa.schema([(name, kinds[type(tasks.c[name].type)]) for name in TAKEN_AWAY])


def everything(database: Database, run_id: str) -> Iterator["pa.RecordBatch"]:
    """Yields all tasks that have begun, in order, some thousands at a time."""
    import pyarrow as pa

    schema, after = taken_away(), -1
    columns = select(*(tasks.c[name] for name in TAKEN_AWAY)).where(tasks.c.run_id == run_id).order_by(tasks.c.number)
    while True:
        with database.read() as connection:
            rows = connection.execute(columns.where(tasks.c.number > after).limit(ROWS_AT_ONCE)).all()
        if not rows:
            return
        after = rows[-1].number
        arrays = map(pa.array, zip(*rows, strict=True), schema.types)
        yield pa.RecordBatch.from_arrays(list(arrays), schema=schema)


def spread(database: Database, run_id: str, most: int) -> tuple[list[Any], int]:
    """Returns the results of at most `most` tasks that succeeded, spread evenly over all of the run, and the stride
    between them.

    With a stride of 20 they are those of the tasks 0, 20, 40 …; each is looked up by its number, so the rest is not
    read.
    """
    with database.read() as connection:
        row = connection.execute(select(fanouts.c.total, fanouts.c.succeeded).where(fanouts.c.run_id == run_id)).first()
        if row is None or not row.succeeded:
            return [], 1
        stride = max(1, -(-row.succeeded // most), row.total // (SPREAD_LOOKUPS * most))
        each = select(literal(0).label("number")).cte("each", recursive=True)
        each = each.union_all(select(each.c.number + stride).where(each.c.number + stride < row.total))
        wanted = select(tasks.c.result).select_from(each.join(tasks, tasks.c.number == each.c.number))
        wanted = wanted.where(
            tasks.c.run_id == run_id, tasks.c.state == TaskState.SUCCEEDED, tasks.c.result.is_not(None)
        )
        return [
            json.loads(result) for result in connection.execute(wanted.order_by(each.c.number).limit(most)).scalars()
        ], stride


def artifacts(database: Database, run_id: str, suffix: str, offset: int, limit: int) -> list[Task]:
    """Returns tasks whose result is a file of that kind, in order."""
    wanted = select(tasks).where(tasks.c.run_id == run_id, tasks.c.artifact.endswith(suffix))
    with database.read() as connection:
        return [_task(row) for row in connection.execute(wanted.order_by(tasks.c.number).offset(offset).limit(limit))]


def _task(row: Any) -> Task:
    values = dict(row._mapping)
    values.pop("run_id")
    values.pop("matching", None)
    values |= {"state": TaskState(row.state), "input": json.loads(row.input)}
    return Task(**values | {"result": None if row.result is None else json.loads(row.result)})


def failure_groups(database: Database, run_id: str) -> list[Failure]:
    """Returns the kinds of failure, the most frequent first."""
    mine = select(tasks.c.failure, func.count().label("many"), func.min(tasks.c.number).label("first"))
    mine = mine.where(tasks.c.run_id == run_id, tasks.c.state == TaskState.FAILED, UNUSUAL).group_by(tasks.c.failure)
    with database.read() as connection:
        counts = {row.failure: row for row in connection.execute(mine)}
        rows = connection.execute(select(failures).where(failures.c.run_id == run_id)).all()
    groups = [
        Failure(
            row.number,
            row.kind,
            row.place,
            row.message,
            row.traceback,
            counts[row.number].many,
            counts[row.number].first,
        )
        for row in rows
        if row.number in counts
    ]
    return sorted(groups, key=lambda each: -each.count)


def summary(database: Database, run_id: str) -> tuple[TaskCounts, Summary]:
    """Returns a fan-out's counts and summary.

    Raises:
        UnknownRun: no fan-out has that id.
    """
    with database.read() as connection:
        row = connection.execute(select(fanouts).where(fanouts.c.run_id == run_id)).first()
    if row is None:
        raise UnknownRun(run_id)
    return TaskCounts(row.total, row.running, row.succeeded, row.failed, row.stopped), Summary.of(row.summary)
