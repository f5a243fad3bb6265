"""What was reported of a run and is not written yet, as it is of use to who writes it."""

import math
from typing import Any, NamedTuple

from backend.model import Checkpoint, Goal, TrialState
from backend.model.judged import Judged, judged
from backend.store.recording import trial_state
from backend.store.recording.blocks import Block, Blocks
from backend.store.recording.trial_state import TrialBook

NAN = math.nan

CheckpointRows = dict[
    tuple[int, int], Checkpoint | None
]  # trial and iteration -> what is kept of it, None if nothing any more


class Note(NamedTuple):
    """An event that changes no state."""

    what: str
    said: str
    at: float


class Taken(NamedTuple):
    """What one flush is to write: blocks of points, the rows of trials that changed,
    checkpoints, how the run stands now, events."""

    blocks: list[Blocks]
    trials: dict[int, dict[str, Any]]
    shelf: CheckpointRows
    stands: Judged
    notes: list[Note]

    @property
    def is_something(self) -> bool:
        return bool(self.blocks or self.trials or self.shelf or self.notes)


class Pending:
    """Keeps what is reported until it is taken to be written. For one thread alone."""

    def __init__(self, goal: Goal | None, books: dict[int, TrialBook]) -> None:
        """Goes on where `books`, by trial, end."""
        self.goal, self.books = goal, books
        self.held = 0  # points in it
        self._blocks: Blocks = {}
        self._shelf: CheckpointRows = {}  # checkpoints that came or went since the last flush
        self._kept: list[Blocks] = []  # what could not be written so far
        self._notes: list[Note] = []

    def add_trial(self, number: int, params: dict[str, Any], seed: int | None, at: float) -> None:
        columns = {"params": params, "seed": seed, "started_at": at}
        self.books[number] = TrialBook(TrialState.RUNNING, columns=columns, dirty=True)

    def report(
        self, trial: int, keys: tuple[Any, ...], step: float | None, at: float, numbers: list[float], numbered: bool
    ) -> None:
        """Takes a report and gives it its number; see Inbox."""
        book = self.books[trial]
        block = self._blocks.get((trial, keys))
        if block is None:
            keys = tuple(map(str, keys))  # such as the numbers of classes
            block = self._blocks.setdefault((trial, keys), Block(keys))
        block.sequences.append(book.sequence)
        block.steps.append(step if step is not None else book.sequence if numbered else NAN)
        block.times.append(at)
        block.values.extend(numbers)
        book.sequence += 1
        book.dirty = True
        self.held += len(keys)

    def trial(self, number: int, state: TrialState | None, columns: dict[str, Any]) -> None:
        book = self.books[number]
        book.state = state or book.state
        book.columns |= columns
        book.dirty = True

    def shelve(self, trial: int, iteration: int, checkpoint: Checkpoint | None) -> None:
        self._shelf[trial, iteration] = checkpoint

    def note(self, what: str, said: str, at: float) -> None:
        self._notes.append(Note(what, said, at))

    def end_trials(self, state: TrialState, at: float) -> None:
        for number, book in self.books.items():
            if book.state is TrialState.RUNNING:
                self.trial(number, state, {"ended_at": at})

    def rewrite(self) -> None:
        for book in self.books.values():
            book.columns.setdefault("ended_at", None)
            book.dirty = True

    def take(self) -> Taken:
        """Returns all that is to be written; it counts as written unless it is put back."""
        news, self._blocks = self._blocks, {}
        batches, self._kept = [*self._kept, *([news] if news else [])], []
        trial_state.note_last(self.books, news, self.goal)
        changed = {number: book.row() for number, book in self.books.items() if book.dirty}
        for number in changed:
            self.books[number].dirty = False
        shelf, self._shelf = self._shelf, {}
        notes, self._notes = self._notes, []
        return Taken(batches, changed, shelf, judged(self.books, self.goal), notes)

    def put_back(self, taken: Taken) -> None:
        """Keeps what could not be written for the next time."""
        self._kept = [*taken.blocks, *self._kept]
        self._shelf = taken.shelf | self._shelf
        self._notes = [*taken.notes, *self._notes]
        for number in taken.trials:
            self.books[number].dirty = True

    def written(self, taken: Taken) -> None:
        """Forgets what was taken, now that it is on disk."""
        points = (len(block.values) for blocks in taken.blocks for block in blocks.values())
        self.held -= sum(points)
