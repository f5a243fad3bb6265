"""Curves that were read are kept for whoever asks the same, and a slow chart keeps nobody else waiting."""

import threading
from typing import Any

import pytest

from backend import api
from backend.store import runs
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from backend.store.series import read as series
from tests.conftest import LAKE, content


@pytest.fixture
def run_id(database: Database) -> str:
    made = runs.create(database, content(LAKE), [1, 2])
    runs.claim(database, made, 1, "host", {})
    recorder = Recorder(database, made, 1)
    for number in (0, 1):
        recorder.report(number, 1, {"return_mean": float(number), "env_steps": 1.0})
    recorder.close()
    return made


def test_a_trials_curves_are_read_again_only_when_it_has_reported(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    read = series.read
    monkeypatch.setattr(series, "read", lambda *given, **how: asked.append(how) or read(*given, **how))
    run = api.run(run_id)
    for _ in range(3):
        found = api.trial_curves(run, run.trials[1])
    assert len(asked) == 1
    assert {curve.trial for curve in found} == {1}
    assert {curve.key for curve in found} == {"return_mean", "env_steps"}
    recorder = Recorder(api.house().database, run_id, 1)
    recorder.report(1, 2, {"return_mean": 5.0})
    recorder.close()
    run = api.run(run_id)
    assert max(curve.length for curve in api.trial_curves(run, run.trials[1])) == 2


def test_curves_of_a_trial_that_went_back_are_read_anew_though_it_is_as_long_again(run_id: str) -> None:
    recorder = Recorder(api.house().database, run_id, 1)
    for step in range(2, 40):
        recorder.report(1, step, {"return_mean": 1.0})
    recorder.flush()

    def now() -> tuple[list[float], list[float], list[float], list[float]]:
        run = api.run(run_id)
        (curve,) = [each for each in api.curves([run], ["return_mean"]) if each.trial == 1]
        (alone,) = api.trial_curves(run, run.trials[1], ["return_mean"])
        spark = api.sparklines([run])[run_id]
        return list(curve.mean), list(alone.mean), spark, list(api.series(run_id, "return_mean", 1).mean)

    before = now()
    recorder.go_back(1, 10)
    for step in range(11, 40):
        recorder.report(1, step, {"return_mean": 7.0})
    recorder.close()
    after = now()
    assert after[0] == after[1] == after[3] == [1.0] * 10 + [7.0] * 29
    assert after[2] != before[2]


def test_a_chart_that_is_slow_to_read_keeps_no_other_waiting(run_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read, is_reading, may_end = series.read, threading.Event(), threading.Event()

    def slow(database: Database, run_ids: Any, keys: Any, **how: Any) -> Any:
        if keys == ("env_steps",):
            is_reading.set()
            may_end.wait(30)
        return read(database, run_ids, keys, **how)

    monkeypatch.setattr(series, "read", slow)
    run, found = api.run(run_id), []
    other = threading.Thread(target=lambda: found.extend(api.curves([run], ["return_mean"])), daemon=True)
    first = threading.Thread(target=lambda: api.curves([run], ["env_steps"]), daemon=True)
    first.start()
    assert is_reading.wait(10)
    other.start()
    other.join(10)
    assert len(found) == 2, "it came while the slow one was still read"
    may_end.set()
    first.join(10)
