"""A trial that goes on from a checkpoint: what it had reported since leaves its line, in one transaction."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, insert, select, update

from backend.model.judged import judged
from backend.store.moves import event_in
from backend.store.recording import trial_state
from backend.store.recording.stored_series import StoredSeries, cut
from backend.store.recording.trial_state import TrialBook
from backend.store.recording.writer import SeriesByKey, Writer, Written
from backend.store.schema import aside_points, aside_series, asides, checkpoints, run_metrics, storable, trials

SET_ASIDE = "set aside"  # what the event of it is called


class WentBack(NamedTuple):
    """What a transaction has come to that set reports of a trial aside."""

    written: Written
    book: TrialBook  # how the trial stands
    cuts: int  # how often it has gone back
    gone: list[int]  # its checkpoints, by iteration, that its line has not come to any more


class LineWriter(Writer):
    """A writer that keeps the line of each trial one: whatever a checkpoint takes back is set aside."""

    def go_back(self, tx: Connection, attempt: int, trial: int, after: int, books: Mapping[int, TrialBook]) -> WentBack:
        """Sets aside what a trial reported after its first `after` reports; everything else is made right for the rest.

        Call `took_back` once it is committed.
        """
        mine = (trials.c.run_id == self.run_id) & (trials.c.number == trial)
        if tx.execute(select(trials.c.reports).where(mine)).scalar_one() == after:
            # It was committed before the connection broke: what is in memory is of before.
            stored = self.load(tx)
            written = Written(self._series, judged(stored, self.goal), {})
            return WentBack(written, stored[trial], self._cuts[trial], [])
        now, cuts = time.time(), self._cuts.get(trial, 0) + 1
        many = books[trial].sequence - after
        row = {"run_id": self.run_id, "trial": trial, "attempt": attempt, "after": after, "reports": many, "at": now}
        aside = tx.execute(insert(asides).values(row).returning(asides.c.id)).scalar_one()
        all_series = self._cut(tx, trial, after, aside, cuts)
        book = self._stands_after(books[trial], trial, after, all_series)
        stands = judged({**books, trial: book}, self.goal)
        self._write_judged(tx, stands)
        columns: dict[str, Any] = {"reports": after, "best": book.best, "last": dict(book.last)}
        if not after:  # it begins anew: there is no checkpoint
            columns |= {"checkpoint": "", "checkpoint_iteration": None, "checkpoint_reports": None}
        tx.execute(update(trials).where(mine).values(set_aside=trials.c.set_aside + many, **columns))
        event_in(tx, self.run_id, SET_ASIDE, _said(attempt, trial, after, many), now)
        gone = self._drop_beyond(tx, trial, after, aside)
        return WentBack(Written(all_series, stands, {}), book, cuts, gone)

    def took_back(self, trial: int, back: WentBack) -> None:
        self.took(back.written)
        self._cuts[trial] = back.cuts

    def _cut(self, tx: Connection, trial: int, after: int, aside: int, cuts: int) -> SeriesByKey:
        """Cuts each series of a trial that came further; returns those that are left of the run."""
        all_series, changed = dict(self._series), []
        for (number, key), before in self._series.items():
            newest = before.end.newest if number == trial else None
            if newest is None or newest["sequence"] < after:
                continue
            changed.append((key, before))
            if (rest := cut(tx, before, key, after, aside, cuts)) is None:
                del all_series[trial, key]
                self._standing.without(trial, key)
            else:
                all_series[trial, key] = rest
                self._standing.last(trial, {key: _last(rest)})
                self._standing.ends(trial, key, rest.tail)
        for key, before in changed:
            if self._standing.has_bound(key, *before.end.bounds):
                ends = [each.end.bounds for (_, other), each in all_series.items() if other == key]
                known = [end for end in ends if math.isfinite(end[0])]
                low, high = (min(low for low, _ in known), max(high for _, high in known)) if known else (None, None)
                self._standing.bounds(key, low, high)
        left = {key for _, key in all_series}
        self._standing.write(tx, [key for key, _ in changed if key in left])
        nowhere = [key for key, _ in changed if key not in left]
        tx.execute(delete(run_metrics).where(run_metrics.c.run == self._standing.run, run_metrics.c.key.in_(nowhere)))
        return all_series

    def _stands_after(self, book: TrialBook, trial: int, after: int, all_series: SeriesByKey) -> TrialBook:
        """Returns how a trial stands by the series that are left."""
        there = {key: one for key in book.last if (one := all_series.get((trial, storable(key)))) is not None}
        last = {key: _last(one) for key, one in there.items()}
        own = trial_state.goal_of(self.goal, last)
        values = [value for value in there[own.key].end.bounds if math.isfinite(value)] if own.key in there else []
        return replace(book, sequence=after, last=last, best=own.best(values), best_of=own.key)

    def _drop_beyond(self, tx: Connection, trial: int, after: int, aside: int) -> list[int]:
        """Forgets the checkpoints of what was set aside: the line has not come to them. Returns their iterations."""
        first = select(func.min(aside_points.c.time)).join(aside_series, aside_series.c.id == aside_points.c.series)
        began = tx.execute(first.where(aside_series.c.aside == aside, aside_points.c.sequence == after)).scalar()
        mine = (checkpoints.c.run_id == self.run_id) & (checkpoints.c.trial == trial)
        beyond = checkpoints.c.reports > after
        if began is not None:  # of what an older version wrote only the hour is known
            beyond |= checkpoints.c.reports.is_(None) & (checkpoints.c.at > began)
        return list(tx.execute(delete(checkpoints).where(mine, beyond).returning(checkpoints.c.iteration)).scalars())


def _said(attempt: int, trial: int, after: int, many: int) -> str:
    how = f"goes on after report {after:,}" if after else "begins anew"
    return f"attempt {attempt}: trial {trial} {how}; {many:,} report{'s' * (many != 1)} set aside"


def _last(one: StoredSeries) -> float | None:
    newest = one.end.newest
    return None if newest is None else _finite(float(newest["last"]))


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
