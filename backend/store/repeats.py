"""Runs that differ in nothing but name and seeds."""

from sqlalchemy import select

from backend.store.database import Database
from backend.store.schema import runs, trials


def seeds(database: Database, group_key: str) -> set[int]:
    """Returns every seed that a run with this group key was started with, whether or not it is shown anywhere."""
    wanted = select(trials.c.seed).join(runs, runs.c.id == trials.c.run_id)
    wanted = wanted.where(runs.c.group_key == group_key, runs.c.deleted_at.is_(None), trials.c.seed.is_not(None))
    with database.read() as connection:
        return set(connection.execute(wanted.distinct()).scalars())
