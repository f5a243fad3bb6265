"""The recorder: takes a run's reports, keeps them in memory for at most half a second, writes
them in one transaction."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from backend.errors import StaleAttempt, StoreUnavailable
from backend.model import Goal, RunState
from backend.store.database import Database
from backend.store.recording.going_back import LineWriter, WentBack
from backend.store.recording.patience import KEPT, Patience
from backend.store.recording.pending import Pending
from backend.store.runs import finish, hold

FLUSH_SECONDS = 0.5
RETRY_SECONDS = 1.0
FINISH_SECONDS = 600.0  # how long an end is held back by a full disk before it is given up
PATIENCE_SECONDS = 0.1  # for how long who reports much waits while another writes to the database


class Recorder(Pending):
    """The one writer of a run's results: what is pending, when it is flushed.

    Every write carries the attempt (fencing).
    """

    def __init__(self, database: Database, run_id: str, attempt: int, goal: Goal | None = None) -> None:
        """Goes on where the run's results end. `goal` is what its trials are judged by, their reward when left out."""
        super().__init__(goal, self._flush_here)
        self.database, self.run_id, self.attempt = database, run_id, attempt
        self.seconds_inside = 0.0  # seconds spent in our callbacks and flushes, for the overhead figure
        # those of them in which they computed rather than waited for the interpreter, a core or the disk
        self.cpu_inside = 0.0
        self._flushing = threading.Lock()
        self._closed = threading.Event()
        self._writer = LineWriter(run_id, goal)
        with database.read() as connection:
            self._books = self._writer.load(connection)
        self._thread = threading.Thread(target=self._keep_flushing, name="recorder", daemon=True)
        self._thread.start()

    def _flush_here(self, is_full: bool) -> None:
        """Writes in the reporting thread, so that memory stays small.

        It waits for the database only if memory is full.
        """
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
            taken = self.take()
            if taken.is_something:
                try:
                    with self.database.write(patience) as tx:
                        hold(tx, self.run_id, self.attempt)
                        self._writer.follow(tx, self.database.moves)
                        written = self._writer.write(
                            tx, taken, {number: self._books[number].told for number in taken.trials}
                        )
                except BaseException:
                    self.put_back(taken)
                    raise
                for number, params in written.params.items():
                    self._books[number].told = params
                self._writer.took(written)
            self.written()

    def go_back(self, trial: int, after: int) -> WentBack | None:
        """Lets a trial go on after its first `after` reports: later ones are kept, but no part of its line any more.

        On disk when it returns, whole or not at all; a full disk or a database out of reach is waited for. None
        where the trial has not come further. Nobody else may report of the trial meanwhile.

        Raises:
            StaleAttempt: another attempt has taken over.
        """
        if after >= self.reports(trial):
            return None
        done: list[WentBack] = []
        failed: list[BaseException] = []

        def work() -> None:
            patience = Patience("cannot set reports aside yet", pause=RETRY_SECONDS)
            try:
                patience.until_written(lambda: done.append(self._go_back(trial, after)))
            except BaseException as error:
                failed.append(error)

        # A signal, which raises in the main thread, must not come between the commit and what is noted of it here.
        thread = threading.Thread(target=work, name="recorder, going back", daemon=True)
        thread.start()
        try:
            thread.join()
        finally:
            thread.join()
        if failed:
            raise failed[0]
        return done[0]

    def _go_back(self, trial: int, after: int) -> WentBack:
        with self._flushing, self.counted():
            self._flush()  # what is not written yet may be of what is set aside
            with self.database.write() as tx:
                hold(tx, self.run_id, self.attempt)
                back = self._writer.go_back(tx, self.attempt, trial, after, self._books)
            self._writer.took_back(trial, back)
            with self._lock:
                self._books[trial].stand_as(back.book)
            return back

    def _keep_flushing(self) -> None:
        # A full disk above all; whatever it is, the next flush tries again.
        patience = Patience(f"recorder: {KEPT}", of=Exception, pause=FLUSH_SECONDS, wait=self._closed.wait)
        while not self._closed.is_set():
            self._news.wait()  # the first report after a pause is written at once, later ones at most every half second
            self._news.clear()
            try:
                if not patience.tried(self.flush):
                    self._news.set()
                    continue
            except StaleAttempt:
                return  # the heartbeat ends the driver
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

        def write() -> None:
            self.close()
            finish(self.database, self.run_id, self.attempt, to, note, error, traceback)

        Patience("cannot write the end yet", pause=RETRY_SECONDS).until_written(write, FINISH_SECONDS)
