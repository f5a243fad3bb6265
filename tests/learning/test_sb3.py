"""Agents of Stable-Baselines3 report, save and go on; without Ray but for one, as Tune's two calls
are all they need of it."""

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from stable_baselines3 import SAC

from backend import api
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.environments import ENVIRONMENTS
from backend.workloads import environment, sb3
from tests.conftest import poll

SB3 = [each for each in ALGORITHMS.values() if each.library == "sb3"]
ALWAYS = {"episodes", "env_steps", "iteration", "steps_per_second", "time_s"}
RETURNS = {"return_episodes", "return_mean", "return_min", "return_max", "episode_length"}
EVALUATED = {"eval/return_mean", "eval/return_min", "eval/return_max", "eval/episode_length"}
SMALL = {
    "sb3_ppo": {"n_steps": 64, "n_envs": 4, "n_epochs": 1},
    "sb3_a2c": {"n_envs": 4},
    "sb3_dqn": {"learning_starts": 500, "train_freq": 8},
    "sb3_sac": {"learning_starts": 500, "train_freq": 50, "batch_size": 32, "hidden": [16]},
    "sb3_td3": {"learning_starts": 500, "train_freq": 50, "batch_size": 32, "hidden": [16]},
    "sb3_ddpg": {"learning_starts": 500, "train_freq": 50, "batch_size": 32, "hidden": [16]},
}


class Trial(SimpleNamespace):
    """What a trial told: its reports, and a copy of its newest checkpoint."""

    reports: list[dict[str, float]]
    saved: list[int]  # iterations with a checkpoint
    folder: Path


Run = Callable[..., Trial]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Runs a config to its end, from the checkpoint of another trial if one is given."""

    def start(config: dict[str, Any], after: Trial | None = None) -> Trial:
        trial = Trial(reports=[], saved=[], folder=tmp_path / f"checkpoint_{len(list(tmp_path.iterdir()))}")

        def report(metrics: dict[str, float], checkpoint: Any = None) -> None:
            trial.reports.append(metrics)
            if checkpoint is not None:
                trial.saved.append(int(metrics["iteration"]))
                shutil.copytree(checkpoint.path, trial.folder, dirs_exist_ok=True)

        monkeypatch.setattr(sb3.tune, "report", report)
        monkeypatch.setattr(
            sb3.tune, "get_checkpoint", lambda: after and sb3.tune.Checkpoint.from_directory(after.folder)
        )
        sb3.train(config)
        return trial

    return start


def config(algorithm: str, stop: dict[str, float], **more: Any) -> dict[str, Any]:
    place = more.pop("environment", "CartPole-v1" if "discrete" in ALGORITHMS[algorithm].actions else "Pendulum-v1")
    params = ALGORITHMS[algorithm].params.model_validate({**SMALL[algorithm], **more.pop("params", {})}).model_dump()
    return {
        "algorithm": algorithm,
        "environment": place,
        "environment_options": {},
        "max_steps": ENVIRONMENTS[place].max_steps,
        "wrappers": {},
        "seed": 1,
        "params": params,
        "stop": stop,
        "evaluation": {"every": 2, "episodes": 2},
        **more,
    }


@pytest.mark.parametrize("algorithm", SB3, ids=lambda each: each.id)
def test_each_reports_evaluates_goes_on_and_acts(algorithm: Any, run: Run) -> None:
    asked = config(algorithm.id, {"env_steps": 2100})
    first = run(asked)
    counted = [each["iteration"] for each in first.reports]
    assert counted == list(range(1, len(counted) + 1))
    assert 2100 <= first.reports[-1]["env_steps"] < 2100 + 256, "no more than a rollout beyond the limit"
    for each in first.reports:
        assert each.keys() >= ALWAYS | RETURNS
        assert (each.keys() >= EVALUATED) == (each["iteration"] % 2 == 0)
        strange = [
            key
            for key in each
            if key not in ALWAYS | RETURNS | EVALUATED | {"epsilon"} and not key.startswith("learner/")
        ]
        assert not strange
        assert all(isinstance(value, int | float) for value in each.values())
    assert any(key.startswith("learner/") and "loss" in key for key in first.reports[-1])
    assert {2, counted[-1]} <= set(first.saved)

    second = run({**asked, "stop": {"env_steps": 4000}}, after=first)
    assert second.reports[0]["iteration"] == counted[-1] + 1
    assert second.reports[0]["env_steps"] > first.reports[-1]["env_steps"]
    assert second.reports[0]["episodes"] >= first.reports[-1]["episodes"]
    assert second.reports[0]["time_s"] > first.reports[-1]["time_s"]
    assert second.reports[-1]["env_steps"] >= 4000
    assert second.reports[-1]["learner/n_updates"] > first.reports[-1]["learner/n_updates"]

    env = environment.make(asked, learns=False)
    act = sb3.policy(second.folder, asked)
    observation, _ = env.reset(seed=5)
    assert env.action_space.contains(act(observation))
    assert np.array_equal(act(observation), act(observation)), "it does not explore"
    assert run({**asked, "stop": {"env_steps": 4000}}, after=second).reports == [], "there is nothing left to do"


@pytest.mark.parametrize("algorithm", ["sb3_ppo", "sb3_td3"])
def test_what_a_checkpoint_does_is_what_was_evaluated_even_of_normalised_observations(algorithm: str, run: Run) -> None:
    wrappers = {"frame_stack": 2, "normalize_observation": True, "normalize_reward": True}
    asked = config(algorithm, {"iteration": 2}, environment="Pendulum-v1", wrappers=wrappers)
    trial = run(asked)
    assert (trial.folder / "vecnormalize.pkl").exists()
    again = environment.evaluate(
        sb3.policy(trial.folder, asked), environment.make(asked, learns=False), environment.evaluation_seeds(asked)
    )
    assert again["eval/return_mean"] == pytest.approx(trial.reports[-1]["eval/return_mean"])
    assert trial.reports[-1]["return_mean"] < -300, "returns are recorded as they are, whatever the agent learns from"

    on = run({**asked, "stop": {"iteration": 3}}, after=trial)
    assert [each["iteration"] for each in on.reports] == [3]


def test_the_replay_buffer_is_taken_along_while_it_is_small(run: Run) -> None:
    first = run(config("sb3_dqn", {"env_steps": 1000}, params={"buffer_size": 600}))
    model = sb3.build(config("sb3_dqn", {"env_steps": 2000}, params={"buffer_size": 400}))
    training = sb3.Training(config("sb3_dqn", {"env_steps": 2000}), model)
    training.load(first.folder)
    saved = np.load(first.folder / "buffer.npz")
    buffer = model.replay_buffer  # type: ignore[attr-defined]
    assert len(saved["rewards"]) == 600
    assert buffer.size() == 400
    assert np.array_equal(buffer.observations, saved["observations"][200:]), "the newest steps, in order"
    assert np.array_equal(
        saved["next_observations"][:-1][~saved["dones"][:-1].any(axis=1)],
        saved["observations"][1:][~saved["dones"][:-1].any(axis=1)],
    )


def test_without_its_buffer_an_agent_first_collects_then_learns_again(run: Run) -> None:
    first = run(config("sb3_dqn", {"env_steps": 1000}))
    (first.folder / "buffer.npz").unlink()
    updates = first.reports[-1]["learner/n_updates"]
    waiting = run(config("sb3_dqn", {"env_steps": 1400}), after=first)
    assert "learner/n_updates" not in waiting.reports[-1]
    assert waiting.reports[-1]["epsilon"] < first.reports[-1]["epsilon"], "exploration goes on where it was"
    learned = run(config("sb3_dqn", {"env_steps": 1800}), after=first)
    assert updates < learned.reports[-1]["learner/n_updates"] <= updates + 300 / 8 + 1


@pytest.mark.parametrize(
    ("stop", "key", "most"),
    [({"episodes": 30}, "episodes", 60), ({"iteration": 1}, "iteration", 1), ({"time_s": 0.2}, "time_s", 5)],
)
def test_each_criterion_ends_it(stop: dict[str, float], key: str, most: float, run: Run) -> None:
    last = run(config("sb3_a2c", stop)).reports[-1]
    assert stop[key] <= last[key] <= most


def test_a_reward_reached_ends_it(run: Run) -> None:
    last = run(config("sb3_a2c", {"env_steps": 100_000, "return_mean": 10})).reports[-1]
    assert last["return_mean"] >= 10
    assert 100 <= last["episodes"] < 200


def test_the_same_seed_repeats_itself_and_another_does_not(run: Run) -> None:
    returns = [run(config("sb3_ppo", {"env_steps": 2000}, seed=seed)).reports[-1]["return_mean"] for seed in (1, 1, 2)]
    assert returns[0] == returns[1] != returns[2]


def test_discrete_observations_are_learned_from_too(run: Run) -> None:
    asked = config("sb3_dqn", {"env_steps": 1000}, environment="FrozenLake-v1")
    trial = run(asked)
    played = environment.evaluate(
        sb3.policy(trial.folder, asked), environment.make(asked, learns=False), environment.evaluation_seeds(asked)
    )
    assert 0 <= played["eval/return_mean"] <= 1


def test_a_checkpoint_opens_in_plain_stable_baselines(run: Run) -> None:
    trial = run(config("sb3_sac", {"env_steps": 1000}))
    assert SAC.load(trial.folder / "model.zip").num_timesteps == 1000


def test_an_agent_soon_does_better_than_chance(run: Run) -> None:
    trial = run(
        config("sb3_ppo", {"env_steps": 40_000, "return_mean": 60}, params={"n_steps": 128, "n_envs": 8, "n_epochs": 4})
    )
    assert trial.reports[-1]["return_mean"] >= 60, "a random policy balances for about 22 steps"


@pytest.mark.ray
def test_it_runs_from_a_form_with_a_seed_for_each_trial(cluster: Path) -> None:
    run_id = api.launch(
        {"kind": "rl", "algorithm": "sb3_ppo", "environment": "CartPole-v1", "seeds": [1, 2],
        "stop": {"env_steps": 5000},
         "evaluation": {"every": 2, "episodes": 2}}
    )  # fmt: skip
    poll(lambda: api.run(run_id).is_over)
    ended = api.run(run_id)
    assert (ended.state, ended.error) == ("succeeded", "")
    assert all((trial.last["env_steps"] or 0) >= 5000 and trial.checkpoint for trial in ended.trials)
