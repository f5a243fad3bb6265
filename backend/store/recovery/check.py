"""Looks whether a database is whole, and what there is to recover it from."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.exc import DatabaseError

from backend.errors import StoreUnavailable
from backend.settings import Settings
from backend.store import space
from backend.store.advice import without_password
from backend.store.database import Database, stored_version
from backend.store.recording.refuge import PATTERN
from backend.store.recovery.backup import backups

FEW_BYTES = 1_000_000  # of room, with which a disk counts as full
MOST_PROBLEMS = 20


@dataclass(frozen=True)
class Checkup:
    """What was found; nothing is wrong where there are no problems."""

    database: str
    bytes: int | None
    schema: str | None
    free: int | None  # bytes on its disk
    problems: tuple[str, ...]
    rescued: tuple[Path, ...]  # files of runs that went on beside it
    backups: tuple[Path, ...]  # the newest first


def check(settings: Settings) -> Checkup:
    """Reads all of the database that can be read; of a large one this takes minutes."""
    database = Database(settings.database_url)
    problems, schema, size = [], None, None
    try:
        schema, size = stored_version(database), space.size(database)
        problems += [] if database.is_there else [f"There is no file {database.path}."]
        problems += list(_found(database)) if database.is_there else []
    except StoreUnavailable as error:
        problems.append(str(error))
    finally:
        database.close()
    folder = database.path.parent if database.path else settings.home
    free = shutil.disk_usage(folder).free if folder.is_dir() else None
    if free is not None and free < FEW_BYTES:
        problems.append(f"The disk of {folder} is full.")
    return Checkup(
        without_password(database.url).removeprefix("sqlite:///"), size, schema, free, tuple(problems),
        tuple(rescued(settings, database)), tuple(backups(settings)),
    )  # fmt: skip


def rescued(settings: Settings, database: Database) -> list[Path]:
    """Returns the files of runs that went on beside the database while it was gone."""
    folders = {settings.home, *([database.path.parent] if database.path else [])}
    return sorted(path for folder in folders for path in folder.glob(PATTERN.format("*")))


def _found(database: Database) -> Iterator[str]:
    with database.looking() as connection:
        if not database.is_sqlite:
            return
        try:
            rows = connection.exec_driver_sql(f"pragma integrity_check({MOST_PROBLEMS})").scalars().all()
        except DatabaseError as error:
            rows = [str(error.orig)]
    yield from (str(row) for row in rows if row != "ok")
