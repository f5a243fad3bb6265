"""What was reported is stored once, in order, by the attempt that owns the run, and survives a full disk."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection

from backend.errors import NotANumber, StaleAttempt, StoreUnavailable
from backend.model import RunState, TrialState
from backend.store import queries, runs, wishes
from backend.store.database import BUSY_SECONDS, Database
from backend.store.recording.recorder import FLUSH_SECONDS, Recorder
from backend.store.series import read
from tests.conftest import LAKE, ON_SQLITE, content, poll
from tests.store.test_rollups import check


@pytest.fixture
def run_id(database: Database) -> str:
    made = runs.create(database, content(LAKE), [1, 2])
    runs.claim(database, made, 1, "host", {})
    return made


@pytest.fixture
def recorder(database: Database, run_id: str) -> Iterator[Recorder]:
    made = Recorder(database, run_id, 1)
    yield made
    made.abandon()


def test_reports_are_on_disk_within_a_second_without_asking(
    database: Database, run_id: str, recorder: Recorder
) -> None:
    recorder.report(0, 10, {"return_mean": 1.5, "learner/loss": 2.0})
    assert FLUSH_SECONDS < 1
    poll(lambda: read.read(database, [run_id], ["return_mean"]))
    trial = queries.run(database, run_id).trials[0]
    assert (trial.best, trial.reports, trial.last["learner/loss"]) == (1.5, 1, 2.0)


def test_all_keys_of_a_report_share_its_sequence_and_nan_is_a_gap(
    database: Database, run_id: str, recorder: Recorder
) -> None:
    for step, value in enumerate([1.0, math.nan, 3.0]):
        recorder.report(1, step, {"return_mean": value, "env_steps": step})
    recorder.report(1, 3, {"env_steps": 3.0})
    recorder.close()
    steps, rewards = sorted(read.read(database, [run_id], ["return_mean", "env_steps"]), key=lambda each: each.key)
    assert list(steps.records["sequence"]) == [0, 1, 2, 3]
    assert list(rewards.records["sequence"]) == [0, 1, 2]
    np.testing.assert_array_equal(rewards.mean, [1.0, math.nan, 3.0])
    assert queries.run(database, run_id).best == 3.0


def test_a_resumed_attempt_goes_on_with_the_sequence(database: Database, run_id: str, recorder: Recorder) -> None:
    recorder.report(0, 1, {"return_mean": 1.0})
    recorder.close()
    runs.finish(database, run_id, 1, RunState.STOPPED)
    runs.requeue(database, run_id)
    runs.claim(database, run_id, 2, "host", {})
    second = Recorder(database, run_id, 2)
    second.report(0, 1, {"return_mean": 2.0})
    second.close()
    (curve,) = read.read(database, [run_id], ["return_mean"])
    assert list(curve.records["sequence"]) == [0, 1]


def test_a_stale_attempt_writes_nothing(database: Database, run_id: str, recorder: Recorder) -> None:
    runs.move(database, run_id, RunState.LOST)
    runs.requeue(database, run_id)
    recorder.report(0, 1, {"return_mean": 1.0})
    with pytest.raises(StaleAttempt):
        recorder.flush()
    assert read.read(database, [run_id], ["return_mean"]) == []


@ON_SQLITE
def test_a_full_disk_loses_nothing(database: Database, run_id: str, recorder: Recorder) -> None:
    """SQLite itself says that the database is full; once there is room, everything reported is written."""
    recorder.trial(0, state=TrialState.RUNNING)
    recorder.flush()
    with database.read() as connection:
        pages = connection.exec_driver_sql("pragma page_count").scalar()
    _limit(database, pages)
    for step in range(20_000):
        recorder.report(0, step, {"return_mean": float(step)})
    with pytest.raises(StoreUnavailable, match="disk is full"):
        recorder.flush()
    assert read.read(database, [run_id], ["return_mean"]) == []
    _limit(database, 2**30)
    recorder.close()
    (curve,) = read.read(database, [run_id], ["return_mean"])
    assert curve.length == 20_000
    assert (curve.min[0], curve.max[-1]) == (0, 19_999)


def _limit(database: Database, pages: int) -> None:
    """Gives every connection a largest size of the file."""
    from sqlalchemy import event

    database.engine.dispose()
    event.listen(database.engine, "connect", lambda connection, _: connection.execute(f"pragma max_page_count={pages}"))


def test_a_run_that_comes_back_has_its_trials_back(database: Database, run_id: str, recorder: Recorder) -> None:
    recorder.trial(0, state=TrialState.RUNNING)
    recorder.flush()
    runs.move(database, run_id, RunState.LOST, "silent")
    assert queries.run(database, run_id).trials[0].state is TrialState.STOPPED
    assert wishes.beat(database, run_id, 1).came_back
    recorder.rewrite()
    recorder.flush()
    trial = queries.run(database, run_id).trials[0]
    assert (trial.state, trial.ended_at) == (TrialState.RUNNING, None)


@ON_SQLITE
def test_a_report_does_not_wait_for_a_locked_database(database: Database, run_id: str, recorder: Recorder) -> None:
    took = []
    with database.write():
        for _ in range(3):  # the thread waits for the lock, and whoever reports much would have written itself
            began = time.monotonic()
            for step in range(25_000):
                recorder.report(0, step, {"return_mean": 1.0})
            took.append(time.monotonic() - began)
    recorder.close()
    assert max(took) < BUSY_SECONDS / 2, "who waits for a lock waits as long as that"
    assert queries.run(database, run_id).trials[0].reports == 75_000


@ON_SQLITE
def test_what_cannot_be_written_is_kept_up_to_a_limit(
    database: Database, run_id: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.store.recording.inbox.FLUSH_POINTS", 10)
    monkeypatch.setattr("backend.store.recording.inbox.MOST_HELD", 100)
    monkeypatch.setattr("backend.store.recording.recorder.FLUSH_SECONDS", 0.001)
    monkeypatch.setattr(database, "write", _refused)
    for step in range(300):
        recorder.report(0, step, {"return_mean": 1.0})
    monkeypatch.undo()
    recorder.close()
    (found,) = read.read(database, [run_id], ["return_mean"])
    assert found.length == 300


def _refused(patience: float | None = None) -> None:
    raise StoreUnavailable("locked")


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_that_breaks_around_the_commit_writes_once(
    database: Database, run_id: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """Whether it was committed, the database is asked."""
    whole, broken = database.write, []

    @contextmanager
    def breaking(patience: float | None = None) -> Iterator[Connection]:
        with whole(patience) as tx:
            yield tx
            if moment == "before" and len(broken) < 2:
                broken.append(True)
                raise StoreUnavailable("the connection broke")
        if moment == "after" and len(broken) < 2:
            broken.append(True)
            raise StoreUnavailable("the connection broke")

    monkeypatch.setattr(database, "write", breaking)
    for step in range(50):
        recorder.report(0, step, {"return_mean": float(step)})
        if step % 20 == 10:
            with suppress(StoreUnavailable):
                recorder.flush()
    recorder.flush()
    broken.clear()
    recorder.note("left out", "a word")
    recorder.finish(RunState.SUCCEEDED)
    assert broken
    assert [each.note for each in queries.history(database, run_id) if each.move == "left out"] == ["a word"]
    (line,) = read.read(database, [run_id], ["return_mean"])
    assert list(line.mean) == list(range(50))
    assert queries.run(database, run_id).trials[0].reports == 50
    check(database, run_id)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_end_that_breaks_around_its_commit_is_written_once(
    database: Database, run_id: str, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr("backend.store.recording.recorder.RETRY_SECONDS", 0.0)
    whole, ended = runs.finish, []

    def breaking(*end: Any) -> None:
        if moment == "after":
            whole(*end)
        if not ended:
            ended.append(True)
            raise StoreUnavailable("the connection broke")
        if moment == "before":
            whole(*end)

    monkeypatch.setattr("backend.store.recording.recorder.finish", breaking)
    recorder.finish(RunState.SUCCEEDED)
    assert queries.run(database, run_id).state is RunState.SUCCEEDED
    assert [each.move for each in queries.history(database, run_id)].count("succeeded") == 1


def test_a_key_that_is_no_text_is_recorded_as_what_it_says(database: Database, run_id: str, recorder: Recorder) -> None:
    recorder.report(0, 1, {7: 1.5, "return_mean": 2.0})  # type: ignore[dict-item]
    recorder.report(0, 2, {7: 2.5, "return_mean": 2.0})  # type: ignore[dict-item]
    with pytest.raises(NotANumber) as caught:
        recorder.report(0, 3, {8: "high"})  # type: ignore[dict-item]
    assert "8" in str(caught.value)
    recorder.close()
    assert queries.run(database, run_id).trials[0].last["7"] == 2.5
    assert [curve.length for curve in read.read(database, [run_id], ["7", "return_mean"])] == [2, 2]
