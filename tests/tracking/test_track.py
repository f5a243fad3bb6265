"""A script of one's own: what it logs is there, however it ends."""

import datetime
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch

import backend
from backend import api
from backend.api import kinds
from backend.cluster import head
from backend.errors import IllegalMove, InvalidSpec, NotANumber
from backend.model import Run, RunState, TrialState
from backend.settings import ROOT
from backend.store import queries, runs
from backend.store.database import BUSY_SECONDS, Database
from backend.store.series import read
from backend.tracking.track import TrackedRun
from tests.conftest import ON_SQLITE, SOON, poll
from tests.store.test_rollups import check


def present(database: Database, run_id: str) -> Run:
    return queries.run(database, run_id)


def test_a_key_that_is_no_text_and_an_end_that_cannot_be_written_leave_the_script_alone(
    database: Database, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = backend.track("classes")
    run.log({3: 0.5})  # type: ignore[dict-item]
    run.finish()
    assert present(database, run.id).trials[0].last == {"3": 0.5}
    odd = backend.track("odd")
    monkeypatch.setattr(odd._session.recorder, "end", lambda *_: 1 / 0)
    odd.finish()
    assert "division by zero" in capsys.readouterr().err
    odd._session.recorder.abandon()


def test_a_run_is_there_while_its_block_works_and_has_succeeded_after(database: Database) -> None:
    with backend.track("mine", params={"lr": 0.1}) as run:
        run.log({"reward": 1.0}, step=3)
        run.log({"reward": 5.0, "loss": 0.5}, step=4)
        now = present(database, run.id)
        assert (now.kind, now.state, now.trials[0].state) == ("external", RunState.RUNNING, TrialState.RUNNING)
        assert (now.heartbeat_at, now.host) != (None, "")
        poll(lambda: present(database, run.id).reports == 2, "what is logged is on disk within a second")
    after = present(database, run.id)
    assert (after.state, after.trials[0].state) == (RunState.SUCCEEDED, TrialState.SUCCEEDED)
    assert (after.main_metric, after.best, after.last) == ("reward", 5.0, 5.0)
    assert list(read.read(database, [run.id], ["reward"])[0].x) == [3, 4]
    with pytest.raises(IllegalMove, match="over"):
        run.log({"reward": 1.0})


def test_without_a_step_the_report_has_its_number(database: Database) -> None:
    with backend.track("mine") as run:
        run.log({"loss": 1.0})
        run.log({"loss": 1.0}, step=70)
        run.log({"loss": 1.0})
    assert list(read.read(database, [run.id], ["loss"])[0].x) == [0, 70, 2]


def test_scalars_of_numpy_and_torch_are_taken(database: Database) -> None:
    with backend.track("mine") as run:
        run.log(
            {
                "a": np.float32(1.5),
                "b": np.int64(2),
                "c": torch.tensor(3.5),
                "d": torch.tensor([4.5]),
                "e": np.array(5.5),
                "f": True,
            }
        )
    after = present(database, run.id)
    assert after.reports == 1
    assert after.trials[0].last == {"a": 1.5, "b": 2.0, "c": 3.5, "d": 4.5, "e": 5.5, "f": 1.0}


HUGE = (10**400, 10**5000)  # beyond any float, and of more digits than Python writes
ODD = ("1.0", None, [1.0, 2.0], torch.ones(2), np.array([]), *HUGE, 1j, datetime.date(2026, 1, 1), object(), pd.NA)


def test_what_is_no_number_is_left_out_and_named_once(database: Database) -> None:
    with backend.track("odd") as run:
        for step in range(2):
            for place, odd in enumerate(ODD):
                run.log({"good": step, f"odd {place}": odd}, step=step)
        run.log(
            {"deep": {"a": np.array([[2.0]]), "b": {"c": torch.tensor([3.0], requires_grad=True)}, 4: pd.Series([5])}}
        )
        run.log({"bad": "nothing else"})
        run.log({"good": 3.0}, step="seven")  # type: ignore[arg-type]
    after = present(database, run.id)
    assert after.state is RunState.SUCCEEDED
    assert after.trials[0].last == {"good": 3.0, "deep/a": 2.0, "deep/b/c": 3.0, "deep/4": 5.0}
    assert after.reports == 2 * len(ODD) + 2
    said = [each.note for each in queries.history(database, run.id) if each.move == "left out"]
    assert len(said) == len(ODD) + 2
    assert said[0] == "“odd 0” is not recorded, being no number: str: '1.0'"
    assert all(len(each) < 160 for each in said)


def test_where_one_asks_for_it_what_is_no_number_raises_and_is_named(database: Database) -> None:
    with backend.track("odd", strict=True) as run:
        for odd in ODD:
            with pytest.raises(NotANumber, match="“bad”") as caught:
                run.log({"good": 1.0, "bad": odd})
            assert caught.value.key == "bad"
    assert present(database, run.id).reports == 0


def test_params_of_any_kind_are_kept_and_a_seed_among_them_is_the_runs(database: Database) -> None:
    odd = {
        "lr": np.float32(0.5),
        "sizes": (1, 2),
        "f": len,
        "bad": float("nan"),
        "w": np.arange(2),
        "path": Path("x"),
        "seed": np.int64(7),
    }
    made = [
        backend.track("mine", params=odd),
        backend.track("mine", params=odd | {"seed": 8}),
        backend.track("mine", params={"lr": 1}),
    ]
    found = []
    for run in made:
        run.finish()
        found.append(present(database, run.id))
    assert found[0].spec["params"] == {"lr": 0.5, "sizes": [1, 2], "f": "len", "bad": "NaN", "w": [0, 1], "path": "x"}
    assert (found[0].trials[0].seed, found[1].trials[0].seed) == (7, 8)
    assert found[0].group_key == found[1].group_key != found[2].group_key


def test_words_no_database_can_hold_do_not_stop_a_script(database: Database) -> None:
    with backend.track("odd \0 name", params={"a\0": "\ud800"}) as run:
        run.log({"a\0b": 1.0, "a\ufffdb": 2.0, "c\ud800": 2.0})
    assert present(database, run.id).name == "odd \ufffd name"
    assert queries.metric_keys(database, run.id) == ["a\ufffdb", "c?"]


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"name": "x" * 121}, {"kind": "rl"}, {"params": {("a", "b"): 1}}, {"seed": -1}]
)
def test_what_cannot_be_stored_is_said_before_anything_begins(database: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidSpec) as caught:
        backend.track(**{"name": "mine", **wrong})
    assert set(caught.value.problems) == set(wrong)
    assert queries.all_runs(database) == []


@pytest.mark.parametrize(
    ("raised", "state", "note"),
    [
        (ValueError("boom"), RunState.FAILED, "ValueError: boom"),
        (KeyboardInterrupt(), RunState.STOPPED, "interrupted from the keyboard"),
        (SystemExit(2), RunState.FAILED, "SystemExit: 2"),
        (SystemExit(0), RunState.SUCCEEDED, ""),
    ],
)
def test_an_end_is_recorded_as_what_it_was(
    database: Database, raised: BaseException, state: RunState, note: str
) -> None:
    def script() -> None:
        with backend.track("mine") as run:
            made.append(run)
            run.log({"loss": 1.0})
            raise raised

    made: list[TrackedRun] = []
    with pytest.raises(type(raised)):
        script()
    after = present(database, made[0].id)
    assert (after.state, after.reports, after.trials[0].state) == (state, 1, state)
    assert queries.history(database, made[0].id)[-1].note == note
    assert ("raise raised" in after.traceback) == (state is RunState.FAILED)


def test_stop_reaches_the_script(database: Database) -> None:
    with backend.track("mine") as run:
        assert not run.stop_requested
        api.stop(run.id)
        poll(lambda: run.stop_requested, "the wish")
    after = present(database, run.id)
    assert (after.state, queries.history(database, run.id)[-1].note) == (RunState.STOPPED, "stopped by you")


def test_raydeck_never_starts_or_resumes_a_script(database: Database) -> None:
    with pytest.raises(InvalidSpec, match="your own script"):
        api.launch({"kind": "external", "name": "x"})
    run = backend.track("mine")
    api.stop(run.id)
    run.finish()
    assert not kinds.can_resume(present(database, run.id))
    with pytest.raises(IllegalMove, match="run its script again"):
        api.resume(run.id)
    assert not head.end_head(api.house().settings), "and no cluster was started for it"


def test_a_script_goes_on_when_its_lost_run_is_deleted(database: Database, capfd: pytest.CaptureFixture[str]) -> None:
    run = backend.track("mine")
    runs.move(database, run.id, RunState.LOST)
    runs.remove(database, run.id)
    said = ""

    def told() -> bool:
        nonlocal said
        said += capfd.readouterr().err
        return "nothing more of it is recorded" in said

    poll(told, "a word about it")
    run.log({"loss": 1.0})
    run.finish()


def script(text: str) -> subprocess.Popen[str]:
    """Starts a script from another folder, as a person would."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True, cwd="/", env=environment)


ENDLESS = """
import backend
run = backend.track("killed")
print(run.id, flush=True)
for step in range(10**9):
    run.log({"reward": step, "loss": -step}, step=step)
"""


def killed() -> tuple[str, int]:
    """Kills a script that logs without pause; returns its run and how many reports were on disk just before."""
    process = script(ENDLESS)
    assert process.stdout
    run_id = process.stdout.readline().strip()
    poll(lambda: api.run(run_id).reports >= 10_000, "ten thousand reports on disk")
    flushed = api.run(run_id).reports
    process.send_signal(signal.SIGKILL)
    process.wait()
    return run_id, flushed


def test_what_was_flushed_before_a_kill_is_all_there(database: Database) -> None:
    run_id, flushed = killed()
    after = present(database, run_id)
    assert after.reports >= flushed
    curves = read.read(database, [run_id], ["reward", "loss"], points=10**9)
    assert [curve.length for curve in curves] == [after.reports] * 2
    np.testing.assert_array_equal(curves[0].mean, np.arange(after.reports))
    assert check(database, run_id) == 2 * after.reports, "and the rollups are those of the points"


@ON_SQLITE
def test_a_killed_script_is_lost_with_a_reason(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SOON.items():
        monkeypatch.setenv(name, value)
    run_id, _ = killed()
    poll(lambda: api.run(run_id).state is RunState.LOST, "lost")
    assert "No heartbeat for" in api.run(run_id).error


@pytest.mark.parametrize(
    ("last_line", "state"), [("", RunState.SUCCEEDED), ("1 / 0", RunState.FAILED), ("run.finish()", RunState.SUCCEEDED)]
)
def test_a_script_that_does_not_finish_its_run_ends_it_with_itself(
    database: Database, last_line: str, state: RunState
) -> None:
    process = script(
        f"import backend\nrun = backend.track('loose')\nrun.log({{'loss': 1.0}})\nprint(run.id)\n{last_line}"
    )
    run_id = process.communicate(timeout=60)[0].strip()
    after = present(database, run_id)
    assert (after.state, after.reports) == (state, 1)
    assert ("ZeroDivisionError" in after.error) == (state is RunState.FAILED)


def test_eight_scripts_write_at_once(database: Database) -> None:
    reports = 2000
    text = f"""
import backend
with backend.track("one of eight") as run:
    print(run.id)
    for step in range({reports}):
        run.log({{f"metric_{{k}}": step * k for k in range(10)}}, step=step)
"""
    made = [script(text) for _ in range(8)]
    for process in made:
        run_id = process.communicate(timeout=120)[0].strip()
        assert process.returncode == 0
        assert present(database, run_id).state is RunState.SUCCEEDED
        assert check(database, run_id) == 10 * reports


def test_a_forked_child_does_not_write_into_its_parents_run(database: Database) -> None:
    run = backend.track("parent")
    child = os.fork()
    if child == 0:
        try:
            run.log({"loss": 1.0})
        except IllegalMove:
            os._exit(7)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    run.finish()
    assert present(database, run.id).reports == 0


def test_a_heartbeat_that_comes_back_makes_the_run_running_again(database: Database) -> None:
    with backend.track("sleepy") as run:
        runs.move(database, run.id, RunState.LOST, "silent")
        poll(lambda: present(database, run.id).state is RunState.RUNNING)
        run.log({"loss": 1.0})
    after = present(database, run.id)
    assert (after.state, after.trials[0].state, after.reports) == (RunState.SUCCEEDED, TrialState.SUCCEEDED, 1)


def test_logging_waits_for_no_disk(database: Database) -> None:
    with backend.track("quick") as run, database.write() as tx:  # somebody holds the database
        began = time.monotonic()
        for step in range(1000):
            run.log({"loss": step})
        assert time.monotonic() - began < BUSY_SECONDS / 2, "who waits for a lock waits as long as that"
        tx.rollback()
    assert present(database, run.id).reports == 1000
