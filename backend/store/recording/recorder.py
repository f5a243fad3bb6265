"""The recorder: takes a run's reports, keeps them in memory for at most half a second, writes
them in one transaction."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Empty
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, select

from backend.errors import StaleAttempt
from backend.model import Goal, RunState
from backend.store.database import Database
from backend.store.recording.elsewhere import Answer
from backend.store.recording.going_back import LineWriter, WentBack
from backend.store.recording.inbox import Inbox
from backend.store.recording.patience import KEPT, Patience
from backend.store.recording.pending import Pending, Taken
from backend.store.recording.writer import Written
from backend.store.runs import finish, hold
from backend.store.schema import events, trials

FLUSH_SECONDS = 0.5
RETRY_SECONDS = 1.0
FINISH_SECONDS = 600.0  # how long an end is held back by a full disk before it is given up
LOOK_SECONDS = 0.2  # between two looks at whether the thread that is asked still lives

Result = TypeVar("Result")


class Unsure(NamedTuple):
    """A transaction that failed with its commit, or after it: the database knows which."""

    taken: Taken
    written: Written


class Recorder(Inbox):
    """The one writer of a run's results: what is pending, when it is flushed.

    Its thread alone reads what is reported, and writes; whoever calls a method asks it to. A signal that raises in a
    caller never comes between a commit and what is noted of it. Every write carries the attempt (fencing).
    """

    def __init__(self, database: Database, run_id: str, attempt: int, goal: Goal | None = None) -> None:
        """Goes on where the run's results end. `goal` is what its trials are judged by, their reward when left out."""
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self.seconds_inside = 0.0  # seconds spent in our callbacks and flushes, for the overhead figure
        # those of them in which they computed rather than waited for the interpreter, a core or the disk
        self.cpu_inside = 0.0
        self._writer = LineWriter(run_id, goal)
        with database.read() as connection:
            super().__init__(Pending(goal, self._writer.load(connection)))
        self._unsure: Unsure | None = None
        self._alone = threading.Lock()  # who has it does what the thread did, once that is over
        self._thread = threading.Thread(target=self._keep_writing, name="recorder", daemon=True)
        self._thread.start()

    # ---- from any thread

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Adds the time spent within to `seconds_inside` and `cpu_inside`."""
        began, computed = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self.seconds_inside += time.perf_counter() - began
            self.cpu_inside += time.thread_time() - computed

    def flush(self) -> None:
        """Writes everything reported so far, in one transaction.

        Raises:
            StaleAttempt: another attempt has taken over; nothing was written.
            StoreUnavailable: the database cannot be written (a full disk); everything is kept for the next flush.
        """
        self.ask(self._flush)

    def go_back(self, trial: int, after: int) -> WentBack | None:
        """Lets a trial go on after its first `after` reports: later ones are kept, but no part of its line any more.

        On disk when it returns, whole or not at all; a full disk or a database out of reach is waited for. None
        where the trial has not come further. Nobody else may report of the trial meanwhile.

        Raises:
            StaleAttempt: another attempt has taken over.
        """
        return None if after >= self.reports(trial) else self.ask(partial(self._go_back, trial, after))

    def abandon(self) -> None:
        """Ends the thread and writes nothing more."""
        self.is_closed = True
        self._messages.put(_nothing)
        self._nudges.put(None)
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
        self.ask(partial(self.end, to, note, error, traceback))

    def ask(self, work: Callable[[], Result]) -> Result:
        """Lets the thread do something after all that was reported; returns what it returns, raises what it raises."""
        answer: Answer[Result] = Answer()
        self._messages.put(partial(answer.give, work))
        self._nudges.put(None)
        while True:
            with suppress(Empty):
                return answer.wait(LOOK_SECONDS)
            if not self._thread.is_alive():
                with self._alone:
                    self._read()

    # ---- in the thread

    def _keep_writing(self) -> None:
        # A full disk above all; whatever it is, the next flush tries again.
        patience = Patience(f"recorder: {KEPT}", of=Exception, wait=_nothing)
        is_stale = False
        while True:
            if is_stale or not self._is_failing:  # what comes after a pause is written at once
                self._messages.get()()
            with self.counted():
                self._read()
                if self.is_closed:
                    return
                try:
                    self._is_failing = not patience.tried(self._flush)
                    is_stale = False
                except StaleAttempt:  # the heartbeat ends the driver
                    is_stale = True
                self._tries += 1
            self._rest()

    def _rest(self) -> None:
        """Later reports are written every half second, or once they are many."""
        with suppress(Empty):
            self._nudges.get(timeout=FLUSH_SECONDS)
        for _ in range(self._nudges.qsize()):
            self._nudges.get_nowait()

    def _flush(self) -> None:
        self._settle()
        taken, written = self._pending.take(), None
        if not taken.is_something:
            return
        found_by = {number: self._pending.books[number].told for number in taken.trials}
        try:
            with self.database.write() as tx:
                hold(tx, self.run_id, self.attempt)
                self._writer.follow(tx, self.database.moves)
                written = self._writer.write(tx, taken, found_by)
        except BaseException:
            if written is None:
                self._pending.put_back(taken)
            else:
                self._unsure = Unsure(taken, written)
            raise
        self._wrote(taken, written)

    def _wrote(self, taken: Taken, written: Written) -> None:
        for number, params in written.params.items():
            self._pending.books[number].told = params
        self._writer.took(written)
        self._pending.written(taken)

    def _settle(self) -> None:
        """Asks the database whether what failed with its commit is there after all: twice would be once too often."""
        if self._unsure is None:
            return
        taken, written = self._unsure
        with self.database.read() as connection:
            is_there = self._is_there(connection, taken)
        self._unsure = None
        if is_there:
            self._wrote(taken, written)
        else:
            self._pending.put_back(taken)

    def _is_there(self, connection: Connection, taken: Taken) -> bool:
        reported = next((trial for blocks in taken.blocks for trial, _ in blocks), None)
        if reported is not None:
            mine = (trials.c.run_id == self.run_id) & (trials.c.number == reported)
            reports = connection.execute(select(trials.c.reports).where(mine)).scalar()
            return reports is not None and reports >= taken.trials[reported]["reports"]
        if taken.notes:
            what, _, at = taken.notes[0]
            noted = (events.c.run_id == self.run_id) & (events.c.move == what) & (events.c.at == at)
            return connection.execute(select(events.c.run_id).where(noted)).first() is not None
        return False  # all else is the same, written twice

    def _go_back(self, trial: int, after: int) -> WentBack:
        done: list[WentBack] = []
        patience = Patience("cannot set reports aside yet", pause=RETRY_SECONDS)
        patience.until_written(lambda: done.append(self._set_aside(trial, after)))
        return done[0]

    def _set_aside(self, trial: int, after: int) -> WentBack:
        self._flush()  # what is not written yet may be of what is set aside
        books = self._pending.books
        with self.database.write() as tx:
            hold(tx, self.run_id, self.attempt)
            back = self._writer.go_back(tx, self.attempt, trial, after, books)
        self._writer.took_back(trial, back)
        books[trial].stand_as(back.book)
        self._reports[trial] = after
        return back

    def end(self, to: RunState, note: str, error: str, traceback: str) -> None:
        """What `finish` asks for; for who is in the thread already."""

        def write() -> None:
            self._read()
            self._flush()
            finish(self.database, self.run_id, self.attempt, to, note, error, traceback)

        self.is_closed = True  # who reports sees it after its report, or what it reports is read here
        Patience("cannot write the end yet", pause=RETRY_SECONDS).until_written(write, FINISH_SECONDS)


def _nothing(_seconds: float = 0.0) -> None:
    """Only to be looked at: something has come; or, no pause here, since there is one anyway."""
