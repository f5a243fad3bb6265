"""What deleted runs left, and what nobody has asked for since."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path

from backend.cluster.helpers import Helpers
from backend.settings import Settings
from backend.store import queries, space
from backend.store.database import Database

UNUSED_SECONDS = 86_400.0


def purge(settings: Settings, database: Database, helpers: Helpers) -> int:
    """Clears what deleted runs left, and returns how many there were; quick where there are none."""
    cleared = space.purge(database, lambda run_id: shutil.rmtree(settings.run_folder(run_id), ignore_errors=True))
    _forget_inputs(settings, database)
    for log in _unused(helpers.logs()):
        log.unlink(missing_ok=True)
    return cleared


def _forget_inputs(settings: Settings, database: Database) -> None:
    """Removes rows of files that no run was given; those of the last day may be of a form that is still open."""
    old = _unused(settings.inputs_folder.glob("*"))
    if old:
        used_hashes = queries.kept_inputs(database)
        for path in old:
            if path.stem not in used_hashes:
                path.unlink(missing_ok=True)


def _unused(paths: Iterable[Path]) -> list[Path]:
    """Returns the files that nobody has written to for a day."""
    return [path for path in paths if path.stat().st_mtime < time.time() - UNUSED_SECONDS]
