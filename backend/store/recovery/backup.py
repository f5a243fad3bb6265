"""Copies of the database, made while it is in use."""

import time
from pathlib import Path

from backend import files
from backend.errors import StoreUnavailable
from backend.settings import Settings
from backend.store.database import Database
from backend.store.whereabouts import looks_whole

DAY_SECONDS = 86_400.0
PATTERN = "raydeck-*.db"


def backups(settings: Settings) -> list[Path]:
    """Returns the copies in the home, the newest first."""
    return sorted(settings.backups_folder.glob(PATTERN), reverse=True)


def back_up(settings: Settings, database: Database, target: Path | None = None) -> Path:
    """Writes a copy of the database as it is now, by default into the home; it is there whole or not at all.

    Raises:
        StoreUnavailable: it cannot be written, or the database is on a server, which has its own way.
    """
    if database.path is None:
        raise StoreUnavailable(
            "Of a database on a server Raydeck makes no copies: use the server's own way, such as pg_dump."
        )
    path = target or settings.backups_folder / time.strftime("raydeck-%Y%m%d-%H%M%S.db")
    if path.exists():
        raise StoreUnavailable(f"{path} is there already. Name another file.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with files.replacing(path) as part:
            with database.outside_transactions() as connection:
                connection.exec_driver_sql("vacuum into ?", (str(part),))
            if not looks_whole(part):
                raise StoreUnavailable(f"The copy {path} could not be written whole.")
    except OSError as error:
        raise StoreUnavailable(f"The copy {path} cannot be written: {error}.") from None
    return path


def nightly(settings: Settings, database: Database) -> Path | None:
    """Makes the copy of the day, if copies are wished and it is not there yet, and lets the oldest go.

    Returns:
        the new copy, if one was due.
    """
    there = backups(settings)
    if not settings.backups or database.path is None or (there and _age(there[0]) < DAY_SECONDS):
        return None
    made = back_up(settings, database)
    for old in backups(settings)[settings.backups :]:
        old.unlink(missing_ok=True)
    return made


def _age(path: Path) -> float:
    return time.time() - path.stat().st_mtime
