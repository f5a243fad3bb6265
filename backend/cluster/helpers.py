"""Helpers that wait for work: what they have imported once they need not import again, so that a click is answered
soon.

Each helper is a job of Ray's with an id. Under the folder of helpers, `ID.ready` says that it waits and `ID.work` is
what it
is given: who renames the first owns the right to write the second, so that no helper is given two things at once.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from backend import files

LOOK_SECONDS = 0.05
CLAIMED_SECONDS = 10.0  # for how long one that was claimed at the last moment waits for its work


class Helpers:
    """The helpers of one home, for those that have work and for the helpers themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log(self, helper: str) -> Path:
        return self.folder / f"{helper}.log"

    def waiting(self) -> list[str]:
        """Returns the ids of those that wait; some may have died."""
        return [path.stem for path in self.folder.glob("*.ready")]

    def take(self, helper: str) -> bool:
        """Claims one that waits; false if somebody else was quicker."""
        try:
            self._ready(helper).rename(self.folder / f"{helper}.taken")
        except FileNotFoundError:
            return False
        return True

    def is_claimed(self, helper: str) -> bool:
        return (self.folder / f"{helper}.taken").exists()

    def hand(self, helper: str, work: Sequence[str]) -> None:
        """Gives work to one that was claimed, or that is about to begin."""
        self.folder.mkdir(parents=True, exist_ok=True)
        files.replace(self._work(helper), json.dumps(list(work)))

    def forget(self, helper: str) -> None:
        """Removes what a helper that is no more has left, but for its log."""
        for name in ("ready", "taken", "work"):
            (self.folder / f"{helper}.{name}").unlink(missing_ok=True)

    def logs(self) -> list[Path]:
        return list(self.folder.glob("*.log"))

    def work(self, helper: str) -> list[str] | None:
        """Returns what a helper was given, once; None if there is nothing."""
        try:
            work: list[str] = json.loads(self._work(helper).read_text())
        except FileNotFoundError:
            return None
        self._work(helper).unlink()
        (self.folder / f"{helper}.taken").unlink(missing_ok=True)
        return work

    def wait(self, helper: str, seconds: float, goes_on: Callable[[], bool]) -> list[str] | None:
        """Waits for work while it `goes_on`; None if none came, and then none will."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._ready(helper).touch()
        work = self._look(helper, seconds, goes_on)
        if work is None and not self.take(helper):  # somebody claimed it at the last moment
            work = self._look(helper, CLAIMED_SECONDS)
        if work is None:
            self.forget(helper)
        return work

    def _look(self, helper: str, seconds: float, goes_on: Callable[[], bool] = lambda: True) -> list[str] | None:
        end = time.monotonic() + seconds
        while (work := self.work(helper)) is None and time.monotonic() < end and goes_on():
            time.sleep(LOOK_SECONDS)
        return work

    def _ready(self, helper: str) -> Path:
        return self.folder / f"{helper}.ready"

    def _work(self, helper: str) -> Path:
        return self.folder / f"{helper}.work"
