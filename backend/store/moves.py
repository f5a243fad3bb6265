"""What happens to a run inside a transaction: its moves, its events, the ends of its parts."""

import time
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from backend.errors import IllegalMove, UnknownRun
from backend.model import ACTIVE, MOVES, Run, RunState, TaskState, TrialState
from backend.store.schema import UNUSUAL, events, fanouts, runs, tasks, trials


def move_in(
    tx: Connection, run_id: str, to: RunState, note: str, values: dict[str, Any], seen: Run | None = None
) -> None:
    now = time.time()
    origins = [state for state, targets in MOVES.items() if to in targets]
    change = (
        update(runs)
        .where(runs.c.id == run_id, runs.c.state.in_(origins), runs.c.deleted_at.is_(None))
        .values(state=to, **values)
    )
    if seen is not None:
        same_beat = runs.c.heartbeat_at.is_not_distinct_from(seen.heartbeat_at)
        change = change.where(runs.c.attempt == seen.attempt, runs.c.state == seen.state, same_beat)
    if to not in ACTIVE:
        change = change.values(ended_at=now, waits_for="")
    if tx.execute(change).rowcount == 0:
        raise why_not(tx, run_id, to)
    if to not in ACTIVE:
        _end_trials(tx, run_id, to, now)
        _end_tasks(tx, run_id)
    event_in(tx, run_id, to, note, now)


def why_not(tx: Connection, run_id: str, to: RunState) -> Exception:
    state = tx.execute(state_of(run_id)).scalar()
    return UnknownRun(run_id) if state is None else IllegalMove(f"A run that is {state} cannot become {to}.")


def proposes(tx: Connection, run_id: str) -> bool:
    """Whether a run's trials are proposed on its way, so that those that did not succeed stay as they are."""
    return "space" in tx.execute(select(runs.c.spec).where(runs.c.id == run_id)).scalar_one()


def _end_trials(tx: Connection, run_id: str, to: RunState, now: float) -> None:
    """No trial stays running in a run that is over."""
    left = TrialState.FAILED if to is RunState.FAILED and not proposes(tx, run_id) else TrialState.STOPPED
    running = update(trials).where(trials.c.run_id == run_id, trials.c.state == TrialState.RUNNING)
    tx.execute(running.values(state=left, ended_at=now))
    waiting = update(trials).where(trials.c.run_id == run_id, trials.c.state == TrialState.QUEUED)
    tx.execute(waiting.values(state=TrialState.STOPPED))


def _end_tasks(tx: Connection, run_id: str) -> None:
    """No task stays running either. Those that were run many at a time have no row so far, and are queued as before."""
    running = update(tasks).where(tasks.c.run_id == run_id, tasks.c.state == TaskState.RUNNING, UNUSUAL)
    stopped = tx.execute(running.values(state=TaskState.STOPPED)).rowcount
    tx.execute(update(fanouts).where(fanouts.c.run_id == run_id).values(running=0, stopped=fanouts.c.stopped + stopped))


def event_in(tx: Connection, run_id: str, moved_to: str, note: str, now: float) -> None:
    tx.execute(insert(events).values(run_id=run_id, at=now, move=moved_to, note=note))


def state_of(run_id: str) -> Select[str]:
    """The state of a run that is not deleted, held until the transaction ends."""
    return select(runs.c.state).where(runs.c.id == run_id, runs.c.deleted_at.is_(None)).with_for_update()
