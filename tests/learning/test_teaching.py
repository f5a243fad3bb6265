"""The teaching agents report, resume, act and end as any workload; without Ray where they need none."""

import math
import shutil
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from gymnasium.wrappers import NormalizeReward, RecordEpisodeStatistics

from backend import api
from backend.catalog.algorithms import ALGORITHMS
from backend.kinds import specs
from backend.kinds.rl.config import own_config
from backend.workloads import a2c, torch_agent
from backend.workloads.environment import evaluate, evaluation_seeds, make, training_env
from tests.conftest import poll

KEYS = {
    "return_mean",
    "return_min",
    "return_max",
    "episode_length",
    "episodes",
    "env_steps",
    "iteration",
    "steps_per_second",
    "time_s",
}
LEARNED = {"learner/policy_loss", "learner/value_loss", "learner/entropy", "learner/gradient_norm"}
SMALL: dict[str, dict[str, Any]] = {"reinforce": {"batch_episodes": 2}, "a2c": {"n_envs": 2, "report_steps": 64}}
Train = Callable[[dict[str, Any], Path | None], list[dict[str, float]]]


def config_of(
    algorithm: str, environment: str = "CartPole-v1", params: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    data = {"kind": "rl", "algorithm": algorithm, "environment": environment, "stop": {"iteration": 4}, **more}
    spec = specs.parse({**data, "params": {"hidden": [8], **SMALL.get(algorithm, {}), **(params or {})}})
    return own_config(spec, spec.params) | {"seed": 1}  # type: ignore[arg-type]


@pytest.fixture
def train(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Train:
    """Trains as Tune would, from a checkpoint if one is given; the last one is then in tmp_path / "last"."""

    def trained(config: dict[str, Any], start: Path | None = None) -> list[dict[str, float]]:
        reports: list[dict[str, float]] = []

        def report(metrics: dict[str, float], checkpoint: Any = None) -> None:
            reports.append(metrics | {"saved": checkpoint is not None})
            if checkpoint:
                shutil.copytree(checkpoint.path, tmp_path / "last", dirs_exist_ok=True)

        monkeypatch.setattr(torch_agent.tune, "report", report)
        monkeypatch.setattr(
            torch_agent.tune, "get_checkpoint", lambda: torch_agent.tune.Checkpoint(str(start)) if start else None
        )
        import_module(ALGORITHMS[config["algorithm"]].code.partition(":")[0]).train(config)
        return reports

    return trained


@pytest.mark.parametrize("algorithm", SMALL)
@pytest.mark.parametrize("environment", ["CartPole-v1", "Pendulum-v1"])
def test_a_training_reports_evaluates_and_ends_with_a_checkpoint_that_acts(
    algorithm: str, environment: str, train: Train, tmp_path: Path
) -> None:
    wrappers = {"time_limit": 20, "frame_stack": 2, "normalize_reward": True, "normalize_observation": True}
    config = config_of(algorithm, environment, wrappers=wrappers, evaluation={"every": 2, "episodes": 3})
    reports = train(config, None)
    assert [report["iteration"] for report in reports] == [1, 2, 3, 4]
    assert all(set(report) >= KEYS | LEARNED for report in reports)
    assert ["eval/return_mean" in report for report in reports] == [False, True, False, True]
    assert reports[-1]["saved"]
    assert reports[-1]["episode_length"] <= 20
    if environment == "Pendulum-v1":
        assert reports[-1]["return_mean"] < -20, "rewards as they are: a scaled one is near -1 a step"
    act = import_module(ALGORITHMS[algorithm].code.partition(":")[0]).policy(tmp_path / "last", config)
    again = evaluate(act, make(config, learns=False), evaluation_seeds(config))
    assert again == {key: reports[-1][key] for key in again}, "the checkpoint is the agent that was evaluated"


@pytest.mark.parametrize("algorithm", SMALL)
def test_an_agent_soon_does_better_than_chance(algorithm: str, train: Train) -> None:
    usual = ALGORITHMS[algorithm].params().model_dump()
    config = config_of(algorithm, params=usual, stop={"env_steps": 60_000, "return_mean": 60})
    assert train(config, None)[-1]["return_mean"] >= 60, "a random policy balances for about 22 steps"


@pytest.mark.parametrize(
    "wrappers", [{}, {"normalize_reward": True, "normalize_observation": True}], ids=["plain", "normalised"]
)
def test_a_resumed_reinforce_ends_as_an_unbroken_one(wrappers: dict[str, Any], train: Train, tmp_path: Path) -> None:
    params = {"lr_decay": False}  # it follows the length of the run
    whole = train(config_of("reinforce", params=params, wrappers=wrappers), None)
    train(config_of("reinforce", params=params, wrappers=wrappers, stop={"iteration": 2}), None)
    rest = train(config_of("reinforce", params=params, wrappers=wrappers), tmp_path / "last")
    same = KEYS - {"time_s", "steps_per_second"} | LEARNED
    assert [{key: report[key] for key in same} for report in rest] == [
        {key: report[key] for key in same} for report in whole[2:]
    ]


def test_a_resumed_a2c_goes_on_counting(train: Train, tmp_path: Path) -> None:
    before = train(config_of("a2c", stop={"iteration": 2}), None)[-1]
    after = train(config_of("a2c"), tmp_path / "last")
    assert [report["iteration"] for report in after] == [3, 4]
    assert [report["env_steps"] for report in after] == [192, 256]
    assert after[0]["episodes"] >= before["episodes"]
    assert after[0]["time_s"] > before["time_s"]


def test_a_time_limit_bootstraps_and_a_termination_does_not() -> None:
    agent = a2c.A2C(config_of("a2c", params={"gamma": 0.5, "lambda_": 1.0}))
    for weights in agent.network.critic.parameters():
        torch.nn.init.zeros_(weights)
    torch.nn.init.constant_(agent.network.critic[-1].bias, 8.0)  # every state is worth 8
    ends = np.array([[True, True], [False, False]])
    rollout = {
        "after": np.zeros((2, 2, 4), np.float32),
        "rewards": np.ones((2, 2)),
        # of the second environment a time limit ended the episode
        "terminated": np.array([[True, False], [False, False]]),
        "over": ends,
    }
    found = agent.advantages(rollout, torch.full((2, 2), 8.0))
    assert found.tolist() == [[1.0 - 8.0, 1.0 + 4.0 - 8.0], [-3.0, -3.0]]


@pytest.mark.parametrize("algorithm", SMALL)
def test_what_is_not_finite_ends_a_training_and_names_the_iteration(
    algorithm: str, train: Train, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = iter(range(10**6))
    step = RecordEpisodeStatistics.step

    def poisoned(self: Any, action: Any) -> Any:
        observation, reward, *rest = step(self, action)
        return observation, math.nan if next(steps) == 80 else reward, *rest

    monkeypatch.setattr(RecordEpisodeStatistics, "step", poisoned)
    with pytest.raises(FloatingPointError, match=r"loss is nan in iteration \d+"):
        train(config_of(algorithm, stop={"env_steps": 2000}), None)


def test_running_statistics_are_those_of_everything_seen() -> None:
    config = config_of("a2c", wrappers={"normalize_observation": True})
    network = torch_agent.ActorCritic(training_env(config), config)
    seen = np.random.default_rng(0).normal([1, -2, 30, 0], [1, 5, 0.1, 2], (500, 4))
    for part in np.split(seen, [3, 100, 101]):
        network.see(part)
    np.testing.assert_allclose(network.mean, seen.mean(0))
    np.testing.assert_allclose(network.variance, seen.var(0))


def test_rewards_are_scaled_for_learning_alone() -> None:
    config = config_of("a2c", "Pendulum-v1", wrappers={"normalize_reward": True})
    assert isinstance(training_env(config), NormalizeReward)
    assert not isinstance(make(config, learns=False), NormalizeReward)


@pytest.mark.nightly
@pytest.mark.ray
def test_a3c_learns_with_two_workers_and_leaves_no_actor_behind(cluster: Path) -> None:
    run_id = api.launch(
        {
            "kind": "rl",
            "algorithm": "a3c",
            "environment": "CartPole-v1",
            "params": {"num_workers": 2, "report_steps": 500},
            "wrappers": {"normalize_observation": True},
            "evaluation": {"every": 3, "episodes": 2},
            "stop": {"env_steps": 3000},
        }
    )
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    assert (run.state, run.error) == ("succeeded", "")
    last = run.trials[0].last
    assert last["iteration"] == 6
    assert 3000 <= (last["env_steps"] or 0) < 3000 + 2 * 32 * 6
    assert {"eval/return_mean", *LEARNED} <= set(api.metric_keys(run_id))
    poll(
        lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0,
        "no actor is left behind",
    )
