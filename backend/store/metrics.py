"""The recorder: takes a run's reports, keeps them in memory for at most half a second, writes them in one transaction."""

import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, insert, select, update

from backend.errors import StaleAttempt
from backend.store.database import Database
from backend.store.schema import runs, series, trials
from backend.store.values import RunState, TrialState

FLUSH_SECONDS = 0.5
REWARD = "return_mean"
INSERT_POINT = "insert into points (series, sequence, step, time, value) values (?, ?, ?, ?, ?)"

PendingPoint = tuple[int, str, int, float | None, float, float | None]  # trial, key, sequence, step, time, value


@dataclass
class _TrialBook:
    """What the recorder knows of one trial beyond what is already written."""

    state: TrialState
    sequence: int = 0
    best: float | None = None
    last: dict[str, float | None] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)  # further columns to set, such as the state
    dirty: bool = False


class Recorder:
    """The one writer of a run's results. Thread-safe; every write carries the attempt (fencing)."""

    def __init__(self, database: Database, run_id: str, attempt: int) -> None:
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self.seconds_inside = 0.0  # seconds spent in our callbacks and flushes, for the overhead figure
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._pending: list[PendingPoint] = []
        self._books: dict[int, _TrialBook] = {}
        self._series: dict[tuple[int, str], int] = {}
        self._closed = threading.Event()
        self._news = threading.Event()
        self._load()
        self._thread = threading.Thread(target=self._keep_flushing, name="recorder", daemon=True)
        self._thread.start()

    def _load(self) -> None:
        with self.database.read() as connection:
            for row in connection.execute(select(trials).where(trials.c.run_id == self.run_id)):
                self._books[row.number] = _TrialBook(TrialState(row.state), sequence=row.reports, best=row.best, last=dict(row.last))
            for row in connection.execute(select(series).where(series.c.run_id == self.run_id)):
                self._series[row.trial, row.key] = row.id

    def report(self, trial: int, step: float | None, metrics: Mapping[str, float], at: float | None = None) -> None:
        """Takes one report of a trial: all its metrics share one sequence number. On disk within a second.

        `step` is in the unit of the run's kind (env steps for rl); `at` is seconds since the epoch, now when left out.
        """
        at = time.time() if at is None else at
        with self._lock:
            book = self._books[trial]
            for key, value in metrics.items():
                number = None if math.isnan(value) else float(value)
                self._pending.append((trial, key, book.sequence, step, at, number))
                book.last[key] = number if number is None or math.isfinite(number) else None
            reward = book.last.get(REWARD) if REWARD in metrics else None
            if reward is not None and (book.best is None or reward > book.best):
                book.best = reward
            book.sequence += 1
            book.dirty = True
        self._news.set()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Adds the time spent within to `seconds_inside`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.seconds_inside += time.perf_counter() - began

    def trial(self, number: int, state: TrialState | None = None, **columns: Any) -> None:
        """Sets a trial's state and further columns (checkpoint, error, …), written with the next flush."""
        with self._lock:
            book = self._books[number]
            book.state = state or book.state
            book.columns |= columns
            book.dirty = True
        self._news.set()

    def rewrite(self) -> None:
        """Writes every trial again with the next flush, after a reader took the run for lost and ended its trials."""
        with self._lock:
            for book in self._books.values():
                book.columns.setdefault("ended_at", None)
                book.dirty = True
        self._news.set()

    def states(self) -> list[TrialState]:
        """Returns the state of each trial, by number."""
        with self._lock:
            return [book.state for _, book in sorted(self._books.items())]

    def flush(self) -> None:
        """Writes everything reported so far, in one transaction.

        Raises:
            StaleAttempt: another attempt has taken over; nothing was written.
            StoreUnavailable: the database cannot be written (a full disk); everything is kept for the next flush.
        """
        with self._flushing, self.counted():
            with self._lock:
                pending, self._pending = self._pending, []
                changed = {number: _row_of(book) for number, book in self._books.items() if book.dirty}
                for number in changed:
                    self._books[number].dirty = False
            if pending or changed:
                self._write_or_keep(pending, changed)

    def _write_or_keep(self, pending: list[PendingPoint], changed: dict[int, dict[str, Any]]) -> None:
        known = dict(self._series)
        try:
            with self.database.write() as tx:
                self._write(tx, pending, changed, known)
        except BaseException:
            with self._lock:
                self._pending = pending + self._pending
                for number in changed:
                    self._books[number].dirty = True
            raise
        self._series = known  # only ids of a transaction that was committed

    def _write(
        self, tx: Connection, pending: list[PendingPoint], changed: dict[int, dict[str, Any]], known: dict[tuple[int, str], int]
    ) -> None:
        owner = tx.execute(select(runs.c.attempt, runs.c.state).where(runs.c.id == self.run_id)).first()
        if owner is None or owner.attempt != self.attempt or owner.state not in (RunState.RUNNING, RunState.LOST):
            raise StaleAttempt(f"Attempt {self.attempt} of {self.run_id} is no longer wanted.")
        for trial, key in {(trial, key) for trial, key, *_ in pending} - known.keys():
            made = tx.execute(insert(series).values(run_id=self.run_id, trial=trial, key=key).returning(series.c.id))
            known[trial, key] = made.scalar_one()
        if pending:
            rows = [(known[trial, key], sequence, step, at, value) for trial, key, sequence, step, at, value in pending]
            tx.exec_driver_sql(INSERT_POINT, rows)
        for number, columns in changed.items():
            mine = update(trials).where(trials.c.run_id == self.run_id, trials.c.number == number)
            tx.execute(mine.values(**columns))

    def _keep_flushing(self) -> None:
        while not self._closed.is_set():
            self._news.wait()  # the first report after a pause is written at once, later ones at most every half second
            self._news.clear()
            try:
                self.flush()
            except StaleAttempt:
                return  # the heartbeat ends the driver
            except Exception as error:  # a full disk above all; whatever it is, the next flush tries again
                print(f"recorder: kept in memory, trying again: {error}", file=sys.stderr, flush=True)
                self._news.set()
            self._closed.wait(FLUSH_SECONDS)

    def abandon(self) -> None:
        """Ends the thread and writes nothing more."""
        self._closed.set()
        self._news.set()
        self._thread.join()

    def close(self) -> None:
        """Ends the thread and writes what is left."""
        self.abandon()
        self.flush()


def _row_of(book: _TrialBook) -> dict[str, Any]:
    return {"state": book.state, "reports": book.sequence, "best": book.best, "last": dict(book.last), **book.columns}
