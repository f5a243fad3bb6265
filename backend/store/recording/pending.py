"""What was reported of a run and is not written yet."""

import math
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from backend.errors import NotANumber
from backend.model import Checkpoint, Goal, TrialState
from backend.model.judged import Judged, judged
from backend.store.recording import trial_state
from backend.store.recording.blocks import Block, Blocks
from backend.store.recording.trial_state import TrialBook

FLUSH_POINTS = 20_000  # so many waiting points are written at once, by whoever reported the last
MOST_HELD = 2_000_000  # points in memory that cannot be written; from there on whoever reports waits
NAN = math.nan

CheckpointRows = dict[
    tuple[int, int], Checkpoint | None
]  # trial and iteration -> what is kept of it, None if nothing any more


class Taken(NamedTuple):
    """What one flush is to write: blocks of points, the rows of trials that changed,
    checkpoints, how the run stands now."""

    blocks: list[Blocks]
    trials: dict[int, dict[str, Any]]
    shelf: CheckpointRows
    stands: Judged

    @property
    def is_something(self) -> bool:
        return bool(self.blocks or self.trials or self.shelf)


class Pending:
    """Keeps what is reported until it is taken to be written. Thread-safe."""

    def __init__(self, goal: Goal | None, write_now: Callable[[bool], None]) -> None:
        """`write_now` is called by whoever reported so much that memory would grow; with True
        it has to wait for room."""
        self.goal, self._write_now = goal, write_now
        self._lock = threading.Lock()
        self._news = threading.Event()
        self._blocks: Blocks = {}
        self._shelf: CheckpointRows = {}  # checkpoints that came or went since the last flush
        self._waiting = 0  # points reported since the last flush
        self._kept: list[Blocks] = []  # what could not be written so far
        self._held = 0  # points in it; 0 unless the last flush failed
        self._books: dict[int, TrialBook] = {}

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

    def report(
        self,
        trial: int,
        step: float | None,
        values: Mapping[str, Any],
        at: float | None = None,
        *,
        numbered: bool = False,
    ) -> None:
        """Takes one report of a trial, metric key to value: all of them share one sequence number. On disk within a
        second.

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
            self._write_now(is_full)
        elif not self._news.is_set():
            self._news.set()

    def trial(self, number: int, state: TrialState | None = None, **columns: Any) -> None:
        """Sets a trial's state and further columns (checkpoint, error, …), written with the next flush."""
        with self._lock:
            book = self._books[number]
            book.state = state or book.state
            book.columns |= columns
            book.dirty = True
        self._news.set()

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint's row with the next flush."""
        with self._lock:
            self._shelf[checkpoint.trial, checkpoint.iteration] = checkpoint
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

    def reports(self, trial: int) -> int:
        """Returns how many reports a trial has made; none where there is no such trial."""
        with self._lock:
            return self._books[trial].sequence if trial in self._books else 0

    def states(self) -> list[TrialState]:
        """Returns the state of each trial, by number."""
        with self._lock:
            return [book.state for _, book in sorted(self._books.items())]

    def take(self) -> Taken:
        """Returns all that is to be written; it counts as written unless it is put back."""
        with self._lock:
            news, self._blocks = self._blocks, {}
            self._held, self._waiting = self._held + self._waiting, 0
            batches = [*self._kept, *([news] if news else [])]
            trial_state.note_last(self._books, news, self.goal)
            changed = {number: book.row() for number, book in self._books.items() if book.dirty}
            for number in changed:
                self._books[number].dirty = False
            shelf, self._shelf = self._shelf, {}
            return Taken(batches, changed, shelf, judged(self._books, self.goal))

    def put_back(self, taken: Taken) -> None:
        """Keeps what could not be written for the next time."""
        self._kept = taken.blocks
        with self._lock:
            self._shelf = taken.shelf | self._shelf
            for number in taken.trials:
                self._books[number].dirty = True

    def written(self) -> None:
        """Forgets what was taken, now that it is on disk."""
        self._kept, self._held = [], 0


def as_number(key: str, value: Any) -> float:
    """Returns a Python, NumPy or torch scalar as a float.

    Raises:
        NotANumber: with the key in its message.
    """
    try:
        if isinstance(value, str | bytes):
            raise TypeError
        return float(value)
    # the last is torch's, for a tensor of several elements
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise NotANumber(key, value) from None
