"""What all of our reinforcement-learning workloads share: their environment, and how a policy is evaluated in it.

A config of such a workload holds: algorithm, environment (an id of Gymnasium's registry), environment_options,
max_steps (env steps an episode may take), wrappers, seed, params, stop, evaluation ({every, episodes}).
"""

from collections.abc import Callable, Mapping
from statistics import fmean
from typing import Any

import gymnasium
from gymnasium.wrappers import FlattenObservation, FrameStackObservation, NormalizeReward

Policy = Callable[[Any], Any]  # an observation -> the action that is taken without exploring
EVALUATION_SEED = 1_000_003  # of the first episode, the next has the next: no training uses them


def make(config: Mapping[str, Any], render_mode: str | None = None, *, learns: bool = True) -> gymnasium.Env[Any, Any]:
    """Returns the environment of a config with its wrappers; where nothing `learns`, rewards stay as they are."""
    env: gymnasium.Env[Any, Any] = gymnasium.make(
        config["environment"], max_episode_steps=config["max_steps"], disable_env_checker=True, render_mode=render_mode,
        **config["environment_options"],
    )  # fmt: skip
    wrappers = config.get("wrappers") or {}
    if wrappers.get("frame_stack", 1) > 1:
        env = FlattenObservation(FrameStackObservation(env, wrappers["frame_stack"]))
    if learns and wrappers.get("normalize_reward"):
        env = NormalizeReward(env, gamma=config["params"].get("gamma", 0.99))
    return env


def evaluate(policy: Policy, env: gymnasium.Env[Any, Any], episodes: int, first_seed: int = EVALUATION_SEED) -> dict[str, float]:
    """Plays episodes without exploring, on seeds of their own, and returns their metrics; `env` is of `make(…, learns=False)`."""
    played = [play(policy, env, first_seed + number) for number in range(episodes)]
    returns, lengths = [total for total, _ in played], [length for _, length in played]
    return {
        "eval/return_mean": fmean(returns),
        "eval/return_min": min(returns),
        "eval/return_max": max(returns),
        "eval/episode_length": fmean(lengths),
    }


def play(policy: Policy, env: gymnasium.Env[Any, Any], seed: int) -> tuple[float, int]:
    """Plays one episode; returns its return and its length in env steps."""
    observation, _ = env.reset(seed=seed)
    total, length, over = 0.0, 0, False
    while not over:
        observation, reward, terminated, truncated, _ = env.step(policy(observation))
        total, length, over = total + float(reward), length + 1, terminated or truncated
    return total, length
