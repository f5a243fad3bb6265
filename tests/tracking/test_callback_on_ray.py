"""Somebody's own Tune experiment, recorded by the callback, on a Ray of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from backend import api
from backend.model import RunState, TrialState
from backend.settings import ROOT
from backend.store import queries
from backend.store.database import Database
from tests.conftest import ON_SQLITE, poll

pytestmark = [pytest.mark.ray, ON_SQLITE]

SCRIPT = """
import sys, time
import ray
from ray import tune
import backend

def train(config):
    for step in range(200):
        tune.report({"loss": config["lr"] / (step + 1)})
        time.sleep(0.2)

ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
folder, is_restored = sys.argv[1], sys.argv[2] == "restored"
if is_restored:
    tuner = tune.Tuner.restore(folder + "/mine", train, resume_unfinished=True)
else:
    callbacks = [backend.RaydeckCallback("mine")]
    run_config = tune.RunConfig(name="mine", storage_path=folder, callbacks=callbacks, verbose=0)
    tuner = tune.Tuner(train, param_space={"lr": tune.grid_search([1.0, 2.0])}, run_config=run_config)
tuner.fit()
"""


def experiment(folder: Path, how: str) -> subprocess.Popen[str]:
    """Starts a Tune experiment in a process of its own, or restores the one in the folder."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "RAY_AIR_NEW_OUTPUT": "0",
        "RAY_AUTH_MODE": "token",  # else Ray may write a token that all the user's later heads would ask for
        "RAY_AUTH_TOKEN_PATH": str(folder / "token"),
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_GLOBAL_CHECKPOINT_S": "1",
    }
    command = [sys.executable, "-c", SCRIPT, str(folder), how]
    return subprocess.Popen(
        command, cwd="/", env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )


def test_a_killed_experiment_goes_on_with_its_run_until_it_is_stopped_in_the_app(
    database: Database, tmp_path: Path
) -> None:
    (tmp_path / "token").write_text("0" * 64)
    process = experiment(tmp_path, "new")
    poll(lambda: any(run.reports >= 4 for run in queries.all_runs(database)), "live points")
    poll(lambda: any(tmp_path.glob("mine/callback-states*")), "Tune's own state")
    process.kill()
    process.communicate()
    again = experiment(tmp_path, "restored")
    poll(lambda: queries.all_runs(database)[0].attempt == 2, "the next attempt of the same run")
    (run,) = queries.all_runs(database)
    poll(lambda: api.run(run.id).reports > run.reports, "points of the next attempt")
    api.stop(run.id)
    again.communicate(timeout=60)
    stopped = api.run(run.id)
    assert (stopped.state, queries.history(database, run.id)[-1].note) == (RunState.STOPPED, "stopped by you")
    assert {trial.state for trial in stopped.trials} == {TrialState.STOPPED}
