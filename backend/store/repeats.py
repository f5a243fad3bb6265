"""Seeds that have been used, so that a further one is new evidence."""

from sqlalchemy import select
from sqlalchemy.sql.elements import ColumnElement

from backend.store.database import Database
from backend.store.schema import runs, trials


def seeds(database: Database, group_key: str) -> set[int]:
    """Returns every seed of the runs with this group key, whether or not they are shown anywhere, and of the runs that
    they came from: a sweep has chosen a configuration by its seeds."""
    alike = select(runs.c.id).where(runs.c.group_key == group_key)
    parents = select(runs.c.parent_id).where(runs.c.group_key == group_key, runs.c.parent_id.is_not(None))
    return _seeds(database, runs.c.id.in_(alike) | runs.c.id.in_(parents))


def seeds_of_family(database: Database, run_id: str) -> set[int]:
    """Returns every seed of a run and of those that came from it."""
    return _seeds(database, (runs.c.id == run_id) | (runs.c.parent_id == run_id))


def _seeds(database: Database, which: ColumnElement[bool]) -> set[int]:
    wanted = select(trials.c.seed).join(runs, runs.c.id == trials.c.run_id)
    wanted = wanted.where(which, runs.c.deleted_at.is_(None), trials.c.seed.is_not(None))
    with database.read() as connection:
        return set(connection.execute(wanted.distinct()).scalars())
