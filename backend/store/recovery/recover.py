"""Puts a database right: what can be read of a damaged one, or a copy, takes its place, and other files come in."""

import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from filelock import FileLock

from backend import files
from backend.errors import StoreUnavailable
from backend.settings import Settings
from backend.store import sqlite_file
from backend.store.advice import explained
from backend.store.database import Database, open_database
from backend.store.recovery.backup import backups
from backend.store.recovery.bring import bring_in
from backend.store.recovery.check import check, rescued
from backend.store.recovery.salvage import Salvaged, salvage


def recover(settings: Settings, copy: Path | None = None, brought: Sequence[Path] = ()) -> list[str]:
    """Puts the database right and returns what was done, a sentence each. What was there before is kept beside it.

    With `copy` that takes its place. `brought` are files to bring runs from, beside those that lie there.

    Raises:
        StoreUnavailable: it cannot be done; the message says what to do.
    """
    try:
        settings.home.mkdir(parents=True, exist_ok=True)
        with FileLock(settings.lock_file("recover")):
            path = Database(settings.database_url).path
            said, more = _in_place(settings, path, copy) if path else ([], [])
            with closing(open_database(settings)) as database:
                for file in dict.fromkeys([*map(Path.resolve, brought), *rescued(settings, database), *more]):
                    said += bring_in(database, file)
            return said
    except OSError as error:
        raise StoreUnavailable(f"The database cannot be recovered: {error}. Free some space and try again.") from None


def _in_place(settings: Settings, path: Path, copy: Path | None) -> tuple[list[str], list[Path]]:
    """Sees to it that a whole database is in its place; returns what was done, and from where more may come."""
    copies = backups(settings)[:1]
    if copy:
        return _from_copy(path, copy), []
    if not path.exists():
        return [said for each in copies for said in _from_copy(path, each)], []
    if not check(settings).problems:
        return [], []
    try:
        came, said = _from_damaged(path, *copies)
    except StoreUnavailable:
        if not copies:
            raise
        return [f"Nothing of {path} could be read.", *_from_copy(path, copies[0])], []
    return said, copies if came.lost else []


def _from_damaged(path: Path, copy: Path | None = None) -> tuple[Salvaged, list[str]]:
    with tempfile.TemporaryDirectory(dir=path.parent) as workshop:
        new = Path(workshop) / "new.db"
        came = salvage(path, new, Path(workshop), copy)
        said = _put(path, new)
    lost = f"; at least {came.lost} stretches of rows could not be" if came.lost else ""
    said.append(f"{came.rows['runs']:,} runs and {came.rows['points']:,} points of it could be read{lost}.")
    if came.nameless:
        said.append(f"What {', '.join(came.nameless)} was asked to do is lost; what was recorded of it is there.")
    return came, said


def _from_copy(path: Path, copy: Path) -> list[str]:
    with files.aside(path) as part:
        with explained(f"sqlite:///{copy}"), closing(sqlite_file.opened_to_read(copy)) as whole:
            whole.execute("vacuum into ?", (str(part),))
        return [*_put(path, part), f"The copy {copy} is in its place."]


def _put(path: Path, new: Path) -> list[str]:
    """Puts a file in the place of the database, which is kept beside it with its log."""
    kept = path.with_name(f"{path.name}.before-{time.strftime('%Y%m%d-%H%M%S')}")
    said = [f"What was there is kept as {kept}."] if path.exists() else []
    for ending in ("-shm", "-wal", ""):
        old = path.with_name(f"{path.name}{ending}")
        if old.exists():
            old.rename(kept.with_name(f"{kept.name}{ending}"))
    new.rename(path)
    return said
