"""Brings the runs of other files into a database."""

import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy import select

from backend.errors import StoreUnavailable
from backend.model import ACTIVE
from backend.store import carry, sqlite_file
from backend.store.carry import Carried
from backend.store.database import Database, is_current
from backend.store.recording.refuge import PATTERN
from backend.store.schema import runs

STILL_SECONDS = 30.0  # after so many without a heartbeat nobody writes to the file of a run any more
NAMED = 5  # runs that a sentence names


def bring_in(database: Database, file: Path) -> list[str]:
    """Brings the runs of a file into a database, and returns what came of it, a sentence each.

    The file of a run that went on beside the database goes once it holds nothing that is not there.

    Raises:
        StoreUnavailable: it is no Raydeck database, or the database cannot be written.
    """
    if not is_current(file):
        raise StoreUnavailable(f"{file} is no Raydeck database of this version.")
    came, going = {}, []
    with closing(Database(f"sqlite:///{file}")) as other, other.read() as connection:
        for run in connection.execute(select(runs.c.id, runs.c.state, runs.c.heartbeat_at)).all():
            with database.write() as tx:
                came[run.id] = carry.carry(carry.Source(connection), tx, run.id)
            if run.state in ACTIVE and (run.heartbeat_at or 0.0) > time.time() - STILL_SECONDS:
                going.append(run.id)
    if file.match(PATTERN.format("*")) and not going and set(came.values()) <= {Carried.ALL}:
        sqlite_file.remove(file)
    said = {
        f"came from {file}": [run_id for run_id, how in came.items() if how is Carried.ALL],
        f"went on since: what only {file} holds stays there": [
            run_id for run_id, how in came.items() if how is Carried.SOME
        ],
        f"may still go on in {file}: do this again once that is over": going,
    }
    return [f"{_named(which)} {what}." for what, which in said.items() if which]


def _named(run_ids: Sequence[str]) -> str:
    more = f" and {len(run_ids) - NAMED:,} more" if len(run_ids) > NAMED else ""
    return f"Run{'s' if len(run_ids) > 1 else ''} {', '.join(run_ids[:NAMED])}{more}"
