"""The tasks of a fan-out as its driver writes them: many at a time."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import delete, insert, select, update

from backend.errors import UnknownRun
from backend.model import TaskState
from backend.store.database import Database
from backend.store.fanout import task_rows
from backend.store.fanout.summary import Summary, Throughput
from backend.store.fanout.task_rows import Done, TaskRow
from backend.store.fanout.tasks import ROWS_AT_ONCE
from backend.store.runs import hold
from backend.store.schema import UNUSUAL, failures, fanouts, tasks

MOST_FAILURES = 200  # kinds of failure that are told from each other
MOST_TEXT = 2000  # letters of a message, a traceback's end, printed output


class TaskBook:
    """The one writer of a fan-out's tasks: keeps what ended in memory until `flush`, whose writes carry the attempt.

    Counts and summary are written with the tasks they tell of, in one transaction, as totals: writing twice is writing
    once.
    """

    def __init__(self, database: Database, run_id: str, attempt: int) -> None:
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self.running = 0  # tasks with the workers, also those that have no row so far
        self._succeeded: dict[int, Done] = {}  # what waits to be written
        self._others: dict[int, TaskRow] = {}
        self._throughput = Throughput()
        self._load()

    def _load(self) -> None:
        with self.database.read() as connection:
            row = connection.execute(select(fanouts).where(fanouts.c.run_id == self.run_id)).first()
            if row is None:
                raise UnknownRun(self.run_id)
            rows = connection.execute(
                select(failures.c.kind, failures.c.place, failures.c.number).where(failures.c.run_id == self.run_id)
            )
            self._failures: dict[tuple[str, str], int] = {(kind, place): number for kind, place, number in rows}
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
        return len(self._succeeded) + len(self._others)

    def ended(self) -> bytearray:
        """Returns for each task whether it has ended in an earlier attempt."""
        flags = bytearray(self.total)
        wanted = select(tasks.c.number).where(
            tasks.c.run_id == self.run_id, tasks.c.state.in_([TaskState.SUCCEEDED, TaskState.FAILED])
        )
        with self.database.read() as connection:
            for numbers in (
                connection.execution_options(stream_results=True).execute(wanted).scalars().partitions(ROWS_AT_ONCE)
            ):
                for number in numbers:
                    flags[number] = 1
        return flags

    def attempts(self) -> dict[int, int]:
        """Returns how often tasks were tried that have not ended so far."""
        left = tasks.c.state.in_([TaskState.QUEUED, TaskState.STOPPED, TaskState.RUNNING])
        with self.database.read() as connection:
            wanted = select(tasks.c.number, tasks.c.attempts).where(tasks.c.run_id == self.run_id, left, UNUSUAL)
            return {row.number: row.attempts for row in connection.execute(wanted)}

    def begin(self, number: int, attempts: int, task_input: str, at: float) -> None:
        """Notes that a single task was handed to a worker."""
        self._others[number] = TaskRow(number, TaskState.RUNNING.value, attempts, task_input, at)

    def succeed(self, done: Sequence[Done]) -> None:
        """Takes tasks that succeeded."""
        for each in done:
            value = finite(each.value)
            self._others.pop(each.number, None)  # its row that said it was running
            self._succeeded[each.number] = each if value == each.value else each._replace(value=value)
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
        self._others[each.number] = TaskRow(
            each.number,
            TaskState.FAILED.value,
            each.attempts,
            each.input,
            each.started_at,
            each.seconds,
            each.worker,
            error=f"{kind}: {message}"[:MOST_TEXT],
            failure=number,
            output=each.output,
        )
        self.failed += 1

    def _failure(self, kind: str, place: str, message: str, trace: str) -> int:
        key = (kind, place)
        if key not in self._failures and len(self._failures) >= MOST_FAILURES:
            key = ("other errors", "")
        if key not in self._failures:
            self._failures[key] = max(self._failures.values(), default=-1) + 1
            row = {
                "number": self._failures[key],
                "kind": key[0],
                "place": key[1],
                "message": message[:MOST_TEXT],
                "traceback": trace,
            }
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
            task_rows.upsert(tx, self.run_id, self._succeeded.values(), self._others.values())
            tx.execute(
                update(fanouts).where(fanouts.c.run_id == self.run_id).values(**counts, summary=asdict(self.summary))
            )
        self._succeeded.clear()
        self._others.clear()
        self._new_failures.clear()


def finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _storable(text: str) -> str:
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
