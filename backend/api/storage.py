"""What pages and the command line may ask of the place where everything is kept."""

import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from backend.api.house import House, house
from backend.errors import RaydeckError
from backend.settings import read_settings
from backend.store import health
from backend.store.health import Ailment
from backend.store.recovery import backup, bring, check, recover
from backend.store.recovery.check import Checkup

__all__ = ["Ailment", "Checkup", "ailment", "back_up", "bring_in", "checkup", "copies_nightly", "known", "recovered"]

DUE_SECONDS = 600.0  # between two looks at whether the copy of the day is due
_copying = threading.Lock()


def ailment() -> Ailment | None:
    """Returns what is wrong with the database or its disk; None where all is well."""
    return health.ailment(house().settings, house().database)


def known() -> None:
    """Takes that somebody knows of the other file in the database's place, so that it is no longer said."""
    house().database.replaced_at = None


def bring_in() -> list[str]:
    """Brings in the runs that went on beside the database while it was gone; returns what came of it.

    Raises:
        StoreUnavailable
    """
    files = check.rescued(house().settings, house().database)
    return [said for file in files for said in bring.bring_in(house().database, file)]


def checkup() -> Checkup:
    """Looks whether the database is whole, all of it; it need not be one that can be opened."""
    return check.check(read_settings())


def back_up(target: Path | None = None) -> Path:
    """Writes a copy of the database, by default into the home, and returns where it is.

    Raises:
        StoreUnavailable: it cannot be written, or the database is on a server.
    """
    return backup.back_up(house().settings, house().database, target)


def recovered(copy: Path | None = None, brought: Sequence[Path] = ()) -> list[str]:
    """Puts the database right, from what can be read of it, or from a copy, and brings in the runs of other files.

    Returns:
        what was done, a sentence each; nothing where nothing was wrong.

    Raises:
        StoreUnavailable: it cannot be done; the message says what to do.
    """
    return recover.recover(read_settings(), copy, brought)


def copies_nightly() -> None:
    """Makes a copy each day in the background, if copies are wished, as long as this process lives."""
    if house().settings.backups and _copying.acquire(blocking=False):
        threading.Thread(target=_copy_nightly, args=(house(),), name="copies", daemon=True).start()


def _copy_nightly(ours: House) -> None:
    while True:
        try:
            backup.nightly(ours.settings, ours.database)
        except RaydeckError as error:  # a full disk, a database that is away: it is tried again
            print(f"the nightly copy could not be made: {error}", file=sys.stderr, flush=True)
        time.sleep(DUE_SECONDS)
