"""How a run's results are written: points with their rollups, trials, checkpoints, and how the run stands."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, bindparam, delete, func, insert, select, text, update

from backend.model import Goal, Mode, TrialState, goals
from backend.model.judged import Judged
from backend.store.find import settings
from backend.store.moves import event_in
from backend.store.recording import bulk, trial_state
from backend.store.recording import run_metrics as standings
from backend.store.recording.blocks import Key, by_series
from backend.store.recording.pending import CheckpointRows, Taken
from backend.store.recording.stored_series import StoredSeries, closed_sequence, opened
from backend.store.recording.trial_state import TrialBook
from backend.store.schema import (
    asides,
    checkpoints,
    run_metrics,
    runs,
    series,
    storable,
    trials,
)
from backend.store.series import pyramid
from backend.store.series.pyramid import Pyramid

UPSERT_CHUNK = text(
    "insert into rollups (series, level, chunk, data) values (:series, :level, :chunk, :data)"
    " on conflict (series, level, chunk) do update set data = excluded.data"
)
SET_COUNT = (
    update(series)
    .where(series.c.id == bindparam("series_id"))
    .values(length=bindparam("now"), closed=bindparam("held"), tail=bindparam("end"))
)
SET_JUDGED = (
    update(runs).where(runs.c.ordinal == bindparam("ordinal_")).values(best=bindparam("best_"), last=bindparam("last_"))
)


SeriesByKey = dict[Key, StoredSeries]


class Written(NamedTuple):
    """What a transaction has written, which counts once it is committed: series, standing, and
    what trials are found by."""

    series: SeriesByKey
    stands: Judged
    params: dict[int, dict[str, Any]]


class Writer:
    """What a run's results come to in the database, and how more is added. One thread at a time."""

    def __init__(self, run_id: str, goal: Goal | None) -> None:
        self.run_id, self.goal = run_id, goal
        self._judged: Judged | None = None  # as it was last written
        self._series: SeriesByKey = {}
        self._cuts: dict[int, int] = {}  # trial -> how often it has gone back
        self._moves = 0

    def follow(self, connection: Connection, moves: int) -> None:
        """Goes on where the run's results end in the database that it went on in, if it did."""
        if moves != self._moves:
            self._series, self._judged, self._moves = {}, None, moves
            self.load(connection)

    def load(self, connection: Connection) -> dict[int, TrialBook]:
        """Goes on where the run's results end; returns how its trials stand."""
        books = {
            row.number: TrialBook(
                TrialState(row.state),
                sequence=row.reports,
                best=row.best,
                best_of=trial_state.goal_of(self.goal, row.last).key,
                last=dict(row.last),
            )
            for row in connection.execute(select(trials).where(trials.c.run_id == self.run_id))
        }
        for row in connection.execute(select(series).where(series.c.run_id == self.run_id)):
            self._series[row.trial, row.key] = opened(connection, row)
        gone_back = (
            select(asides.c.trial, func.count().label("many"))
            .where(asides.c.run_id == self.run_id)
            .group_by(asides.c.trial)
        )
        self._cuts = {row.trial: row.many for row in connection.execute(gone_back)}
        self._load_standing(connection, books)
        return books

    def _load_standing(self, connection: Connection, books: Mapping[int, TrialBook]) -> None:
        whole = connection.execute(select(runs.c.ordinal, runs.c.spec).where(runs.c.id == self.run_id)).one()
        self._whole = settings.of_spec(whole.spec)
        self._standing = standings.Standing(whole.ordinal, self._direction)
        for row in connection.execute(
            select(run_metrics).where(run_metrics.c.run == whole.ordinal, run_metrics.c.key.in_(self._keys()))
        ):
            self._standing.bounds(row.key, row.low, row.high)
        for number, book in books.items():
            self._standing.last(number, {storable(key): value for key, value in book.last.items()})
        for (trial, key), one_series in self._series.items():
            self._standing.ends(trial, key, one_series.tail)

    def _keys(self) -> list[str]:
        return list({key for _, key in self._series})

    def _direction(self, key: str) -> Mode | None:
        return self.goal.mode if self.goal is not None and self.goal.key == key else goals.direction(key)

    def write(self, tx: Connection, taken: Taken, found_by: Mapping[int, Any]) -> Written:
        """Writes what was taken; `found_by` is by which params the trials are found so far.

        Call `took` once it is committed.
        """
        all_series = dict(self._series)
        self._write_judged(tx, taken.stands)
        # while the driver computes, each statement waits for the interpreter
        bulk.upsert_trials(tx, self.run_id, taken.trials)
        params = self._write_settings(tx, taken.trials, found_by)
        self._write_points(tx, by_series(taken.blocks), all_series)
        self._write_shelf(tx, taken.shelf)
        for note in taken.notes:
            event_in(tx, self.run_id, *note)
        return Written(all_series, taken.stands, params)

    def took(self, written: Written) -> None:
        self._series, self._judged = written.series, written.stands

    def _write_judged(self, tx: Connection, stands: Judged) -> None:
        if stands != self._judged:
            tx.execute(SET_JUDGED, {"ordinal_": self._standing.run, "best_": stands.best, "last_": stands.last})

    def _write_settings(
        self, tx: Connection, changed: dict[int, dict[str, Any]], found_by: Mapping[int, Any]
    ) -> dict[int, dict[str, Any]]:
        """Writes what trials are found by, where it is new; returns their params."""
        new = {
            number: columns["params"]
            for number, columns in changed.items()
            if "params" in columns and columns["params"] != found_by[number]
        }
        trial_settings = [
            (number, settings.of_trial(params, changed[number].get("seed"))) for number, params in new.items()
        ]
        settings.write(
            tx,
            (
                row
                for row in settings.rows(self._standing.run, self._whole, trial_settings)
                if row["trial"] != settings.WHOLE
            ),
        )
        return new

    def _write_shelf(self, tx: Connection, shelf: CheckpointRows) -> None:
        for (trial, iteration), checkpoint in shelf.items():
            mine = (
                (checkpoints.c.run_id == self.run_id)
                & (checkpoints.c.trial == trial)
                & (checkpoints.c.iteration == iteration)
            )
            tx.execute(delete(checkpoints).where(mine))
            if checkpoint is not None:
                tx.execute(insert(checkpoints).values(asdict(checkpoint)))

    def _write_points(self, tx: Connection, news: dict[Key, bulk.PointColumns], all_series: SeriesByKey) -> None:
        """Stores points, the rollups that follow from them, and how many there are now."""
        chunks: list[dict[str, Any]] = []
        counts: list[dict[str, Any]] = []
        batches: list[bulk.SeriesPoints] = []
        all_series |= self._begin(tx, [key for key in news if key not in all_series])
        for key, columns in news.items():
            before = all_series[key]
            records = pyramid.of_points(*map(np.asarray, columns))
            end, grown = before.end.extended(records)
            closed = closed_sequence(before, end, columns.sequences)
            all_series[key] = StoredSeries(before.id, end, closed, standings.tail(before.tail, columns.values))
            self._note(key, records, columns.values[-1], all_series[key].tail)
            batches.append((before.id, columns))
            chunks += [
                {"series": before.id, "level": each.level, "chunk": each.number, "data": each.data} for each in grown
            ]
            counts.append({"series_id": before.id, "now": end.count, "held": closed, "end": all_series[key].tail})
        if batches:
            bulk.insert_points(tx, batches)
            tx.execute(SET_COUNT, counts)
            self._standing.write(tx, list({key for _, key in news}))
        if chunks:
            tx.execute(UPSERT_CHUNK, chunks)

    def _note(self, series_of: Key, records: pyramid.Records, last: float, tail: bytes) -> None:
        trial, key = series_of
        self._standing.last(trial, {key: last if math.isfinite(last) else None})
        self._standing.ends(trial, key, tail)
        self._standing.points(key, records)

    def _begin(self, tx: Connection, keys: list[Key]) -> SeriesByKey:
        if not keys:
            return {}
        fresh = {"run_id": self.run_id, "length": 0, "closed": -1}
        rows = [{**fresh, "trial": trial, "key": key, "cuts": self._cuts.get(trial, 0)} for trial, key in keys]
        made = tx.execute(insert(series).returning(series.c.id, series.c.trial, series.c.key), rows)
        return {(row.trial, row.key): StoredSeries(row.id, Pyramid(), -1) for row in made}
