"""What is reported of a run, as it comes in: from any thread, at any moment, signals among them.

A message is taken whole or not at all: it is made first, and handed over by one call of a queue that is written in C,
which no signal comes into. All else is done by the one thread that reads them.
"""

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from backend.errors import shown
from backend.model import Checkpoint, TrialState
from backend.model.readings import as_number
from backend.store.recording.pending import Pending

FLUSH_POINTS = 100_000  # so many waiting points are written without a pause
MOST_HELD = 2_000_000  # points in memory that cannot be written; from there on whoever reports waits for a try
PATIENCE_SECONDS = 0.1  # for how long who reports much waits until the reader has come round
LEFT_OUT = "left out"  # what the event of it is called
MOST_NAMED = 100  # values that are left out
LOOK_SECONDS = 0.002  # between two looks at whether it has


class Inbox:
    """Takes what is reported and keeps it until it is read. Thread-safe; see `_read`."""

    def __init__(self, pending: Pending) -> None:
        """`pending` is where it goes; nobody but who calls `_read` may touch it."""
        self._pending = pending
        self._messages: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._nudges: SimpleQueue[None] = SimpleQueue()  # who rests between two writes is wanted before its time
        self._waiting = 0  # about so many points in messages
        self._enough = FLUSH_POINTS  # so many that they should be read soon
        self._turns = 0  # how often it was read
        self._tries = 0  # how often it was tried to write what was read
        self._is_failing = False  # whether the last try was in vain
        self.is_closed = False  # whether what is reported from now on may not be written any more
        self._left_out: set[str] = set()  # what was named so far
        self._reports = {number: book.sequence for number, book in pending.books.items()}
        self._states = {number: book.state for number, book in pending.books.items()}

    # ---- from any thread

    def add_trial(self, number: int, params: Mapping[str, Any], seed: int | None = None) -> None:
        """Adds a running trial that was not known when the run began; written with the next flush."""
        self._reports[number], self._states[number] = 0, TrialState.RUNNING
        self._messages.put(partial(self._pending.add_trial, number, dict(params), seed, time.time()))

    def next_trial(self) -> int:
        """Returns the number that the next new trial gets."""
        return max(self._states, default=-1) + 1

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
            KeyError: there is no such trial.
        """
        keys = tuple(values)
        numbers = [value if type(value) is float else as_number(key, value) for key, value in values.items()]
        place = None if step is None else as_number("step", step)
        at = time.time() if at is None else at
        self._reports[trial] = self._reports[trial] + 1
        self._messages.put(partial(self._pending.report, trial, keys, place, at, numbers, numbered))
        self._waiting += len(keys)
        if self._waiting >= self._enough:
            self._make_room()

    def trial(self, number: int, state: TrialState | None = None, **columns: Any) -> None:
        """Sets a trial's state and further columns (checkpoint, error, …), written with the next flush."""
        self._states[number] = state or self._states[number]
        self._messages.put(partial(self._pending.trial, number, state, columns))

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Writes a checkpoint's row with the next flush."""
        self._messages.put(partial(self._pending.shelve, checkpoint.trial, checkpoint.iteration, checkpoint))

    def drop_checkpoint(self, trial: int, iteration: int) -> None:
        """Removes a checkpoint's row with the next flush."""
        self._messages.put(partial(self._pending.shelve, trial, iteration, None))

    def note(self, what: str, said: str) -> None:
        """Adds an event to the run's, with the next flush."""
        self._messages.put(partial(self._pending.note, what, said, time.time()))

    def leave_out(self, what: Mapping[str, Any]) -> None:
        """Names values that were reported and are no numbers, by name: each name once."""
        for name in what.keys() - self._left_out:
            if len(self._left_out) < MOST_NAMED:
                self._left_out.add(name)
                self.note(LEFT_OUT, f"“{name}” is not recorded, being no number: {shown(what[name])}")

    def end_trials(self, state: TrialState) -> None:
        """Ends every trial that runs."""
        for number, now in list(self._states.items()):
            if now is TrialState.RUNNING:
                self._states[number] = state
        self._messages.put(partial(self._pending.end_trials, state, time.time()))

    def rewrite(self) -> None:
        """Writes every trial again with the next flush, after a reader took the run for lost and ended its trials."""
        self._messages.put(self._pending.rewrite)

    def reports(self, trial: int) -> int:
        """Returns how many reports a trial has made; none where there is no such trial."""
        return self._reports.get(trial, 0)

    def states(self) -> list[TrialState]:
        """Returns the state of each trial, by number."""
        return [state for _, state in sorted(self._states.items())]

    def _make_room(self) -> None:
        """Waits a little until what was reported is read, so that memory stays small.

        Where it cannot be written it goes on at once, up to a limit.
        """
        self._enough = self._waiting + FLUSH_POINTS
        if not self._is_failing:
            self._nudges.put(None)
            turns, end = self._turns, time.monotonic() + PATIENCE_SECONDS
            while self._turns == turns and time.monotonic() < end:
                time.sleep(LOOK_SECONDS)
        tries = self._tries
        while self._is_failing and self._tries == tries and not self.is_closed and self._is_full():
            time.sleep(LOOK_SECONDS)

    def _is_full(self) -> bool:
        return self._pending.held + self._waiting >= MOST_HELD

    # ---- from the one thread that reads

    def _read(self) -> None:
        """Hands on all that has come."""
        self._waiting, self._enough = 0, FLUSH_POINTS
        self._turns += 1
        with suppress(Empty):  # a message may be to read what comes after it
            for _ in range(self._messages.qsize()):
                self._messages.get_nowait()()
