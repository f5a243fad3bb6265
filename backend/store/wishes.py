"""What a person asks of a run after its launch, and what each heartbeat brings of it to the driver."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select, update

from backend.errors import IllegalMove, StaleAttempt, UnknownRun
from backend.model import RunState, TrialState
from backend.store.database import Database
from backend.store.moves import event_in, move_in, state_of
from backend.store.schema import runs, trials


@dataclass(frozen=True)
class Wishes:
    """What a person asked of a run after its launch, in the words of its kind: where nothing
    is asked, the spec holds."""

    asked: Mapping[str, Any] = field(default_factory=dict)
    stopped_trials: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Beat:
    """What a heartbeat brings back: whether a stop is requested, whether the run had been given up
    as lost, further wishes."""

    stop_requested: bool
    came_back: bool
    wishes: Wishes = Wishes()


def beat(database: Database, run_id: str, attempt: int, waits_for: str = "") -> Beat:
    """Writes a heartbeat; a run given up as lost comes back.

    Raises:
        StaleAttempt: the run is over, deleted, or in another attempt; the driver must end.
    """
    with database.write() as tx:
        mine = (runs.c.id == run_id) & (runs.c.attempt == attempt)
        columns = (runs.c.state, runs.c.stop_requested_at, runs.c.wishes)
        row = tx.execute(select(*columns).where(mine).with_for_update()).first()
        if row is None or row.state not in (RunState.RUNNING, RunState.LOST):
            raise StaleAttempt(f"Attempt {attempt} of {run_id} is no longer wanted.")
        if row.state == RunState.LOST:
            move_in(tx, run_id, RunState.RUNNING, "the heartbeat came back", {"ended_at": None, "error": ""})
        tx.execute(update(runs).where(mine).values(heartbeat_at=time.time(), waits_for=waits_for))
        return Beat(row.stop_requested_at is not None, row.state == RunState.LOST, _wishes(tx, run_id, row))


def _wishes(tx: Connection, run_id: str, row: Any) -> Wishes:
    stopped = select(trials.c.number).where(trials.c.run_id == run_id, trials.c.stop_requested_at.is_not(None))
    return Wishes(row.wishes, frozenset(tx.execute(stopped).scalars()))


def wishes(database: Database, run_id: str) -> Wishes:
    """Returns what a person asked of a run after its launch."""
    with database.write() as tx:
        return _wishes(tx, run_id, tx.execute(select(runs.c.wishes).where(runs.c.id == run_id)).one())


def ask(database: Database, run_id: str, **changes: float) -> None:
    """Changes what is asked of a run beside its spec, such as a sweep's samples; each change is an event.

    Raises:
        UnknownRun: no run has that id.
    """
    with database.write() as tx:
        before = tx.execute(state_of(run_id).add_columns(runs.c.spec, runs.c.wishes).with_for_update()).first()
        if before is None:
            raise UnknownRun(run_id)
        if changes:
            tx.execute(update(runs).where(runs.c.id == run_id).values(wishes={**before.wishes, **changes}))
        for name, value in changes.items():
            was = before.wishes.get(name, before.spec.get(name))
            if (was or 0) != value:
                note = " → ".join(f"{each:g}" if each else "no limit" for each in (was, value))
                event_in(tx, run_id, name.replace("_s", " (s)").replace("_", " "), note, time.time())


def request_trial_stop(database: Database, run_id: str, number: int) -> None:
    """Asks for one trial of a sweep to end for good after its next report. Asking twice is asking once.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: the run has no such trial, or it is over.
    """
    with database.write() as tx:
        if tx.execute(state_of(run_id)).first() is None:
            raise UnknownRun(run_id)
        active = trials.c.state.in_([TrialState.QUEUED, TrialState.RUNNING])
        wish = update(trials).where(
            trials.c.run_id == run_id, trials.c.number == number, active, trials.c.stop_requested_at.is_(None)
        )
        if tx.execute(wish.values(stop_requested_at=time.time())).rowcount:
            event_in(tx, run_id, "trial stop requested", f"trial {number}", time.time())
            return
        state = tx.execute(select(trials.c.state).where(trials.c.run_id == run_id, trials.c.number == number)).scalar()
        if state not in (TrialState.QUEUED, TrialState.RUNNING):
            raise IllegalMove(
                f"Trial {number} is {state}; there is nothing to stop." if state else f"There is no trial {number}."
            )
