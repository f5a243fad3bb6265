"""The recorder: takes a run's reports, keeps them in memory for at most half a second, writes them in one transaction."""

import math
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, delete, insert, select, text, update

from backend.errors import NotANumber, StaleAttempt, StoreUnavailable
from backend.model import Checkpoint, Goal, Mode, RunState, TrialState, goals
from backend.model.judged import Judged, judged
from backend.store.database import Database
from backend.store.find import settings
from backend.store.recording import bulk, trial_state
from backend.store.recording import run_metrics as standings
from backend.store.recording.blocks import Block, Blocks, Key, by_series
from backend.store.recording.trial_state import TrialBook
from backend.store.runs import finish, hold
from backend.store.schema import checkpoints, points, rollups, run_metrics, runs, series, storable, trials
from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR, Pyramid

FLUSH_SECONDS = 0.5
RETRY_SECONDS = 1.0
FINISH_SECONDS = 600.0  # how long an end is held back by a full disk before it is given up
FLUSH_POINTS = 20_000  # so many waiting points are written at once, by whoever reported the last
PATIENCE_SECONDS = 0.1  # for how long that one waits while another writes to the database
MOST_HELD = 2_000_000  # points in memory that cannot be written; from there on whoever reports waits
NAN = math.nan
UPSERT_CHUNK = text(
    "insert into rollups (series, level, chunk, data) values (:series, :level, :chunk, :data)"
    " on conflict (series, level, chunk) do update set data = excluded.data"
)
SET_COUNT = (
    update(series)
    .where(series.c.id == bindparam("series_id"))
    .values(length=bindparam("now"), closed=bindparam("held"), tail=bindparam("end"))
)
SET_JUDGED = update(runs).where(runs.c.ordinal == bindparam("ordinal_")).values(best=bindparam("best_"), last=bindparam("last_"))

Shelf = dict[tuple[int, int], Checkpoint | None]  # trial and iteration -> what is kept of it, None if nothing any more


class _Series(NamedTuple):
    """A series as it is stored: its row's id, the open end of its rollups, the sequence of the last point they hold."""

    id: int
    end: Pyramid
    closed: int
    tail: bytes = b""  # its last finite values, see standing


class Recorder:
    """The one writer of a run's results. Thread-safe; every write carries the attempt (fencing)."""

    def __init__(self, database: Database, run_id: str, attempt: int, goal: Goal | None = None) -> None:
        """Goes on where the run's results end. `goal` is what its trials are judged by, their reward when left out."""
        self.database, self.run_id, self.attempt, self.goal = database, run_id, attempt, goal
        self.seconds_inside = 0.0  # seconds spent in our callbacks and flushes, for the overhead figure
        self.cpu_inside = 0.0  # those of them in which they computed rather than waited for the interpreter, a core or the disk
        self._lock = threading.Lock()
        self._flushing = threading.Lock()
        self._blocks: Blocks = {}
        self._shelf: Shelf = {}  # checkpoints that came or went since the last flush
        self._waiting = 0  # points reported since the last flush
        self._kept: list[Blocks] = []  # what could not be written so far
        self._held = 0  # points in it; 0 unless the last flush failed
        self._books: dict[int, TrialBook] = {}
        self._judged: Judged | None = None  # as it was last written
        self._series: dict[Key, _Series] = {}
        self._closed = threading.Event()
        self._news = threading.Event()
        self._load()
        self._thread = threading.Thread(target=self._keep_flushing, name="recorder", daemon=True)
        self._thread.start()

    def _load(self) -> None:
        with self.database.read() as connection:
            for row in connection.execute(select(trials).where(trials.c.run_id == self.run_id)):
                self._books[row.number] = TrialBook(
                    TrialState(row.state),
                    sequence=row.reports,
                    best=row.best,
                    best_of=trial_state.goal_of(self.goal, row.last).key,
                    last=dict(row.last),
                )
            for row in connection.execute(select(series).where(series.c.run_id == self.run_id)):
                end = _open_end(connection, row.id, row.length, row.closed)
                self._series[row.trial, row.key] = _Series(row.id, end, row.closed, row.tail or b"")
            self._load_standing(connection)

    def _load_standing(self, connection: Connection) -> None:
        whole = connection.execute(select(runs.c.ordinal, runs.c.spec).where(runs.c.id == self.run_id)).one()
        self._whole = settings.of_spec(whole.spec)
        self._standing = standings.Standing(whole.ordinal, self._direction)
        for row in connection.execute(select(run_metrics).where(run_metrics.c.run == whole.ordinal, run_metrics.c.key.in_(self._keys()))):
            self._standing.bounds(row.key, row.low, row.high)
        for number, book in self._books.items():
            self._standing.last(number, {storable(key): value for key, value in book.last.items()})
        for (trial, key), known in self._series.items():
            self._standing.ends(trial, key, known.tail)

    def _keys(self) -> list[str]:
        return list({key for _, key in self._series})

    def _direction(self, key: str) -> Mode | None:
        return self.goal.mode if self.goal is not None and self.goal.key == key else goals.direction(key)

    def add_trial(self, number: int, params: Mapping[str, Any], seed: int | None = None) -> None:
        """Adds a running trial that was not known when the run began; written with the next flush."""
        with self._lock:
            columns = {"params": dict(params), "seed": seed, "started_at": time.time()}
            self._books[number] = TrialBook(TrialState.RUNNING, columns=columns, dirty=True)
        self._news.set()

    def next_trial(self) -> int:
        """Returns the number that the next new trial gets."""
        with self._lock:
            return max(self._books, default=-1) + 1

    def report(self, trial: int, step: float | None, values: Mapping[str, Any], at: float | None = None, *, numbered: bool = False) -> None:
        """Takes one report of a trial, metric key to value: all of them share one sequence number. On disk within a second.

        `step` is in the unit of the run's kind (env steps for rl) and may be unknown; `numbered` makes an unknown one
        the report's number. `at` is seconds since the epoch, now when left out. Values may be Python, NumPy or torch
        scalars; NaN and infinities are kept.

        Raises:
            NotANumber: names the metric whose value is no number; nothing of the report is taken.
        """
        keys = tuple(values)
        numbers = [value if type(value) is float else as_number(key, value) for key, value in values.items()]
        place = None if step is None else as_number("step", step)
        at = time.time() if at is None else at
        with self._lock:
            book = self._books[trial]
            block = self._blocks.get((trial, keys))
            if block is None:
                keys = tuple(map(str, keys))  # such as the numbers of classes
                block = self._blocks.setdefault((trial, keys), Block(keys))
            block.sequences.append(book.sequence)
            block.steps.append(place if place is not None else book.sequence if numbered else NAN)
            block.times.append(at)
            block.values.extend(numbers)
            book.sequence += 1
            book.dirty = True
            self._waiting += len(keys)
            is_full = self._held + self._waiting >= MOST_HELD
            is_much = self._waiting >= FLUSH_POINTS and (is_full or not self._held)
        if is_much:
            self._flush_here(is_full)
        elif not self._news.is_set():
            self._news.set()

    def _flush_here(self, is_full: bool) -> None:
        """Writes in the reporting thread, so that memory stays small. It waits for the database only if memory is full."""
        if not self._flushing.acquire(blocking=is_full):
            return
        try:
            self._flush(None if is_full else PATIENCE_SECONDS)
        except (StaleAttempt, StoreUnavailable):
            self._news.set()  # the recorder's own thread meets the same, and says so
        finally:
            self._flushing.release()

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Adds the time spent within to `seconds_inside` and `cpu_inside`."""
        began, computed = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self.seconds_inside += time.perf_counter() - began
            self.cpu_inside += time.thread_time() - computed

    def trial(self, number: int, state: TrialState | None = None, **columns: Any) -> None:
        """Sets a trial's state and further columns (checkpoint, error, …), written with the next flush."""
        with self._lock:
            book = self._books[number]
            book.state = state or book.state
            book.columns |= columns
            book.dirty = True
        self._news.set()

    def checkpoint(self, kept: Checkpoint) -> None:
        """Writes a checkpoint's row with the next flush."""
        with self._lock:
            self._shelf[kept.trial, kept.iteration] = kept
        self._news.set()

    def drop_checkpoint(self, trial: int, iteration: int) -> None:
        """Removes a checkpoint's row with the next flush."""
        with self._lock:
            self._shelf[trial, iteration] = None
        self._news.set()

    def end_trials(self, state: TrialState) -> None:
        """Ends every trial that runs."""
        with self._lock:
            running = [number for number, book in self._books.items() if book.state is TrialState.RUNNING]
        for number in running:
            self.trial(number, state=state, ended_at=time.time())

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
        with self._flushing:
            self._flush()

    def _flush(self, patience: float | None = None) -> None:
        with self.counted():
            with self._lock:
                news, self._blocks = self._blocks, {}
                self._held, self._waiting = self._held + self._waiting, 0
                kept = [*self._kept, *([news] if news else [])]
                trial_state.note_last(self._books, news, self.goal)
                changed = {number: book.row() for number, book in self._books.items() if book.dirty}
                for number in changed:
                    self._books[number].dirty = False
                shelf, self._shelf = self._shelf, {}
                stands = judged(self._books.values(), self.goal)
            if kept or changed or shelf:
                self._write_or_keep(kept, changed, shelf, stands, patience)
            self._held = 0

    def _write_or_keep(
        self, kept: list[Blocks], changed: dict[int, dict[str, Any]], shelf: Shelf, stands: Judged, patience: float | None = None
    ) -> None:
        known = dict(self._series)
        try:
            with self.database.write(patience) as tx:
                hold(tx, self.run_id, self.attempt)
                self._write_judged(tx, stands)
                bulk.upsert_trials(tx, self.run_id, changed)  # while the driver computes, each statement waits for the interpreter
                told = self._write_settings(tx, changed)
                self._write_points(tx, by_series(kept), known)
                self._write_shelf(tx, shelf)
        except BaseException:
            self._kept = kept
            with self._lock:
                self._shelf = shelf | self._shelf
                for number in changed:
                    self._books[number].dirty = True
            raise
        for number, params in told.items():
            self._books[number].told = params
        self._kept, self._judged = [], stands
        self._series = known  # only what a committed transaction has written

    def _write_judged(self, tx: Connection, stands: Judged) -> None:
        if stands != self._judged:
            tx.execute(SET_JUDGED, {"ordinal_": self._standing.run, "best_": stands.best, "last_": stands.last})

    def _write_settings(self, tx: Connection, changed: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
        """Writes what trials are found by, where it is new; returns their params."""
        new = {
            number: columns["params"]
            for number, columns in changed.items()
            if "params" in columns and columns["params"] != self._books[number].told
        }
        given = [(number, settings.of_trial(params, changed[number].get("seed"))) for number, params in new.items()]
        settings.write(tx, (row for row in settings.rows(self._standing.run, self._whole, given) if row["trial"] != settings.WHOLE))
        return new

    def _write_shelf(self, tx: Connection, shelf: Shelf) -> None:
        for (trial, iteration), kept in shelf.items():
            mine = (checkpoints.c.run_id == self.run_id) & (checkpoints.c.trial == trial) & (checkpoints.c.iteration == iteration)
            tx.execute(delete(checkpoints).where(mine))
            if kept is not None:
                tx.execute(insert(checkpoints).values(asdict(kept)))

    def _write_points(self, tx: Connection, news: dict[Key, bulk.Columns], known: dict[Key, _Series]) -> None:
        """Stores points, the rollups that follow from them, and how many there are now."""
        chunks: list[dict[str, Any]] = []
        counts: list[dict[str, Any]] = []
        batches: list[bulk.Points] = []
        known |= self._begin(tx, [key for key in news if key not in known])
        for key, columns in news.items():
            before = known[key]
            records = pyramid.of_points(*map(np.asarray, columns))
            end, grown = before.end.extended(records)
            closed = _closed_sequence(before, end, columns[0])
            known[key] = _Series(before.id, end, closed, standings.tail(before.tail, columns[3]))
            self._note(key, records, columns[3][-1], known[key].tail)
            batches.append((before.id, columns))
            chunks += [{"series": before.id, "level": each.level, "chunk": each.number, "data": each.data} for each in grown]
            counts.append({"series_id": before.id, "now": end.count, "held": closed, "end": known[key].tail})
        if batches:
            bulk.insert_points(tx, batches)
            tx.execute(SET_COUNT, counts)
            self._standing.write(tx, list({key for _, key in news}))
        if chunks:
            tx.execute(UPSERT_CHUNK, chunks)

    def _note(self, series_of: Key, records: pyramid.Records, last: float, tail: bytes) -> None:
        trial, key = series_of
        self._standing.last(trial, {key: last if math.isfinite(last) else None})
        self._standing.ends(trial, key, tail)
        self._standing.points(key, records)

    def _begin(self, tx: Connection, keys: list[Key]) -> dict[Key, _Series]:
        if not keys:
            return {}
        rows = [{"run_id": self.run_id, "trial": trial, "key": key, "length": 0, "closed": -1} for trial, key in keys]
        made = tx.execute(insert(series).returning(series.c.id, series.c.trial, series.c.key), rows)
        return {(row.trial, row.key): _Series(row.id, Pyramid(), -1) for row in made}

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

    def finish(self, to: RunState, note: str = "", error: str = "", traceback: str = "") -> None:
        """Writes what is left and the end of the attempt; a full disk or a database out of reach is waited for.

        Raises:
            StaleAttempt: another attempt has taken over.
            StoreUnavailable: the database could not be written for FINISH_SECONDS.
        """
        limit = time.monotonic() + FINISH_SECONDS
        while True:
            try:
                self.close()
                return finish(self.database, self.run_id, self.attempt, to, note, error, traceback)
            except StoreUnavailable as problem:
                if time.monotonic() > limit:
                    raise
                print(f"cannot write the end yet: {problem}", file=sys.stderr, flush=True)
                time.sleep(RETRY_SECONDS)


def as_number(key: str, value: Any) -> float:
    """Returns a Python, NumPy or torch scalar as a float.

    Raises:
        NotANumber: with the key in its message.
    """
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last is torch's, for a tensor of several elements
        raise NotANumber(key, value) from None


def _closed_sequence(before: _Series, end: Pyramid, sequences: list[int]) -> int:
    """Returns the sequence of the last point that a rollup holds, after `sequences` were appended."""
    place = len(sequences) - end.count % FACTOR - 1
    return sequences[place] if place >= 0 and end.count >= FACTOR else before.closed


def _open_end(connection: Connection, series_id: int, count: int, closed: int) -> Pyramid:
    """Returns the pyramid of a stored series, so that the next point goes on where it ends."""
    tail = select(points.c.sequence, points.c.step, points.c.time, points.c.value)
    rows = connection.execute(tail.where(points.c.series == series_id, points.c.sequence > closed).order_by(points.c.sequence)).all()
    ends = [pyramid.of_rows([tuple(row) for row in rows])]
    level = 1
    while pyramid.closed(count, level):
        chunk = pyramid.closed(count, level + 1)
        mine = (rollups.c.series == series_id) & (rollups.c.level == level) & (rollups.c.chunk == chunk)
        data = connection.execute(select(rollups.c.data).where(mine)).scalar()
        has_open = pyramid.closed(count, level) % FACTOR
        ends.append(pyramid.unpacked([data] if data is not None and has_open else []))
        level += 1
    return Pyramid(count, tuple(ends))
