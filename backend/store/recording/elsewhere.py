"""Work that no signal may come into: it is done in another thread, since Python handles signals in the main one."""

import _thread  # threading's start() waits for the thread, with a lock that a signal may leave held
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


class Answer(Generic[Result]):
    """What somebody waits for that another thread does."""

    def __init__(self) -> None:
        self._outcomes: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def give(self, work: Callable[[], Result]) -> None:
        """Does the work; whoever waits gets what it returns or raises."""
        try:
            self._outcomes.put((work(), None))
        except BaseException as error:
            self._outcomes.put((None, error))

    def start(self, work: Callable[[], Result]) -> None:
        """Lets a thread of its own do it; a signal that raises meanwhile ends the waiting, not the work."""
        _thread.start_new_thread(self.give, (work,))

    def wait(self, seconds: float | None = None) -> Result:
        """Returns what the work returned.

        Raises:
            Empty: it was not done within so many seconds.
            BaseException: what the work raised.
        """
        result, error = self._outcomes.get(timeout=seconds)
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]
