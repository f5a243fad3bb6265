"""The agents learn: what docs/benchmarks.md tells of them, checked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from backend import api
from backend.model import Run
from tests.conftest import CARTPOLE, poll

pytestmark = pytest.mark.ray


def test_q_learning_crosses_the_lake_on_every_seed(finished: Callable[[str], Run]) -> None:
    run = finished("lake")
    assert len(run.trials) == 3
    assert all((trial.last["return_mean"] or 0) >= 0.95 for trial in run.trials), [
        trial.last["return_mean"] for trial in run.trials
    ]


def test_ppo_soon_does_better_than_chance(cluster: Path) -> None:
    run_id = api.launch({**CARTPOLE, "stop": {"env_steps": 30_000, "return_mean": 60}})
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    assert run.state == "succeeded"
    assert (run.best or 0) >= 60, "a random policy balances for about 22 steps"


@pytest.mark.nightly
def test_ppo_balances_the_pole(cluster: Path) -> None:
    run_id = api.launch({**CARTPOLE, "stop": {"env_steps": 60_000, "return_mean": 400}})
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    assert run.state == "succeeded"
    assert (run.best or 0) >= 400
    assert (run.trials[0].last["env_steps"] or 0) < 63_000


@pytest.mark.nightly
def test_dqn_learns_from_its_replay_buffer(cluster: Path) -> None:
    run_id = api.launch({**CARTPOLE, "algorithm": "dqn", "stop": {"env_steps": 15_000, "return_mean": 60}})
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    assert run.state == "succeeded"
    assert (run.best or 0) >= 60, "a random policy balances for about 22 steps"
