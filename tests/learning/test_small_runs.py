"""Environments that no other test runs are learned from on a real head."""

from pathlib import Path
from typing import Any

import pytest

from backend import api
from tests.conftest import poll

pytestmark = [pytest.mark.ray, pytest.mark.nightly]

QUICK = {"train_batch_size": 256, "num_epochs": 1}
SMALL: list[dict[str, Any]] = [
    {"algorithm": "q_learning", "environment": "CliffWalking-v1", "stop": {"episodes": 300}},
    {
        "algorithm": "ppo",
        "environment": "LunarLander-v3",
        "environment_options": {"enable_wind": True},
        "params": QUICK,
    },
    {"algorithm": "ppo", "environment": "Acrobot-v1", "params": QUICK},
    {"algorithm": "dqn", "environment": "MountainCar-v0"},
]


def test_each_environment_runs_small(cluster: Path) -> None:
    started = [api.launch({"kind": "rl", "seeds": [1], "stop": {"iteration": 1}, **spec}) for spec in SMALL]
    poll(lambda: all(api.run(run_id).is_over for run_id in started), "all runs over")
    ended = {
        f"{run.spec['algorithm']} {run.spec['environment']}": (run.state.value, run.error)
        for run in map(api.run, started)
    }
    assert ended == dict.fromkeys(ended, ("succeeded", ""))
    assert all(api.run(run_id).reports for run_id in started)
