"""A run's life on a real Ray head: it learns, stops, goes on, dies and is told of truly."""

import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from backend import api
from backend.model import Curve, RunState
from tests.conftest import CARTPOLE, ENDLESS, LAKE, cli, poll
from tests.jobs import driver_of

pytestmark = pytest.mark.ray
BATCH, ENVS = 512, 8
SMALL_PPO = {
    **CARTPOLE,
    "params": {"train_batch_size": BATCH, "num_epochs": 2},
}


def state(run_id: str) -> RunState:
    return api.run(run_id).state


def over(run_id: str) -> RunState:
    poll(lambda: api.run(run_id).is_over, f"{run_id} over")
    return state(run_id)


def reports(run_id: str, at_least: int) -> None:
    poll(lambda: api.run(run_id).reports >= at_least, f"{at_least} reports of {run_id}")


def curve(run_id: str, key: str = "return_mean", trial: int = 0) -> Curve:
    (found,) = [each for each in api.curves([api.run(run_id)], [key], points=20_000) if each.trial == trial]
    return found


def test_a_stopped_ppo_run_goes_on_at_the_step_where_it_stopped(cluster: Path) -> None:
    run_id = api.launch({**SMALL_PPO, "stop": {"env_steps": 20_000}})
    reports(run_id, 3)
    api.stop(run_id)
    assert over(run_id) is RunState.STOPPED
    before = curve(run_id, "env_steps").mean
    assert before[-1] < 20_000
    saved = api.run(run_id).trials[0].checkpoint_reports
    assert saved
    assert len(before) - saved in (0, 1), "Stop may come between a report and its checkpoint"
    api.resume(run_id)
    assert over(run_id) is RunState.SUCCEEDED
    steps = curve(run_id, "env_steps").mean
    np.testing.assert_array_equal(steps[:saved], before[:saved])
    assert ((np.diff(steps) > 0) & (np.diff(steps) <= BATCH + ENVS)).all(), "no step back, and none left out"
    assert steps[-1] >= 20_000
    iterations = curve(run_id, "iteration").mean
    np.testing.assert_array_equal(iterations, np.arange(1, len(iterations) + 1), "each iteration once")
    assert api.run(run_id).set_aside == len(before) - saved


def test_runs_beyond_the_slots_wait_and_a_queued_run_stops_at_once(cluster: Path) -> None:
    first = api.launch({**ENDLESS, "seeds": [1, 2]})
    reports(first, 1)
    second = api.launch(ENDLESS)
    poll(lambda: "CPU" in api.run(second).waits_for, "the second says that it waits for a CPU")
    third = api.launch(ENDLESS)
    assert state(third) is RunState.QUEUED
    api.stop(third)
    assert state(third) is RunState.STOPPED
    for run_id in (first, second):
        api.stop(run_id)
        assert over(run_id) is RunState.STOPPED
    poll(
        lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0,
        "no actor is left behind",
    )
    assert state(third) is RunState.STOPPED


def test_a_run_launched_from_yaml_ends_while_nobody_looks(cluster: Path, tmp_path: Path) -> None:
    file = tmp_path / "lake.yaml"
    file.write_text(yaml.safe_dump({**LAKE, "stop": {"episodes": 300}}))
    said = cli("launch", str(file), "--wait", home=cluster)
    assert said.returncode == 0, said.stderr
    assert state(said.stdout.strip().splitlines()[-1]) is RunState.SUCCEEDED


def test_a_suspended_driver_is_no_crash(cluster: Path) -> None:
    """A closed laptop: silence, but Ray still says RUNNING."""
    run_id = api.launch(ENDLESS)
    reports(run_id, 1)
    driver = driver_of(run_id)
    os.kill(driver.pid, signal.SIGSTOP)
    try:
        poll(
            lambda: time.time() - (api.run(run_id).heartbeat_at or 0) > 1.5 * api.house().settings.silent_s,
            "a long silence",
        )
        api.house().launcher.reconcile(force=True)
        assert state(run_id) is RunState.RUNNING
    finally:
        os.kill(driver.pid, signal.SIGCONT)
    heard = time.time()
    poll(lambda: (api.run(run_id).heartbeat_at or 0) > heard, "it beats again")
