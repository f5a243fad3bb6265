"""A run moves only along MOVES, each move is one event, and a stale attempt changes nothing."""

import itertools
import time

import pytest

from backend.errors import IllegalMove, StaleAttempt, UnknownRun
from backend.model import MOVES, RunState, TrialState
from backend.store import queries, runs, wishes
from backend.store.database import Database
from tests.conftest import LAKE, content

PATHS = {
    RunState.QUEUED: [],
    RunState.RUNNING: [RunState.RUNNING],
    RunState.SUCCEEDED: [RunState.RUNNING, RunState.SUCCEEDED],
    RunState.FAILED: [RunState.FAILED],
    RunState.STOPPED: [RunState.STOPPED],
    RunState.LOST: [RunState.LOST],
}


def made(database: Database, state: RunState = RunState.QUEUED) -> str:
    run_id = runs.create(database, content(LAKE), [1, 2])
    for step in PATHS[state]:
        runs.move(database, run_id, step)
    return run_id


@pytest.mark.parametrize(("start", "end"), list(itertools.product(RunState, RunState)), ids=str)
def test_every_pair_of_states(database: Database, start: RunState, end: RunState) -> None:
    run_id = made(database, start)
    before = len(queries.history(database, run_id))
    if end in MOVES[start]:
        runs.move(database, run_id, end, "because")
        assert queries.run(database, run_id).state is end
        assert queries.history(database, run_id)[-1].move == end
        assert queries.history(database, run_id)[-1].note == "because"
    else:
        with pytest.raises(IllegalMove):
            runs.move(database, run_id, end)
        assert queries.run(database, run_id).state is start
        assert len(queries.history(database, run_id)) == before


def test_an_unknown_run_is_said_to_be_unknown(database: Database) -> None:
    for ask in (
        lambda: runs.move(database, "nope", RunState.LOST),
        lambda: queries.run(database, "nope"),
        lambda: runs.remove(database, "nope"),
    ):
        with pytest.raises(UnknownRun):
            ask()


def test_the_same_launch_key_starts_one_run(database: Database) -> None:
    first, second = (runs.create(database, content(LAKE), [1], launch_key="a click") for _ in range(2))
    assert first == second
    assert len(queries.all_runs(database)) == 1


def test_repeats_differ_in_what_their_kind_says_repeats_differ_in(database: Database) -> None:
    spec = {"kind": "rl", "name": "a", "seeds": [1], "node": 1}
    same = [
        runs.create(database, spec | other, [1], alike={"name", "node"}) for other in ({}, {"name": "b", "node": 2})
    ]
    other = runs.create(database, spec | {"seeds": [2]}, [2], alike={"name", "node"})
    keys = [queries.run(database, run_id).group_key for run_id in (*same, other)]
    assert keys[0] == keys[1] != keys[2]


def test_a_stale_attempt_changes_nothing(database: Database) -> None:
    run_id = made(database)
    runs.claim(database, run_id, 1, "host", {})
    runs.move(database, run_id, RunState.LOST, "silent")
    runs.requeue(database, run_id)
    for write in (
        lambda: wishes.beat(database, run_id, 1),
        lambda: runs.finish(database, run_id, 1, RunState.SUCCEEDED),
        lambda: runs.claim(database, run_id, 1, "host", {}),
    ):
        with pytest.raises(StaleAttempt):
            write()
    assert queries.run(database, run_id).state is RunState.QUEUED
    runs.claim(database, run_id, 2, "host", {})
    with pytest.raises(StaleAttempt):
        runs.claim(database, run_id, 2, "another", {})


def test_a_heartbeat_brings_a_lost_run_back_and_keeps_a_living_one_from_being_lost(database: Database) -> None:
    run_id = made(database)
    runs.claim(database, run_id, 1, "host", {})
    seen = queries.run(database, run_id)
    runs.move(database, run_id, RunState.LOST, "silent", seen=seen, error="silent")
    assert wishes.beat(database, run_id, 1) == wishes.Beat(stop_requested=False, came_back=True)
    back = queries.run(database, run_id)
    assert (back.state, back.error, back.ended_at) == (RunState.RUNNING, "", None)
    with pytest.raises(IllegalMove):
        runs.move(database, run_id, RunState.LOST, "silent", seen=seen)


def test_a_reader_with_an_old_picture_cannot_touch_the_next_attempt(database: Database) -> None:
    run_id = made(database)
    queued = queries.run(database, run_id)
    runs.claim(database, run_id, 1, "host", {})
    running = queries.run(database, run_id)
    runs.move(database, run_id, RunState.LOST, "silent", seen=running)
    runs.requeue(database, run_id)
    for seen in (queued, running):
        with pytest.raises(IllegalMove):
            runs.move(database, run_id, RunState.LOST, "silent", seen=seen)
    assert queries.run(database, run_id).state is RunState.QUEUED


def test_a_driver_that_ends_while_taken_for_lost_has_its_end(database: Database) -> None:
    run_id = made(database)
    runs.claim(database, run_id, 1, "host", {})
    runs.move(database, run_id, RunState.LOST, "silent")
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    assert queries.run(database, run_id).state is RunState.SUCCEEDED


def test_a_stop_request_is_seen_by_the_next_heartbeat_and_noted_once(database: Database) -> None:
    run_id = made(database)
    runs.claim(database, run_id, 1, "host", {})
    runs.request_stop(database, run_id)
    runs.request_stop(database, run_id)
    assert wishes.beat(database, run_id, 1).stop_requested
    assert queries.run(database, run_id).is_stopping
    assert [event.move for event in queries.history(database, run_id)].count("stop requested") == 1


def test_no_trial_runs_in_a_run_that_is_over_and_resume_queues_the_unfinished(database: Database) -> None:
    run_id = made(database, RunState.RUNNING)
    runs.move(database, run_id, RunState.STOPPED)
    assert {trial.state for trial in queries.run(database, run_id).trials} == {TrialState.STOPPED}
    runs.requeue(database, run_id)
    again = queries.run(database, run_id)
    assert {trial.state for trial in again.trials} == {TrialState.QUEUED}
    assert (again.attempt, again.job_id, again.stop_requested_at) == (2, None, None)


def test_an_active_run_is_not_deleted_and_a_deleted_one_is_gone(database: Database) -> None:
    run_id = made(database)
    with pytest.raises(IllegalMove):
        runs.remove(database, run_id)
    runs.request_stop(database, run_id)
    runs.remove(database, run_id)
    assert queries.all_runs(database) == []
    with pytest.raises(UnknownRun):
        queries.run(database, run_id)


def test_a_query_finds_by_words_taken_literally(database: Database) -> None:
    wanted = runs.create(database, content({**LAKE, "name": "50% <b>done</b>"}), [1])
    made(database)
    assert [run.id for run in queries.all_runs(database, query="50% frozenlake")] == [wanted]
    assert queries.all_runs(database, query="100%") == []


def test_a_runs_duration_ends_with_it(database: Database) -> None:
    run_id = made(database)
    runs.claim(database, run_id, 1, "host", {})
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    run = queries.run(database, run_id)
    assert run.duration(time.time()) == run.duration(time.time() + 100)
