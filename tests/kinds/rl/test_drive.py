"""A run's life on a real Ray head: it learns, stops, goes on, dies and is told of truly."""

import os
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import yaml

from backend import api
from backend.cluster import head
from backend.cluster.cluster import Cluster
from backend.model import Curve, Run, RunState
from backend.settings import Settings
from tests.conftest import CARTPOLE, ENDLESS, LAKE, SOON, cli, poll

pytestmark = pytest.mark.ray
BATCH, ENVS = 512, 8
SMALL_PPO = {**CARTPOLE, "params": {"train_batch_size": BATCH, "num_epochs": 2}}


def state(run_id: str) -> RunState:
    return api.run(run_id).state


def over(run_id: str, limit: float = 120) -> RunState:
    poll(lambda: api.run(run_id).is_over, limit, f"{run_id} over")
    return state(run_id)


def reports(run_id: str, at_least: int, limit: float = 60) -> None:
    poll(lambda: api.run(run_id).reports >= at_least, limit, f"{at_least} reports of {run_id}")


def curve(run_id: str, key: str = "return_mean", trial: int = 0) -> Curve:
    (found,) = [each for each in api.curves([api.run(run_id)], [key], points=20_000) if each.trial == trial]
    return found


def driver_of(run_id: str) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        command = process.info["cmdline"] or []
        if "backend.drivers" in command and run_id in command and "-c" not in command:
            return process
    raise AssertionError(f"no driver of {run_id} is running")


def test_a_run_is_recorded_whole(finished: Callable[[str], Run]) -> None:
    run = finished("lake")
    run_id = run.id
    assert [trial.state for trial in run.trials] == ["succeeded"] * 3
    assert {"return_mean", "return_min", "return_max", "episode_length", "episodes", "env_steps", "iteration", "steps_per_second"} <= set(
        api.metric_keys(run_id)
    )
    assert curve(run_id, "episodes").mean[-1] == 2000
    assert run.versions["ray"]
    assert run.host
    assert [event.move for event in api.events(run_id)] == ["queued", "running", "succeeded"]
    assert "Traceback" not in api.log_tail(run_id)


def test_a_stopped_ppo_run_goes_on_at_the_step_where_it_stopped(cluster: Path) -> None:
    run_id = api.launch({**SMALL_PPO, "stop": {"env_steps": 20_000}})
    reports(run_id, 3)
    api.stop(run_id)
    assert over(run_id, 15) is RunState.STOPPED
    before = curve(run_id, "env_steps").mean
    assert before[-1] < 20_000
    api.resume(run_id)
    assert over(run_id) is RunState.SUCCEEDED
    steps = curve(run_id, "env_steps").mean
    np.testing.assert_array_equal(steps[: len(before)], before)
    assert 0 <= steps[len(before)] - before[-1] <= BATCH + ENVS, steps
    assert steps[-1] >= 20_000
    iterations = curve(run_id, "iteration").mean
    assert iterations[len(before)] == iterations[len(before) - 1] + 1


def test_a_killed_driver_is_lost_with_a_reason_and_resumes(cluster: Path) -> None:
    run_id = api.launch({**LAKE, "seeds": [1, 2], "stop": {"episodes": 20_000}})
    reports(run_id, 6)
    driver_of(run_id).kill()
    poll(lambda: state(run_id) is RunState.LOST, 15, "lost")
    run = api.run(run_id)
    assert "killed by signal 9" in run.error
    kept = curve(run_id).mean
    assert len(kept) >= 3
    api.resume(run_id)
    assert over(run_id) is RunState.SUCCEEDED
    np.testing.assert_array_equal(curve(run_id).mean[: len(kept)], kept)
    assert curve(run_id, "episodes").mean[-1] == 20_000


def test_runs_beyond_the_slots_wait_and_a_queued_run_stops_at_once(cluster: Path) -> None:
    first = api.launch({**ENDLESS, "seeds": [1, 2]})
    reports(first, 1)
    second = api.launch(ENDLESS)
    poll(lambda: "CPU" in api.run(second).waits_for, 20, "the second says that it waits for a CPU")
    third = api.launch(ENDLESS)
    assert state(third) is RunState.QUEUED
    api.stop(third)
    assert state(third) is RunState.STOPPED
    for run_id in (first, second):
        api.stop(run_id)
        assert over(run_id, 15) is RunState.STOPPED
    poll(lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0, 20, "no actor is left behind")
    assert state(third) is RunState.STOPPED


def test_a_failure_is_recorded_with_its_traceback(cluster: Path) -> None:
    run_id = api.launch(ENDLESS)
    poll(lambda: api.run(run_id).trials[0].checkpoint, 60, "a checkpoint")
    api.stop(run_id)
    assert over(run_id, 15) is RunState.STOPPED
    for saved in (cluster / "runs" / run_id).rglob("tabular.json"):
        saved.write_text("broken")
    api.resume(run_id)
    assert over(run_id, 60) is RunState.FAILED
    run = api.run(run_id)
    assert "JSONDecodeError" in run.error
    assert "tabular.py" in run.traceback
    assert "\x1b" not in run.traceback
    assert "JSONDecodeError" in run.trials[0].error
    assert run.trials[0].state == "failed"


def test_a_killed_head_makes_its_runs_lost_and_can_be_started_and_ended_again(
    ray_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**SOON, "RAYDECK_HOME": str(tmp_path / "home")}.items():
        monkeypatch.setenv(name, value)
    api.reset()
    try:
        api.cluster_up()
        run_id = api.launch(ENDLESS)
        reports(run_id, 2)
        known = head.known_head(api.house().settings)
        assert known
        for process in [*psutil.Process(known.pid).children(recursive=True), psutil.Process(known.pid)]:
            with suppress(psutil.NoSuchProcess):  # some end with others
                process.kill()
        poll(lambda: state(run_id) is RunState.LOST, 15, "lost")
        assert "cluster" in api.run(run_id).error
        assert api.cluster_status().state == "dead"
        api.cluster_up()
        api.resume(run_id)
        poll(lambda: state(run_id) is RunState.RUNNING, 30, "running again")
        reports(run_id, api.run(run_id).reports + 1)
    finally:
        assert api.cluster_down()
        api.reset()
    assert Cluster(Settings(home=ray_home)).jobs().answers(), "another head is not ours to end"
    assert _family(tmp_path / "home") == []


def _family(home: Path) -> list[psutil.Process]:
    """Returns what runs of a home's head and its drivers."""
    own = (str(home), str(Settings(home=home).ray_temp_dir))
    return [each for each in psutil.process_iter(["cmdline"]) if any(name in part for part in each.info["cmdline"] or () for name in own)]


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
        poll(lambda: time.time() - (api.run(run_id).heartbeat_at or 0) > 1.5 * api.house().settings.silent_s, 30, "a long silence")
        api.house().launcher.reconcile(force=True)
        assert state(run_id) is RunState.RUNNING
    finally:
        os.kill(driver.pid, signal.SIGCONT)
    heard = time.time()
    poll(lambda: (api.run(run_id).heartbeat_at or 0) > heard, 10, "it beats again")
