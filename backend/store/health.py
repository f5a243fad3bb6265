"""How the place stands where everything is kept: whether it is there and whole, and whether it can be written to."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from backend import words
from backend.errors import StoreGone
from backend.settings import Settings
from backend.store.advice import gone
from backend.store.database import Database
from backend.store.recovery.check import FEW_BYTES, rescued
from backend.store.whereabouts import Trouble


@dataclass(frozen=True)
class Ailment:
    """What is wrong with the place, and what to do about it."""

    kind: Literal["gone", "damaged", "read-only", "full", "other", "beside"]
    said: str


def ailment(settings: Settings, database: Database) -> Ailment | None:
    """Returns what is wrong; None where all is well. Takes a fraction of a millisecond."""
    try:
        database.look()
    except StoreGone as error:
        return Ailment("gone", str(error))
    if database.trouble() is Trouble.DAMAGED:
        return Ailment("damaged", str(gone(database.url, Trouble.DAMAGED)))
    folders = [settings.home, *([database.path.parent, database.path] if database.path else ())]
    return _unwritable(folders) or _full(folders) or _other(database) or _beside(settings, database)


def _unwritable(places: Sequence[Path]) -> Ailment | None:
    if locked := [each for each in places if not os.access(each, os.W_OK)]:
        return Ailment(
            "read-only",
            f"Nothing can be written to {locked[0]}. What is there is shown; nothing can be started or changed.",
        )
    return None


def _full(places: Sequence[Path]) -> Ailment | None:
    least, where = min((room(each), each) for each in places)
    if least >= FEW_BYTES:
        return None
    return Ailment(
        "full",
        f"The disk of {where} is full. Free some space: until then what runs report is kept in memory, and nothing can"
        " be started or changed.",
    )


def _other(database: Database) -> Ailment | None:
    if database.replaced_at is None:
        return None
    return Ailment(
        "other",
        f"The database {database.path} was replaced by another file at"
        f" {words.clock(database.replaced_at, seconds=True)}. What is shown is in that one.",
    )


def _beside(settings: Settings, database: Database) -> Ailment | None:
    files = rescued(settings, database)
    if not files:
        return None
    which = f"{len(files)} runs went on in files" if len(files) > 1 else f"A run went on in {files[0].name},"
    return Ailment("beside", f"{which} beside the database while that was gone.")


def room(folder: Path) -> int:
    """Returns the bytes that this process may still write to the disk of a folder."""
    disk = os.statvfs(folder)
    return disk.f_frsize * (disk.f_bfree if os.geteuid() == 0 else disk.f_bavail)
