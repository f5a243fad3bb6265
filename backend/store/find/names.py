"""The names and values there are in a database: params, metrics, tags."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Column, Connection, func, select

from backend.store.find import fields
from backend.store.find.fields import METRICS, OPTIONS, PARAMS, QueryField
from backend.store.schema import run_metrics, run_settings, run_tags

MOST_NAMES = 2000


def distinct(connection: Connection, column: Column[Any]) -> list[str]:
    """Returns the values of a column that leads an index, hopping from one to the next: rows do
    not matter, only values do."""
    first = select(func.min(column).label("value")).cte("hops", recursive=True)
    following = select(func.min(column)).where(column > first.c.value).correlate(first).scalar_subquery()
    hops = first.union_all(select(following).where(first.c.value.is_not(None)))
    return list(connection.execute(select(hops.c.value).where(hops.c.value.is_not(None)).limit(MOST_NAMES)).scalars())


def all_names(connection: Connection) -> Iterator[str]:
    """Yields the names of every field there is."""
    yield from fields.FIELDS
    yield from (name for name in distinct(connection, run_settings.c.name) if name.startswith((PARAMS, OPTIONS)))
    yield from (METRICS + key for key in distinct(connection, run_metrics.c.key))


def is_known(connection: Connection, field: QueryField) -> bool:
    """Returns whether any run has such a param or metric; the fields that every run has are always known."""
    if field.name.lower() in fields.FIELDS:
        return True
    column = run_metrics.c.key if field.kind == "metric" else run_settings.c.name
    return connection.execute(select(column).where(column == field.column).limit(1)).first() is not None


def values(connection: Connection, name: str, most: int = 50) -> list[str]:
    """Returns texts that runs have of a setting, in alphabetical order."""
    mine = (
        select(run_settings.c.text)
        .where(run_settings.c.name == name, run_settings.c.text.is_not(None))
        .limit(20_000)
        .subquery()
    )
    return list(connection.execute(select(mine.c.text).distinct().order_by(mine.c.text).limit(most)).scalars())


def tags(connection: Connection) -> list[str]:
    """Returns the tags there are, in alphabetical order."""
    return distinct(connection, run_tags.c.tag)
