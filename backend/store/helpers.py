"""Helpers that wait for work: what they have imported once they need not import again, so that a click is answered soon.

Each helper is a job of Ray's with an id. Under the folder of helpers, `ID.ready` says that it waits and `ID.work` is what it
is given: who renames the first owns the right to write the second, so that no helper is given two things at once.
"""

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

LOOK_SECONDS = 0.05
CLAIMED_SECONDS = 10.0  # for how long one that was claimed at the last moment waits for its work


class Helpers:
    """The helpers of one home, for those that have work and for the helpers themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log(self, helper: str) -> Path:
        return self.folder / f"{helper}.log"

    def waiting(self) -> list[str]:
        """Returns the ids of those that wait, the one that has waited shortest last; some may have died."""
        found = [(path.stat().st_mtime, path.stem) for path in self.folder.glob("*.ready") if path.exists()]
        return [helper for _, helper in sorted(found)]

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
        part = self.folder / f"{helper}.part"
        part.write_text(json.dumps(list(work)))
        part.rename(self._work(helper))

    def forget(self, helper: str) -> None:
        """Removes what a helper that is no more has left, but for its log."""
        for name in ("ready", "taken", "work", "part"):
            (self.folder / f"{helper}.{name}").unlink(missing_ok=True)

    def forget_logs(self, seconds: float) -> None:
        """Removes logs that nobody has written to for so long."""
        for log in self.folder.glob("*.log"):
            if log.stat().st_mtime < time.time() - seconds:
                log.unlink(missing_ok=True)

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
        end = time.monotonic() + seconds
        while ((now := time.monotonic()) < end and goes_on()) or (not self.take(helper) and now < end + CLAIMED_SECONDS):
            if (work := self.work(helper)) is not None:
                return work
            time.sleep(LOOK_SECONDS)
        self.forget(helper)
        return None

    def _ready(self, helper: str) -> Path:
        return self.folder / f"{helper}.ready"

    def _work(self, helper: str) -> Path:
        return self.folder / f"{helper}.work"
