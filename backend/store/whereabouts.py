"""Whether the file of a database is still the one that was opened, and looks whole."""

import math
import os
import sqlite3
import time
from enum import StrEnum
from pathlib import Path

from backend.store.sqlite_file import log_of

LOOK_SECONDS = 1.0  # between two looks into the file; whether it is there is asked each time
_Identity = tuple[int, int]  # device and inode


class Trouble(StrEnum):
    """What became of a file under those who have it open."""

    REMOVED = "was removed"
    REPLACED = "was replaced by another file"
    DAMAGED = "is damaged"
    DROPPED = "is no longer on its server"


class Whereabouts:
    """Watches a file from now on. Whoever writes asks before each transaction: SQLite itself would go on writing into
    a file that is gone, and nobody would find what it wrote."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = _identity(path)
        self._log: _Identity | None = None
        self._looked_at, self._strange, self._size = -math.inf, 0, 0
        self._is_damaged = False

    def trouble(self) -> Trouble | None:
        """Returns what is wrong with the file; costs some microseconds."""
        there = _identity(self.path)
        if there is None:
            return Trouble.REMOVED
        if there != self._file:
            return Trouble.REPLACED
        return Trouble.DAMAGED if self._is_damaged or self._looks_damaged() else None

    def note_well(self) -> None:
        """Takes that it could be used, and the log that it then has."""
        if _identity(self.path) == self._file:
            self._log = _identity(log_of(self.path)) or self._log

    def note_gone(self) -> None:
        """Takes the damage that somebody met: it is believed until another file is there."""
        self._is_damaged = True

    @property
    def left_its_log(self) -> bool:
        """Whether the log beside another file is still that of the one which was there before."""
        is_other = _identity(self.path) not in (None, self._file)
        return is_other and self._log is not None and _identity(log_of(self.path)) == self._log

    @property
    def is_same_file(self) -> bool:
        """Whether the very file is there."""
        return _identity(self.path) == self._file

    def _looks_damaged(self) -> bool:
        """A look may fall into the moment in which the log is written back: only the second one counts."""
        now = time.monotonic()
        if now - self._looked_at >= LOOK_SECONDS:
            self._looked_at = now
            size = _size(self.path)
            if looks_whole(self.path, at_least=self._size):
                self._size, self._strange = size, 0
            else:
                self._strange += 1
        return self._strange > 1


class Server:
    """What a server says of a database: nothing is known before it is asked."""

    left_its_log = is_same_file = False

    def __init__(self) -> None:
        self._is_dropped = False

    def trouble(self) -> Trouble | None:
        """Returns what the server said last."""
        return Trouble.DROPPED if self._is_dropped else None

    def note_well(self) -> None:
        """Takes that it could be used."""
        self._is_dropped = False

    def note_gone(self) -> None:
        """Takes that the server does not have it."""
        self._is_dropped = True


def looks_whole(path: Path, at_least: int = 0) -> bool:
    """Whether a file begins as a database does, and is as long as it says itself.

    With a log beside it, a file may be shorter than it says: what is written back from there breaks off where the disk
    is full, and is whole all the same, unless the file had `at_least` so many bytes before.

    SQLite looks: closing a file that was opened otherwise would take away the locks that this process has on it.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            connection.execute("select count(*) from sqlite_master").fetchone()
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        is_short = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_CORRUPT and _size(log_of(path)) > 0
        return not path.exists() or (is_short and _size(path) >= max(at_least, 1))
    return _size(path) > 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _identity(path: Path) -> _Identity | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino
