"""RLlib's training episodes by the rule of all libraries: the last 100, with rewards as the environment gives them."""

from collections import deque
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from backend.drivers.tune_results import metrics_of
from backend.workloads import rllib_common
from backend.workloads.rllib_common import LENGTHS, RETURNS, Made, far_apart

CONFIG: dict[str, Any] = {
    "environment": "Pendulum-v1", "environment_options": {}, "max_steps": 30, "params": {}, "seed": 1,
    "wrappers": {"normalize_reward": True}, "evaluation": {"every": 0, "episodes": 1},
}  # fmt: skip


def result(returns: list[float], lengths: list[int], iteration: int = 1) -> dict[str, Any]:
    sampled = {"num_episodes_lifetime": len(returns), "episode_return_mean": -7.5, "episode_len_mean": 201.0}
    episodes = {RETURNS: returns, LENGTHS: lengths} if returns else {}
    return {
        "env_runners": sampled | episodes, "training_iteration": iteration, "time_total_s": 1.0,
        "num_env_steps_sampled_lifetime": 10,
    }  # fmt: skip


def told(algorithm: Any, made: dict[str, Any], **config: Any) -> dict[str, float]:
    rllib_common._tell({**CONFIG, **config}, algorithm, made)
    return metrics_of(made)


def test_an_episode_is_told_with_its_rewards_as_they_are() -> None:
    env, noted = Made(CONFIG), []
    env.reset(seed=3)
    raw, over = [], False
    while not over:
        *_, terminated, truncated, info = env.step(np.array([0.5], np.float32))
        raw.append(float(env.unwrapped.last_u))  # that it was stepped
        over = terminated or truncated
    logger = SimpleNamespace(log_value=lambda key, value, reduce: noted.append((key, value)))
    vector = SimpleNamespace(envs=[SimpleNamespace(get_wrapper_attr=lambda name: getattr(env, name))])
    rllib_common._note_episode(vector, 0, logger)
    assert noted == [(RETURNS, info["episode"]["r"]), (LENGTHS, 30)]
    assert noted[0][1] < -50, "thirty steps of a pendulum cost more than that, however rewards are scaled"


def test_the_mean_is_of_the_last_hundred_episodes_whatever_a_report_holds() -> None:
    algorithm = SimpleNamespace(window=deque(maxlen=100))
    first = told(algorithm, result([0.0] * 90, [10] * 90))
    assert (first["return_mean"], first["return_episodes"]) == (0.0, 90)
    second = told(algorithm, result([1.0] * 60, [20] * 60, 2))
    assert second["return_mean"] == pytest.approx(0.6)
    assert (second["return_episodes"], second["episode_length"]) == (100, pytest.approx(16.0))
    third = told(algorithm, result([], [], 3))
    assert third["return_mean"] == second["return_mean"], "a report without an end of an episode says what is known"
    none: dict[str, Any] = result([], [], 4)
    none["env_runners"] |= {RETURNS: float("nan"), LENGTHS: float("nan")}  # as RLlib has it after a restart
    assert told(algorithm, none)["return_mean"] == second["return_mean"]


def test_before_the_first_end_of_an_episode_nothing_is_said_of_episodes() -> None:
    metrics = told(SimpleNamespace(window=deque(maxlen=100)), result([], []))
    assert not {"return_mean", "episode_length", "return_episodes"} & set(metrics)


def test_a_run_of_before_keeps_its_definitions() -> None:
    metrics = told(SimpleNamespace(window=deque(maxlen=100)), result([0.0], [9]), metrics_version=1)
    assert (metrics["return_mean"], metrics["episode_length"]) == (-7.5, 201.0)


def test_a_checkpoint_holds_the_episodes_behind_the_means(tmp_path: Path) -> None:
    class Algorithm:
        def save_checkpoint(self, folder: str) -> None: ...
        def load_checkpoint(self, folder: str) -> None: ...

    made: Any = rllib_common.windowed(Algorithm)  # type: ignore[arg-type]
    one, other = made(), made()
    one.window.extend((float(number), number) for number in range(150))
    one.save_checkpoint(str(tmp_path))
    other.load_checkpoint(str(tmp_path))
    assert other.window == one.window
    assert len(other.window) == 100
    (tmp_path / rllib_common.WINDOW_FILE).unlink()  # of a version before
    other.load_checkpoint(str(tmp_path))
    assert not other.window


def test_seeds_that_follow_each_other_share_no_environment() -> None:
    spread = sorted(far_apart(seed) for seed in range(100))
    assert min(later - earlier for earlier, later in pairwise(spread)) > 10_000
