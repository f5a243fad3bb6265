"""The tasks of a fan-out: a book that its driver writes, and what pages read of them."""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, delete, func, insert, literal, or_, select, update

from backend.errors import UnknownRun
from backend.model import Failure, Task, TaskCounts, TaskState
from backend.store.database import Database
from backend.store.fanout.summary import Summary, Throughput
from backend.store.recording import bulk
from backend.store.runs import hold
from backend.store.schema import UNUSUAL, failures, fanouts, tasks

MOST_FAILURES = 200  # kinds of failure that are told from each other
MOST_TEXT = 2000  # letters of a message, a traceback's end, printed output
ROWS_AT_ONCE = 10_000
SPREAD_LOOKUPS = 20  # for each result asked for, while few of a large run's tasks have succeeded
Order = Literal["number", "state", "attempts", "started_at", "seconds", "worker", "value"]
ORDERS: tuple[Order, ...] = ("number", "state", "attempts", "started_at", "seconds", "worker", "value")


class Done(NamedTuple):
    """What became of one task. `error` tells a failure: its kind, place, message and traceback."""

    number: int
    attempts: int
    input: str
    started_at: float | None = None
    seconds: float | None = None
    worker: int | None = None
    value: float | None = None
    result: str | None = None
    artifact: str | None = None
    error: tuple[str, str, str, str] | None = None
    output: str | None = None


class TaskBook:
    """The one writer of a fan-out's tasks: keeps what ended in memory until `flush`, whose writes carry the attempt.

    Counts and summary are written with the tasks they tell of, in one transaction, as totals: writing twice is writing once.
    """

    def __init__(self, database: Database, run_id: str, attempt: int) -> None:
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self.running = 0  # tasks with the workers, also those that have no row so far
        self._plain: dict[int, tuple[Any, ...]] = {}  # rows that wait to be written, see bulk.upsert_tasks
        self._others: dict[int, tuple[Any, ...]] = {}
        self._throughput = Throughput()
        self._load()

    def _load(self) -> None:
        with self.database.read() as connection:
            row = connection.execute(select(fanouts).where(fanouts.c.run_id == self.run_id)).first()
            if row is None:
                raise UnknownRun(self.run_id)
            known = connection.execute(select(failures.c.kind, failures.c.place, failures.c.number).where(failures.c.run_id == self.run_id))
            self._failures: dict[tuple[str, str], int] = {(kind, place): number for kind, place, number in known}
        self.total, self.succeeded, self.failed = row.total, row.succeeded, row.failed
        self.summary = Summary.of(row.summary)
        self._new_failures: list[dict[str, Any]] = []
        self._throughput.rate(self.done)

    @property
    def done(self) -> int:
        return int(self.succeeded + self.failed)

    @property
    def waiting(self) -> int:
        """How many rows wait to be written."""
        return len(self._plain) + len(self._others)

    def ended(self) -> bytearray:
        """Returns for each task whether it has ended in an earlier attempt."""
        flags = bytearray(self.total)
        wanted = select(tasks.c.number).where(tasks.c.run_id == self.run_id, tasks.c.state.in_([TaskState.SUCCEEDED, TaskState.FAILED]))
        with self.database.read() as connection:
            for numbers in connection.execution_options(stream_results=True).execute(wanted).scalars().partitions(ROWS_AT_ONCE):
                for number in numbers:
                    flags[number] = 1
        return flags

    def attempts(self) -> dict[int, int]:
        """Returns how often tasks were tried that have not ended so far."""
        left = tasks.c.state.in_([TaskState.QUEUED, TaskState.STOPPED, TaskState.RUNNING])
        with self.database.read() as connection:
            wanted = select(tasks.c.number, tasks.c.attempts).where(tasks.c.run_id == self.run_id, left, UNUSUAL)
            return {row.number: row.attempts for row in connection.execute(wanted)}

    def begin(self, number: int, attempts: int, given: str, at: float) -> None:
        """Notes that a single task was handed to a worker."""
        self._others[number] = (number, TaskState.RUNNING.value, attempts, given, at, *[None] * 8)

    def succeed(self, done: Sequence[Done]) -> None:
        """Takes tasks that succeeded."""
        for each in done:
            value = _finite(each.value)
            if each.artifact is None and each.output is None:
                self._others.pop(each.number, None)  # its row that said it was running
                self._plain[each.number] = (
                    each.number, each.attempts, each.input, each.started_at, each.seconds, each.worker, value, each.result
                )  # fmt: skip
            else:
                self._others[each.number] = (
                    each.number, TaskState.SUCCEEDED.value, each.attempts, each.input, each.started_at, each.seconds, each.worker,
                    value, each.result, each.artifact, None, None, each.output,
                )  # fmt: skip
        self.succeeded += len(done)
        self.summary.add_durations([each.number for each in done], [each.seconds or 0.0 for each in done])
        if numbers := [each.value for each in done if each.value is not None]:
            self.summary.add_numbers(numbers)

    def fail(self, each: Done) -> None:
        """Takes a task that failed for good."""
        if each.error is None:
            raise ValueError("a failed task has an error")
        kind, place, message, trace = map(_storable, each.error)
        number = self._failure(kind, place, message, trace)
        self._others[each.number] = (
            each.number, TaskState.FAILED.value, each.attempts, each.input, each.started_at, each.seconds, each.worker,
            None, None, None, f"{kind}: {message}"[:MOST_TEXT], number, each.output,
        )  # fmt: skip
        self.failed += 1

    def _failure(self, kind: str, place: str, message: str, trace: str) -> int:
        key = (kind, place)
        if key not in self._failures and len(self._failures) >= MOST_FAILURES:
            key = ("other errors", "")
        if key not in self._failures:
            self._failures[key] = max(self._failures.values(), default=-1) + 1
            row = {"number": self._failures[key], "kind": key[0], "place": key[1], "message": message[:MOST_TEXT], "traceback": trace}
            self._new_failures.append(row | {"run_id": self.run_id})
        return self._failures[key]

    def flush(self) -> None:
        """Writes everything taken so far, in one transaction.

        Raises:
            StaleAttempt: another attempt has taken over; nothing was written.
            StoreUnavailable: the database cannot be written; everything is kept for the next flush.
        """
        news = list(self._new_failures)
        self.summary.rate = self._throughput.rate(self.done)
        counts = {"running": self.running, "succeeded": self.succeeded, "failed": self.failed, "stopped": 0}
        with self.database.write() as tx:
            hold(tx, self.run_id, self.attempt)
            if news:  # written already where a commit went through but seemed not to
                mine = failures.c.number.in_([each["number"] for each in news])
                tx.execute(delete(failures).where(failures.c.run_id == self.run_id, mine))
                tx.execute(insert(failures), news)
            bulk.upsert_tasks(tx, self.run_id, list(self._plain.values()), list(self._others.values()))
            tx.execute(update(fanouts).where(fanouts.c.run_id == self.run_id).values(**counts, summary=asdict(self.summary)))
        self._plain.clear()
        self._others.clear()
        self._new_failures.clear()


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


# ---- reads


@dataclass(frozen=True)
class Wanted:
    """Which tasks of a run, in which order."""

    states: tuple[str, ...] = ()
    failure: int | None = None
    search: str = ""  # in input, result and error
    order: Order = "number"
    descending: bool = False

    @property
    def is_all(self) -> bool:
        return not (self.states or self.search) and self.failure is None


def page(database: Database, run_id: str, wanted: Wanted, offset: int = 0, limit: int = 50) -> list[Task]:
    """Returns some of a run's tasks that have begun; those that nobody has taken yet have no row."""
    with database.read() as connection:
        return [_task(row) for row in connection.execute(_ordered(database, select(tasks), run_id, wanted).offset(offset).limit(limit))]


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
        return int(connection.execute(_matching(database, select(func.count()).select_from(tasks), run_id, wanted)).scalar_one())


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
    """Upper and lower case are the same. SQLite's own LIKE has it so, and is ten times quicker than one of lower()ed texts."""
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


def everything(database: Database, run_id: str) -> Iterator[list[Task]]:
    """Yields all tasks that have begun, in order, some thousands at a time."""
    after = -1
    while True:
        wanted = select(tasks).where(tasks.c.run_id == run_id, tasks.c.number > after).order_by(tasks.c.number).limit(ROWS_AT_ONCE)
        with database.read() as connection:
            found = [_task(row) for row in connection.execute(wanted)]
        if not found:
            return
        yield found
        after = found[-1].number


def spread(database: Database, run_id: str, most: int) -> tuple[list[Any], int]:
    """Returns the results of at most `most` tasks that succeeded, spread evenly over all of the run, and the stride between them.

    With a stride of 20 they are those of the tasks 0, 20, 40 …; each is looked up by its number, so the rest is not read.
    """
    with database.read() as connection:
        row = connection.execute(select(fanouts.c.total, fanouts.c.succeeded).where(fanouts.c.run_id == run_id)).first()
        if row is None or not row.succeeded:
            return [], 1
        stride = max(1, -(-row.succeeded // most), row.total // (SPREAD_LOOKUPS * most))
        each = select(literal(0).label("number")).cte("each", recursive=True)
        each = each.union_all(select(each.c.number + stride).where(each.c.number + stride < row.total))
        wanted = select(tasks.c.result).select_from(each.join(tasks, tasks.c.number == each.c.number))
        wanted = wanted.where(tasks.c.run_id == run_id, tasks.c.state == TaskState.SUCCEEDED, tasks.c.result.is_not(None))
        return [json.loads(result) for result in connection.execute(wanted.order_by(each.c.number).limit(most)).scalars()], stride


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
        known = connection.execute(select(failures).where(failures.c.run_id == run_id)).all()
    found = [
        Failure(row.number, row.kind, row.place, row.message, row.traceback, counts[row.number].many, counts[row.number].first)
        for row in known
        if row.number in counts
    ]
    return sorted(found, key=lambda each: -each.count)


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
