"""What cannot be written yet is kept in memory and tried again: the disk is full, the
database locked or out of reach."""

import math
import sys
import time
from collections.abc import Callable

from backend.errors import StaleAttempt, StoreUnavailable

KEPT = "kept in memory, trying again"
PAUSE_SECONDS = 0.5


class Patience:
    """Tries to write, and says why it cannot be yet. That another attempt has taken over is never waited out."""

    def __init__(
        self,
        said: str,
        of: type[Exception] = StoreUnavailable,
        pause: float = PAUSE_SECONDS,
        wait: Callable[[float], object] = lambda seconds: time.sleep(seconds),
    ) -> None:
        """`of` is what is waited out; `wait` is called with `pause` (seconds) before the next try."""
        self.problem: Exception | None = None  # why it could not be written just now
        self._said, self._of, self._pause, self._wait = said, of, pause, wait

    def tried(self, write: Callable[[], object]) -> bool:
        """Calls `write` once; where it fails, says so, waits, and returns False."""
        try:
            write()
        except StaleAttempt:
            raise
        except self._of as problem:
            self.problem = problem
            say(f"{self._said}: {problem}")
            self._wait(self._pause)
            return False
        self.problem = None
        return True

    def until_written(self, write: Callable[[], object], limit: float = math.inf) -> None:
        """Calls `write` until it succeeds.

        Raises:
            Exception: the last one, when it has failed for `limit` seconds.
        """
        end = time.monotonic() + limit
        while not self.tried(write):
            if self.problem is not None and time.monotonic() > end:
                raise self.problem


def say(text: str) -> None:
    """Tells the person at the terminal; where it goes may be on the same full disk, which must not end who works."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):  # the last where it was closed
        return
