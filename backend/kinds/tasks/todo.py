"""The tasks that are left, and how many of them go to a worker at a time."""

from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from backend.kinds.tasks import rows
from backend.kinds.tasks.spec import TaskSpec
from backend.store.fanout.book import TaskBook

CHUNK_SECONDS = 0.2  # how long a chunk of short tasks is to take; a worker hands back what it cannot do in twice that
MOST_IN_CHUNK = 20_000
PACE = 0.5  # weight of the newest chunk in the estimate of a task's duration


class Todo(NamedTuple):
    """A task that is to be run."""

    number: int
    input: str  # JSON
    attempts: int  # so far
    before: int = 0  # of them in earlier attempts of the run, which do not count against its retries
    alone: bool = False  # it was with others when their worker died: one of them did it


class TodoQueue:
    """Hands out what is left, in order: first what came back."""

    def __init__(self, spec: TaskSpec, book: TaskBook, inputs_folder: Path, fits: int) -> None:
        """`fits` is how many tasks the cluster holds at a time."""
        self.book, self.fits = book, fits
        self.pace = 0.0  # seconds a task takes, lately; 0 before the first has ended
        self._again: deque[Todo] = deque()  # handed back, or to be tried again
        self._fresh = _fresh(spec, book, inputs_folder)

    def next_chunk(self) -> list[Todo]:
        size = self._size()
        chunk: list[Todo] = []
        while len(chunk) < size:
            each = self._again.popleft() if self._again else next(self._fresh, None)
            if each is None:
                break
            if each.alone:
                if not chunk:
                    return [each]
                self._again.appendleft(each)
                break
            chunk.append(each)
        return chunk

    def hand_back(self, left: Sequence[Todo]) -> None:
        """Takes what a worker had no time for; it is the next to go out."""
        self._again.extendleft(reversed(left))

    def again(self, *todo: Todo) -> None:
        """Takes what is to be tried once more, after what waits already."""
        self._again.extend(todo)

    def took(self, seconds: float) -> None:
        """Takes how long each task of a chunk took."""
        each = max(seconds, 1e-7)
        self.pace = each if not self.pace else (1 - PACE) * self.pace + PACE * each

    def _size(self) -> int:
        """Returns how many tasks make a chunk: for CHUNK_SECONDS, and fewer towards the end, so that
        all workers end together."""
        if not self.pace:
            return 1
        left = self.book.total - self.book.done - self.book.running
        return max(1, min(int(CHUNK_SECONDS / self.pace + 0.05), MOST_IN_CHUNK, left // (2 * self.fits)))


def _fresh(spec: TaskSpec, book: TaskBook, inputs_folder: Path) -> Iterator[Todo]:
    ended, tried = book.ended(), book.attempts()
    for number, task_input in enumerate(rows.texts(spec.inputs, inputs_folder)):
        if number >= len(ended):
            return  # files that were added since the launch are no part of this run
        if not ended[number]:
            yield Todo(number, task_input, tried.get(number, 0), tried.get(number, 0))
