"""A sweep's life on a real Ray head: in a job of its own, with trials in processes of their own, killed
and stopped from outside."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from backend import api
from backend.api import sweeps
from backend.cluster import head
from backend.model import Run, RunState, Trial
from tests.conftest import poll
from tests.drivers.test_attached import gcs_address
from tests.jobs import driver_of

pytestmark = pytest.mark.ray

OWN = Path(__file__).with_name("own_sweeps.py")
HALF = {"cpus": 0.5}


@pytest.fixture
def own(cluster: Path) -> Iterator[Path]:
    """The user's file of trainables, where Raydeck looks for it."""
    file = cluster / "workloads" / OWN.name
    file.parent.mkdir(exist_ok=True)
    file.write_text(OWN.read_text())
    yield file
    file.unlink()


def launch(trainable: Any, space: dict[str, Any], **more: Any) -> str:
    name = f"own_sweeps:{trainable}" if isinstance(trainable, str) else trainable
    search = (
        {"search": "grid"} if any("grid" in (each if isinstance(each, dict) else {}) for each in space.values()) else {}
    )
    return api.launch({"kind": "sweep", "trainable": name, "space": space, **search, **more})


def over(run_id: str) -> Run:
    poll(lambda: api.run(run_id).is_over, f"{run_id} over")
    return api.run(run_id)


def ended(run: Run) -> list[Trial]:
    return [trial for trial in run.trials if trial.is_finished]


def states(run: Run) -> Counter[str]:
    return Counter(str(trial.state) for trial in run.trials)


def test_a_function_that_runs_by_itself_runs_here_unchanged(own: Path, tmp_path: Path) -> None:
    known = head.known_head(api.house().settings)
    assert known
    about = {
        "RAY_ADDRESS": gcs_address(known),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(own.parents[1] / "ray_token"),
        **head.LOOPBACK_ONLY,
    }
    alone = {
        "capture_output": True,
        "text": True,
        "timeout": 120,
        "check": False,
        "cwd": tmp_path,
        "env": os.environ | about,
    }
    # on a head that runs already, else it starts one of its own
    said = subprocess.run([sys.executable, str(own)], **alone)
    assert "0.333" in said.stdout, said.stderr[-2000:]
    run = over(launch("valley", {"x": {"grid": [1.0, 3.0]}, "bottom": 3.0}, metric="distance", mode="min"))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [trial.params for trial in run.trials] == [{"x": 1.0, "bottom": 3.0}, {"x": 3.0, "bottom": 3.0}]
    assert [trial.last["distance"] for trial in run.trials] == pytest.approx([2 + 1 / 3, 1 / 3])
    assert [trial.reports for trial in run.trials] == [3, 3]
    assert "Traceback" not in api.log_tail(run.id)


def test_a_killed_sweep_goes_on_where_it_was_and_grows(own: Path) -> None:
    run_id = launch(
        "slow", {"x": {"uniform": [0, 6]}, "seconds": 0.5}, metric="score", samples=24, search="optuna", **HALF
    )
    poll(lambda: len(ended(api.run(run_id))) >= 6, "6 trials")
    driver_of(run_id).kill()
    killed = time.time()
    poll(lambda: api.run(run_id).state is RunState.LOST, "lost")
    kept = {trial.number: trial for trial in ended(api.run(run_id)) if (trial.ended_at or killed) < killed - 0.6}
    assert kept
    sweeps.extend(run_id, samples=26)
    api.resume(run_id)
    after = over(run_id)
    assert (after.state, after.error, states(after)) == (RunState.SUCCEEDED, "", {"succeeded": 26})
    now = {trial.number: trial for trial in after.trials}
    assert {number: now[number] for number in kept} == kept
    assert len({trial.params["x"] for trial in after.trials}) == 26, "nothing is proposed twice"


def test_a_scheduler_prunes_and_another_lets_trials_take_over_from_each_other(own: Path) -> None:
    steps = {"metric": "height", "max_iterations": 9, **HALF}
    asha = launch(
        "climber", {"x": {"grid": [8, 7, 2, 1]}, "steps": 9}, scheduler="asha", grace=1, concurrency=1, **steps
    )
    pbt = launch(
        "climber", {"x": {"uniform": [1.0, 8.0]}, "steps": 9}, scheduler="pbt", samples=3, perturb_every=3, **steps
    )
    run = over(asha)
    assert (run.state, run.error, run.best) == (RunState.SUCCEEDED, "", 72)
    assert states(run)["pruned"] >= 2
    run = over(pbt)
    assert (run.state, run.error, states(run)) == (RunState.SUCCEEDED, "", {"succeeded": 3})
    assert "param/x" in api.metric_keys(run.id)


def test_a3c_with_its_workers_is_tuned_and_leaves_no_process_behind(cluster: Path) -> None:
    a3c = {
        "algorithm": "a3c",
        "environment": "CartPole-v1",
        "params": {"num_workers": 1, "report_steps": 100},
        "stop": {"env_steps": 200},
    }
    run = over(launch(a3c, {"lr": {"grid": [1e-3]}}))
    assert (run.state, run.error) == ("succeeded", "")
    assert [(trial.params["lr"], trial.last["iteration"]) for trial in run.trials] == [(1e-3, 2)]
    poll(
        lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0,
        "no process is left behind",
    )
