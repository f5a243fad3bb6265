"""Every read. Values leave, rows stay here."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import JSON, Connection, Row, Text, cast, select

from backend.cache import Cache
from backend.errors import UnknownRun
from backend.model import ACTIVE, Checkpoint, Event, Run, RunState, TaskCounts, Trial, TrialState
from backend.model.stored import stored
from backend.store.database import Database
from backend.store.find.conditions import condition
from backend.store.schema import checkpoints as checkpoints_table
from backend.store.schema import events, fanouts, run_tags, runs, series, trials

_RUN_COLUMNS = [
    column for column in runs.c if column.name not in ("launch_key", "deleted_at", "workload", "best", "last")
]
_PRESENT = runs.c.deleted_at.is_(None)
_TRIAL_COLUMNS = [column for column in trials.c if column.name != "run_id"]
_TRIAL_NAMES = [column.name for column in _TRIAL_COLUMNS]
# JSON as its text: a page that ticks over a thousand trials compares it, and reads only what is new.
_TRIAL_TEXTS = [cast(column, Text) if isinstance(column.type, JSON) else column for column in _TRIAL_COLUMNS]
TRIALS_KEPT = 50_000
_Known = dict[tuple[Any, ...], tuple[tuple[Any, ...], Trial]]  # run and number -> the row it was made of, and it
_trials_kept: Cache[_Known] = Cache(1)  # all in one: a thousand are looked at with each tick


def run(database: Database, run_id: str) -> Run:
    """Returns one run with its trials.

    Raises:
        UnknownRun: no run has that id.
    """
    with database.read() as connection:
        matches = _load(
            connection, connection.execute(select(*_RUN_COLUMNS).where(runs.c.id == run_id, _PRESENT)).all()
        )
    if not matches:
        raise UnknownRun(run_id)
    return matches[0]


def all_runs(
    database: Database, *, states: Iterable[RunState] | None = None, query: str = "", limit: int | None = None
) -> list[Run]:
    """Returns the runs that `query` describes, newest first; archived ones only if it asks for them.

    Raises:
        InvalidQuery: the query cannot be read.
    """
    wanted = select(*_RUN_COLUMNS).order_by(runs.c.ordinal.desc())
    if states is not None:
        wanted = wanted.where(runs.c.state.in_(list(states)))
    if limit is not None:
        wanted = wanted.limit(limit)
    with database.read() as connection:
        return _load(connection, connection.execute(wanted.where(condition(connection, query))).all())


def listed(connection: Connection, ordinals: Sequence[int]) -> list[Run]:
    """Returns runs in the order of their `ordinals`."""
    rows = connection.execute(select(*_RUN_COLUMNS).where(runs.c.ordinal.in_(ordinals))).all()
    by_ordinal = {run.ordinal: run for run in _load(connection, rows)}
    return [by_ordinal[ordinal] for ordinal in ordinals if ordinal in by_ordinal]


def some_runs(database: Database, run_ids: Sequence[str]) -> list[Run]:
    """Returns those of the runs that there are, in the order of `run_ids`."""
    with database.read() as connection:
        matches = _load(
            connection, connection.execute(select(*_RUN_COLUMNS).where(runs.c.id.in_(run_ids), _PRESENT)).all()
        )
    return sorted(matches, key=lambda run: run_ids.index(run.id))


def of_kind(database: Database, kind: str, limit: int) -> list[Run]:
    """Returns the newest runs of one kind."""
    wanted = select(*_RUN_COLUMNS).where(_PRESENT, runs.c.kind == kind).order_by(runs.c.ordinal.desc()).limit(limit)
    with database.read() as connection:
        return _load(connection, connection.execute(wanted).all())


def children(database: Database, run_id: str) -> list[Run]:
    """Returns the runs that came from a run, the oldest first."""
    wanted = select(*_RUN_COLUMNS).where(_PRESENT, runs.c.parent_id == run_id).order_by(runs.c.ordinal)
    with database.read() as connection:
        return _load(connection, connection.execute(wanted).all())


def active_runs(database: Database) -> list[Run]:
    """Returns the queued and running runs, oldest first."""
    return all_runs(database, states=ACTIVE)[::-1]


def _load(connection: Connection, rows: Sequence[Row[Any]]) -> list[Run]:
    parts = _trials(connection, [row.id for row in rows])
    counts = _task_counts(connection, [row.id for row in rows])
    tags = _tags(connection, [row.ordinal for row in rows])
    return [
        Run(
            **dict(row._mapping) | {"state": RunState(row.state)},
            trials=tuple(parts[row.id]),
            tasks=counts.get(row.id),
            tags=tuple(tags.get(row.ordinal, ())),
        )
        for row in rows
    ]


def _tags(connection: Connection, ordinals: list[int]) -> dict[int, list[str]]:
    tags_by_run: dict[int, list[str]] = {}
    for run, tag in connection.execute(select(run_tags.c.run, run_tags.c.tag).where(run_tags.c.run.in_(ordinals))):
        tags_by_run.setdefault(run, []).append(tag)
    return {run: sorted(tags) for run, tags in tags_by_run.items()}


def _trials(connection: Connection, run_ids: list[str]) -> dict[str, list[Trial]]:
    """Returns the trials of some runs; one whose row is as it was the last time is the same value, not made anew."""
    parts: dict[str, list[Trial]] = defaultdict(list)
    if not run_ids:
        return parts
    cache = _trials_kept.get("all", _Known)
    if len(cache) > TRIALS_KEPT:
        cache.clear()
    wanted = (
        select(trials.c.run_id, *_TRIAL_TEXTS)
        .where(trials.c.run_id.in_(run_ids))
        .order_by(trials.c.run_id, trials.c.number)
    )
    for row in connection.execute(wanted):
        raw = tuple(row)
        before, trial = cache.get(raw[:2], ((), None))
        if trial is None or before != raw:
            trial = _trial(raw[1:])
            cache[raw[:2]] = raw, trial
        parts[raw[0]].append(trial)
    return parts


def _trial(raw: tuple[Any, ...]) -> Trial:
    values = dict(zip(_TRIAL_NAMES, raw, strict=True))
    typed_values = {
        "state": TrialState(values["state"]),
        "params": json.loads(values["params"]),
        "last": json.loads(values["last"]),
    }
    return Trial(**values | typed_values)


def _task_counts(connection: Connection, run_ids: list[str]) -> dict[str, TaskCounts]:
    if not run_ids:
        return {}
    columns = [fanouts.c[name] for name in ("total", "running", "succeeded", "failed", "stopped")]
    rows = connection.execute(select(fanouts.c.run_id, *columns).where(fanouts.c.run_id.in_(run_ids)))
    return {row.run_id: TaskCounts(*row[1:]) for row in rows}


def kept_inputs(database: Database) -> set[str]:
    """Returns the hashes of the rows that some fan-out was given from outside its spec."""
    with database.read() as connection:
        specs = connection.execute(select(runs.c.spec).where(runs.c.kind == "tasks", _PRESENT)).scalars()
        return {sha256 for spec in specs if (sha256 := stored(spec).part("inputs").text("sha256"))}


def workload(database: Database, run_id: str) -> str:
    """Returns the user's own code as it was when the run was launched; empty where it runs none."""
    with database.read() as connection:
        return connection.execute(select(runs.c.workload).where(runs.c.id == run_id, _PRESENT)).scalar() or ""


def history(database: Database, run_id: str) -> list[Event]:
    """Returns a run's events in order."""
    wanted = select(events.c.at, events.c.move, events.c.note).where(events.c.run_id == run_id).order_by(events.c.id)
    with database.read() as connection:
        return [Event(*row) for row in connection.execute(wanted)]


def metric_keys(database: Database, run_id: str) -> list[str]:
    """Returns the keys a run has recorded, in alphabetical order."""
    with database.read() as connection:
        return list(
            connection.execute(
                select(series.c.key).where(series.c.run_id == run_id).distinct().order_by(series.c.key)
            ).scalars()
        )


def keys_by_run(database: Database, run_ids: Sequence[str]) -> dict[str, list[str]]:
    """Returns the keys that each of some runs has recorded, in alphabetical order."""
    wanted = select(series.c.run_id, series.c.key).where(series.c.run_id.in_(run_ids)).distinct().order_by(series.c.key)
    keys: dict[str, list[str]] = {run_id: [] for run_id in run_ids}
    with database.read() as connection:
        for run_id, key in connection.execute(wanted):
            keys[run_id].append(key)
    return keys


def checkpoints(database: Database, run_id: str) -> list[Checkpoint]:
    """Returns the checkpoints a run keeps, by trial and iteration."""
    wanted = select(checkpoints_table).where(checkpoints_table.c.run_id == run_id)
    with database.read() as connection:
        rows = connection.execute(wanted.order_by(checkpoints_table.c.trial, checkpoints_table.c.iteration)).mappings()
        return [Checkpoint(**row) for row in rows]
