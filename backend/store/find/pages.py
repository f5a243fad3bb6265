"""A page of the runs that a query describes, in any order, with the columns that were asked for."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, func, select

from backend.errors import InvalidQuery
from backend.model import ACTIVE, Run
from backend.store import queries
from backend.store.database import Database
from backend.store.find import fields, names, recent
from backend.store.find.conditions import condition, duration
from backend.store.find.fields import QueryField
from backend.store.schema import events, run_metrics, run_settings, runs, trials

Standings = dict[int, dict[str, dict[str, float | None]]]  # run -> metric -> last, best, mean, low, high, mean25


@dataclass(frozen=True)
class Order:
    """By which field runs are sorted; those without a value come last."""

    name: str = "created"
    down: bool = True


NEWEST = Order()


@dataclass(frozen=True)
class RunsPage:
    """A page of runs, how many there are in all, and how they stand in the metrics that were asked for."""

    runs: tuple[Run, ...]
    total: int
    offset: int
    standings: Standings


def page(
    database: Database,
    query: str,
    order: Order = NEWEST,
    *,
    states: Sequence[str] = (),
    offset: int = 0,
    limit: int = 50,
    metrics: Sequence[QueryField] = (),
) -> RunsPage:
    """Returns runs `offset` and following, of some states if any are given; beyond the last one, the last page.

    Args:
        metrics: fields that are numbers of metrics, for `standings`.

    Raises:
        InvalidQuery: the query cannot be read, or there is no field to sort by.
    """
    now = time.time()
    with database.read() as connection:
        criterion = _asked(connection, query, states, now)
        total = int(connection.execute(select(func.count()).select_from(runs).where(criterion)).scalar_one())
        start = min(offset, max(0, total - 1) // limit * limit)
        wanted = _sorted(select(runs.c.ordinal).where(criterion), connection, order, now)
        ordinals = list(connection.execute(wanted.offset(start).limit(limit)).scalars())
        return RunsPage(
            tuple(queries.listed(connection, ordinals)), total, start, _standings(connection, ordinals, metrics)
        )


def ids(database: Database, query: str, states: Sequence[str], most: int) -> list[tuple[str, str]]:
    """Returns the id and the state of the newest runs that a query describes, of some states if any are given, `most`
    at most.

    Raises:
        InvalidQuery: the query cannot be read.
    """
    with database.read() as connection:
        criterion = _asked(connection, query, states, time.time())
        wanted = select(runs.c.id, runs.c.state).where(criterion).order_by(runs.c.ordinal.desc()).limit(most)
        return [(run_id, state) for run_id, state in connection.execute(wanted)]


def _asked(connection: Connection, query: str, states: Sequence[str], now: float) -> ColumnElement[bool]:
    criterion = condition(connection, query, now)
    return criterion & runs.c.state.in_(list(states)) if states else criterion


def _standings(connection: Connection, ordinals: Sequence[int], metrics: Iterable[QueryField]) -> Standings:
    every = list(metrics)
    wanted = select(run_metrics).where(
        run_metrics.c.key.in_({each.column for each in every}), run_metrics.c.run.in_(ordinals)
    )
    standings: Standings = {}
    for row in connection.execute(wanted):
        standings.setdefault(row.run, {})[row.key] = {name: getattr(row, name) for name in fields.STATS.values()}
    for each in every:
        if each.recent:
            means = select(runs.c.ordinal, recent.mean(each.column, each.recent)).where(runs.c.ordinal.in_(ordinals))
            for run, mean in connection.execute(means):
                standings.setdefault(run, {}).setdefault(each.column, {})[each.number] = mean
    return standings


def _sorted(wanted: Select[Any], connection: Connection, order: Order, now: float) -> Select[Any]:
    """Returns `wanted` in order; of several values of a param the largest counts, and runs without any come last."""
    field = fields.find(order.name)
    if field is None or field.kind == "tags":
        close = fields.nearest(order.name, names.all_names(connection))
        raise InvalidQuery(f"Runs cannot be sorted by “{order.name}”.", 0, len(order.name), close)
    if field.name == "created":
        return wanted.order_by(runs.c.ordinal.desc() if order.down else runs.c.ordinal.asc())
    table, values = _values(field, now)
    joined = wanted if table is None else wanted.outerjoin(table, table.c.run == runs.c.ordinal)
    parts = [value.desc() if order.down else value.asc() for value in values]
    return joined.order_by(*(part.nulls_last() for part in parts), runs.c.ordinal.desc())


def _values(field: QueryField, now: float) -> tuple[Subquery | None, list[ColumnElement[Any]]]:
    """Returns the table that holds what is sorted by, None for runs, and its columns."""
    if field.recent:
        return None, [recent.mean(field.column, field.recent)]
    if field.kind == "metric":
        mine = select(run_metrics.c.run, run_metrics.c[field.stat]).where(run_metrics.c.key == field.column).subquery()
        return mine, [mine.c[field.stat]]
    if field.kind == "setting":
        number, text = (func.max(run_settings.c[each]).label(each) for each in ("number", "text"))
        named = (
            select(run_settings.c.run, number, text)
            .where(run_settings.c.name == field.column)
            .group_by(run_settings.c.run)
        )
        mine = named.subquery()
        return mine, [mine.c.number, mine.c.text]
    if field.kind == "seconds":
        return None, [duration(now)]
    column = runs.c[field.column]
    return None, [func.lower(column) if field.kind in ("text", "choice") else column]


def pulse(database: Database) -> tuple[int, int, int, int]:
    """Returns what changes whenever a list of runs may look different: events so far, runs, active
    ones, and their reports."""
    with database.read() as connection:
        last = connection.execute(select(func.max(events.c.id))).scalar() or 0
        # A deletion leaves no event: what is left of a run goes with it.
        present = connection.execute(select(func.count()).where(runs.c.deleted_at.is_(None))).scalar_one()
        active = list(
            connection.execute(select(runs.c.id).where(runs.c.state.in_(ACTIVE), runs.c.deleted_at.is_(None))).scalars()
        )
        reports = (
            connection.execute(select(func.sum(trials.c.reports)).where(trials.c.run_id.in_(active))).scalar()
            if active
            else 0
        )
        return last, int(present), len(active), int(reports or 0)
