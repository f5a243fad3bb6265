"""Every state change of a run: each one conditional UPDATE plus one event row in one transaction."""

import json
import secrets
import time
from collections.abc import Container, Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from backend.errors import IllegalMove, StaleAttempt, UnknownRun
from backend.model import ACTIVE, ALIKE, Run, RunState, TaskState, TrialState
from backend.model.goals import METRICS_VERSION
from backend.store.database import Database
from backend.store.find import settings
from backend.store.moves import event_in, move_in, proposes, state_of
from backend.store.schema import UNUSUAL, failures, fanouts, runs, tasks, trials

ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else
SHORT = 300
GONE_SECONDS = 3.0  # after so many without a heartbeat its own script may take a run over


def create(
    database: Database,
    spec: dict[str, Any],
    seeds: Iterable[int | None],
    *,
    total: int | None = None,
    launch_key: str | None = None,
    alike: Container[str] = ALIKE,
    **columns: Any,
) -> str:
    """Stores a new queued run with a queued trial for each seed and returns its id; `total` is how many tasks a fan-out
    has.

    Runs whose specs differ in the fields `alike` only are repeats of each other.
    With a `launch_key` that was used before, returns the run of then: a double click starts one run.
    """
    parts = [
        {"seed": seed, "params": {} if seed is None else {"seed": seed}, "state": TrialState.QUEUED} for seed in seeds
    ]
    try:
        with database.write() as tx:
            run_id = _insert(tx, spec, parts, alike, launch_key=launch_key, **columns)
            if total is not None:
                tx.execute(insert(fanouts).values(run_id=run_id, total=total))
            return run_id
    except IntegrityError:
        with database.read() as connection:
            earlier_id = connection.execute(select(runs.c.id).where(runs.c.launch_key == launch_key)).scalar()
        if earlier_id is None:
            raise
        return str(earlier_id)


def begin(
    database: Database, spec: dict[str, Any], host: str, versions: dict[str, str], *, with_trial: bool = True
) -> str:
    """Stores a run that a script does by itself, already running, with one trial if asked for. Returns its id."""
    now = time.time()
    whole = {"seed": spec.get("seed"), "params": spec["params"], "state": TrialState.RUNNING, "started_at": now}
    with database.write() as tx:
        run_id = _insert(tx, spec, [whole] if with_trial else [])
        move_in(
            tx,
            run_id,
            RunState.RUNNING,
            f"tracked on {host}",
            {"heartbeat_at": now, "started_at": now, "host": host, "versions": versions},
        )
    return run_id


def _insert(
    tx: Connection, spec: dict[str, Any], parts: list[dict[str, Any]], alike: Container[str] = ALIKE, **columns: Any
) -> str:
    run_id, now = "".join(secrets.choice(ALPHABET) for _ in range(8)), time.time()
    row = {
        "id": run_id, "name": spec["name"], "kind": spec["kind"], "spec": spec, "group_key": group_key(spec, alike),
        "state": RunState.QUEUED, "attempt": 1, "created_at": now, "metrics_version": METRICS_VERSION,
    }  # fmt: skip
    ordinal = tx.execute(insert(runs).returning(runs.c.ordinal), row | columns).scalar_one()
    trial_settings = [(number, settings.of_trial(part["params"], part["seed"])) for number, part in enumerate(parts)]
    settings.write(tx, settings.rows(ordinal, settings.of_spec(spec) | settings.words(run_id, spec), trial_settings))
    if parts:
        tx.execute(insert(trials), [{"run_id": run_id, "number": number, **part} for number, part in enumerate(parts)])
    event_in(tx, run_id, RunState.QUEUED, "launched", now)
    return run_id


def group_key(spec: dict[str, Any], alike: Container[str] = ALIKE) -> str:
    """Returns a key that is equal for specs that differ only in the fields `alike`."""
    return json.dumps({key: value for key, value in spec.items() if key not in alike}, sort_keys=True)


def move(
    database: Database, run_id: str, to: RunState, note: str = "", *, seen: Run | None = None, **values: Any
) -> None:
    """Moves a run to another state and sets further columns with it.

    With `seen` it applies only if the run is still as a reader saw it: same attempt, same state, no heartbeat since.
    So a reader with an old picture never overrules a living driver or a later attempt.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: its present state does not lead there, or it is no longer as it was seen.
    """
    with database.write() as tx:
        move_in(tx, run_id, to, note, values, seen)


def request_stop(database: Database, run_id: str) -> None:
    """Asks a running run to stop, or stops a queued one at once. Asking twice is asking once.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: the run is over.
    """
    with database.write() as tx:
        state = tx.execute(state_of(run_id)).scalar()
        if state is None:
            raise UnknownRun(run_id)
        if state == RunState.QUEUED:
            move_in(tx, run_id, RunState.STOPPED, "stopped by you while queued", {})
        elif state == RunState.RUNNING:
            wish = update(runs).where(runs.c.id == run_id, runs.c.stop_requested_at.is_(None))
            if tx.execute(wish.values(stop_requested_at=time.time())).rowcount:
                event_in(tx, run_id, "stop requested", "", time.time())
        else:
            raise IllegalMove(f"The run is {state}; there is nothing to stop.")


def requeue(database: Database, run_id: str, also: RunState | None = None) -> None:
    """Queues the next attempt of a run that is over; its trials that did not succeed go on where they were.

    Of a sweep, what was pruned or failed stays so. `also` allows one more state to go on from: a sweep that succeeded.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: the run is active or has succeeded.
    """
    with database.write() as tx:
        _requeue(tx, run_id, also)


def requeue_failed(database: Database, run_id: str) -> None:
    """Queues the next attempt of a fan-out, which tries what failed again, along with what is left.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: the run is active, or nothing failed.
    """
    with database.write() as tx:
        if tx.execute(state_of(run_id)).scalar() is None:
            raise UnknownRun(run_id)
        failed = tx.execute(select(fanouts.c.failed).where(fanouts.c.run_id == run_id)).scalar()
        if not failed:
            raise IllegalMove("No task of this run failed.")
        _requeue(tx, run_id, also=RunState.SUCCEEDED)
        again = update(tasks).where(tasks.c.run_id == run_id, tasks.c.state == TaskState.FAILED, UNUSUAL)
        tx.execute(again.values(state=TaskState.QUEUED, error=None, failure=None))
        tx.execute(delete(failures).where(failures.c.run_id == run_id))
        tx.execute(update(fanouts).where(fanouts.c.run_id == run_id).values(failed=0))


def reopen(database: Database, run_id: str, host: str, versions: dict[str, str]) -> int:
    """Begins the next attempt of a run that a script does by itself, at once, also if its process was just killed.

    Returns the attempt's number.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: the run is active or has succeeded.
    """
    with database.write() as tx:
        left = (
            (runs.c.id == run_id)
            & (runs.c.state == RunState.RUNNING)
            & (runs.c.heartbeat_at < time.time() - GONE_SECONDS)
        )
        if tx.execute(select(runs.c.id).where(left).with_for_update()).first():
            move_in(tx, run_id, RunState.LOST, "its process ended without a word", {})
        _requeue(tx, run_id)
        attempt = int(tx.execute(select(runs.c.attempt).where(runs.c.id == run_id)).scalar_one())
        _claim(tx, run_id, attempt, host, versions)
        return attempt


def _requeue(tx: Connection, run_id: str, also: RunState | None = None) -> None:
    state = tx.execute(state_of(run_id)).scalar()
    if state == RunState.SUCCEEDED and also is not RunState.SUCCEEDED:
        raise IllegalMove("The run has succeeded; there is nothing left to do.")
    fresh: dict[str, Any] = {
        "attempt": runs.c.attempt + 1, "job_id": None, "heartbeat_at": None, "stop_requested_at": None,
        "ended_at": None, "error": "", "traceback": "", "waits_for": "", "archived": False,
    }  # fmt: skip
    move_in(tx, run_id, RunState.QUEUED, "resumed", fresh)
    left = (trials.c.state == TrialState.STOPPED) & trials.c.stop_requested_at.is_(None)
    goes_on = left if proposes(tx, run_id) else trials.c.state != TrialState.SUCCEEDED
    unfinished = (trials.c.run_id == run_id) & goes_on
    tx.execute(update(trials).where(unfinished).values(state=TrialState.QUEUED, ended_at=None, error=""))
    waiting = update(tasks).where(tasks.c.run_id == run_id, tasks.c.state == TaskState.STOPPED, UNUSUAL)
    tx.execute(waiting.values(state=TaskState.QUEUED))
    tx.execute(update(fanouts).where(fanouts.c.run_id == run_id).values(stopped=0))


def set_job(database: Database, run_id: str, attempt: int, job_id: str) -> None:
    """Notes the Ray Job of an attempt."""
    with database.write() as tx:
        tx.execute(update(runs).where(runs.c.id == run_id, runs.c.attempt == attempt).values(job_id=job_id))


def claim(database: Database, run_id: str, attempt: int, host: str, versions: dict[str, str]) -> None:
    """Takes a queued run for the driver of `attempt`.

    Raises:
        UnknownRun: the run was deleted meanwhile.
        StaleAttempt: it was stopped or resumed meanwhile; the driver must end.
    """
    with database.write() as tx:
        _claim(tx, run_id, attempt, host, versions)


def _claim(tx: Connection, run_id: str, attempt: int, host: str, versions: dict[str, str]) -> None:
    now = time.time()
    present = tx.execute(state_of(run_id).add_columns(runs.c.attempt, runs.c.started_at)).first()
    if present is None:
        raise UnknownRun(run_id)
    if present.attempt != attempt or present.state != RunState.QUEUED:
        raise StaleAttempt(
            f"Attempt {attempt} of {run_id} is no longer wanted (attempt {present.attempt}, {present.state})."
        )
    values = {"heartbeat_at": now, "started_at": present.started_at or now, "host": host, "versions": versions}
    move_in(tx, run_id, RunState.RUNNING, f"attempt {attempt} on {host}", values)


def finish(
    database: Database, run_id: str, attempt: int, to: RunState, note: str = "", error: str = "", traceback: str = ""
) -> None:
    """Ends an attempt, by its own driver. Twice is once: the connection may have broken right after the commit.

    Raises:
        StaleAttempt: another attempt has taken over.
    """
    with database.write() as tx:
        present = tx.execute(select(runs.c.attempt, runs.c.state).where(runs.c.id == run_id).with_for_update()).first()
        if present is None or present.attempt != attempt:
            raise StaleAttempt(f"Attempt {attempt} of {run_id} is no longer wanted.")
        if present.state == RunState.LOST and to is not RunState.LOST:  # a reader gave it up too early
            move_in(tx, run_id, RunState.RUNNING, "the driver came back", {"ended_at": None})
        if present.state != to:
            move_in(tx, run_id, to, note or error[:SHORT], {"error": error, "traceback": traceback})


def note(database: Database, run_id: str, what: str, said: str) -> None:
    """Adds an event that changes no state."""
    with database.write() as tx:
        event_in(tx, run_id, what, said, time.time())


def hold(tx: Connection, run_id: str, attempt: int) -> None:
    """Makes sure that an attempt may still write, until the transaction ends (fencing).

    Raises:
        StaleAttempt: another attempt has taken over, or the run is over.
    """
    owner = tx.execute(select(runs.c.attempt, runs.c.state).where(runs.c.id == run_id).with_for_update()).first()
    if owner is None or owner.attempt != attempt or owner.state not in (RunState.RUNNING, RunState.LOST):
        raise StaleAttempt(f"Attempt {attempt} of {run_id} is no longer wanted.")


def remove(database: Database, run_id: str) -> None:
    """Deletes a run for everybody at once; `space.purge` clears what it recorded.

    Raises:
        UnknownRun: no run has that id.
        IllegalMove: it is active; stop it first.
    """
    with database.write() as tx:
        state = tx.execute(state_of(run_id)).scalar()
        if state is None:
            raise UnknownRun(run_id)
        if RunState(state) in ACTIVE:
            raise IllegalMove(f"The run is {state}. Stop it before deleting it.")
        _remove(tx, runs.c.id == run_id)


def remove_over(database: Database, run_ids: Sequence[str]) -> int:
    """Deletes those of the runs that are over, as `remove` does, and returns how many; what is active,
    or gone, stays as it is."""
    with database.write() as tx:
        return _remove(tx, runs.c.id.in_(list(run_ids)) & runs.c.state.not_in(ACTIVE) & runs.c.deleted_at.is_(None))


def _remove(tx: Connection, which: ColumnElement[bool]) -> int:
    """The next attempt is nobody's: a driver that was given up, but lives, can write no more."""
    gone = {"deleted_at": time.time(), "attempt": runs.c.attempt + 1, "launch_key": None}
    return tx.execute(update(runs).where(which).values(**gone)).rowcount
