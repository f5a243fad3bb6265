"""Somebody's own Tune experiment, recorded by the callback, with a real Ray of its own."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend import api
from backend.settings import ROOT
from backend.store import queries
from backend.store.database import Database
from backend.store.values import Run, RunState, TrialState
from tests.conftest import ON_SQLITE, poll

pytestmark = [pytest.mark.ray, ON_SQLITE]

SCRIPT = """
import sys, time
import ray
from ray import tune
import backend

def train(config):
    for step in range(config["steps"]):
        if config["lr"] == config.get("bad") and step == 3:
            raise ValueError("boom")
        tune.report({"loss": config["lr"] / (step + 1), "deep": {"er": step}})
        time.sleep(config["pause"])

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
folder, config = sys.argv[1], eval(sys.argv[2])
if config is None:
    tuner = tune.Tuner.restore(folder + "/mine", train, resume_unfinished=True)
else:
    run_config = tune.RunConfig(name="mine", storage_path=folder, callbacks=[backend.RaydeckCallback("mine", {"data": "toy"})], verbose=0)
    tuner = tune.Tuner(train, param_space={"lr": tune.grid_search([1.0, 2.0]), "seed": 5, **config}, run_config=run_config)
tuner.fit()
"""


def experiment(folder: Path, config: dict[str, Any] | None) -> subprocess.Popen[str]:
    """Starts a Tune experiment in a process of its own; with None restores the one in the folder."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RAY_AIR_NEW_OUTPUT": "0",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_GLOBAL_CHECKPOINT_S": "1",
    }
    command = [sys.executable, "-c", SCRIPT, str(folder), repr(config)]
    return subprocess.Popen(command, cwd="/", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def only_run(database: Database) -> Run | None:
    return next(iter(queries.all_runs(database)), None)


def test_an_experiment_is_a_run_with_its_trials_errors_included(database: Database, tmp_path: Path) -> None:
    process = experiment(tmp_path, {"steps": 6, "pause": 0, "bad": 2.0})
    assert process.communicate(timeout=120) is not None
    run = only_run(database)
    assert run is not None
    assert (run.name, run.kind, run.state, run.spec["params"]) == ("mine", "external", RunState.SUCCEEDED, {"data": "toy"})
    by_lr = {trial.params["lr"]: trial for trial in run.trials}
    good, bad = by_lr[1.0], by_lr[2.0]
    assert (good.state, good.reports, good.seed) == (TrialState.SUCCEEDED, 6, 5)
    assert (bad.state, bad.reports) == (TrialState.FAILED, 3)
    assert bad.error.strip().endswith("ValueError: boom")
    assert queries.history(database, run.id)[-1].note == "1 of 2 trials failed"
    assert queries.metric_keys(database, run.id) == ["deep/er", "iteration", "loss", "time_s"]
    assert run.main_metric == "loss"
    curve = api.series(run.id, "loss", good.number)
    np.testing.assert_allclose(curve.mean, 1 / np.arange(1, 7))
    assert list(curve.x) == [1, 2, 3, 4, 5, 6]


def test_stop_in_the_app_ends_an_experiment_and_its_restored_tuner_goes_on_with_the_run(database: Database, tmp_path: Path) -> None:
    process = experiment(tmp_path, {"steps": 12, "pause": 0.5})
    poll(lambda: (run := only_run(database)) and run.reports >= 4, 60, "live points")
    run = only_run(database)
    assert run is not None
    assert run.state is RunState.RUNNING
    api.stop(run.id)
    process.communicate(timeout=60)
    stopped = api.run(run.id)
    assert (stopped.state, queries.history(database, run.id)[-1].note) == (RunState.STOPPED, "stopped by you")
    assert {trial.state for trial in stopped.trials} == {TrialState.STOPPED}

    experiment(tmp_path, None).communicate(timeout=120)
    (after,) = queries.all_runs(database)
    assert (after.id, after.attempt, after.state) == (run.id, 2, RunState.SUCCEEDED)
    assert [trial.state for trial in after.trials] == [TrialState.SUCCEEDED] * 2
    assert after.reports == stopped.reports + 24, "without checkpoints the trials begin anew; what was recorded stays"


def test_a_killed_experiment_is_taken_over_by_its_restored_tuner(database: Database, tmp_path: Path) -> None:
    process = experiment(tmp_path, {"steps": 200, "pause": 0.2})
    poll(lambda: any(tmp_path.glob("mine/callback-states*")), 60, "Tune's own state")
    process.kill()
    process.communicate()
    again = experiment(tmp_path, None)
    poll(lambda: queries.all_runs(database)[0].attempt == 2, 60, "the next attempt of the same run")
    (run,) = queries.all_runs(database)
    before = run.reports
    poll(lambda: api.run(run.id).reports > before, 30, "points of the next attempt")
    api.stop(run.id)
    again.communicate(timeout=60)
    assert api.run(run.id).state is RunState.STOPPED
