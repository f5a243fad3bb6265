"""What all of our reinforcement-learning workloads share: their environment, and how a policy is evaluated in it.

A config of such a workload holds: algorithm, environment (an id of Gymnasium's registry, or "file:Class"),
environment_options, environment_code (the text of that file, else empty), environment_folder (of the files that it may
import), environment_module (that registers the id, else empty), max_steps (env steps an episode may take), wrappers,
seed, params, stop, evaluation ({every, episodes}), metrics_version (of what metrics mean: 1 in
runs of before, which stay as they were).
"""

import inspect
import linecache
import math
import sys
import types
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

import gymnasium
import numpy as np
from gymnasium.wrappers import (
    FlattenObservation,
    FrameStackObservation,
    NormalizeReward,
    RecordEpisodeStatistics,
    TimeLimit,
)
from ray import tune

Policy = Callable[[Any], Any]  # an observation -> the action that is taken without exploring
WINDOW = 100  # training episodes behind every mean of theirs
EVALUATION_SEED = 1_000_003  # of the first episode by metrics of version 1, the next has the next
EVALUATION, HELD_OUT = 1, 2  # what episodes are played for: neither shares one with the other


def make(config: Mapping[str, Any], render_mode: str | None = None, *, learns: bool = True) -> gymnasium.Env[Any, Any]:
    """Returns the environment of a config with its wrappers; where nothing `learns`, rewards stay as they are."""
    if code := config.get("environment_code"):
        if (folder := config.get("environment_folder")) and folder not in sys.path:
            sys.path.append(folder)
        bare = Watched(own(code, config["environment"], config["environment_options"], render_mode))
        env: gymnasium.Env[Any, Any] = TimeLimit(bare, config["max_steps"])
    else:
        if module := config.get("environment_module"):
            import_module(module)
        # we reset before we step; asking costs at each one
        spec = replace(gymnasium.spec(config["environment"]), order_enforce=False)
        env = gymnasium.make(
            spec,
            max_episode_steps=config["max_steps"],
            disable_env_checker=True,
            render_mode=render_mode,
            **config["environment_options"],
        )
    seen = env.observation_space
    if isinstance(seen, gymnasium.spaces.Box) and len(seen.shape) != 1 and seen.dtype != "uint8":  # which is an image
        env = FlattenObservation(env)
    wrappers = config.get("wrappers") or {}
    if wrappers.get("frame_stack", 1) > 1:
        env = FlattenObservation(FrameStackObservation(env, wrappers["frame_stack"]))
    if learns and wrappers.get("normalize_reward"):
        env = NormalizeReward(env, gamma=config["params"].get("gamma", 0.99))
    return env


def training_env(config: Mapping[str, Any]) -> gymnasium.Env[Any, Any]:
    """Returns an environment to learn in.

    An episode's end tells its return, of the rewards as they are, and its length, in info["episode"].
    """
    env: gymnasium.Env[Any, Any] = RecordEpisodeStatistics(make(config, learns=False))
    if (config.get("wrappers") or {}).get("normalize_reward"):
        env = NormalizeReward(env, gamma=config["params"].get("gamma", 0.99))
    return env


class Watched(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An environment of a person's own that may return no number: learning from that would spoil
    the agent without a word."""

    steps = 0

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        observation, reward, terminated, truncated, info = self.env.step(action)
        self.steps += 1
        if not math.isfinite(reward):  # type: ignore[arg-type]
            raise FloatingPointError(
                f"{type(self.unwrapped).__name__} returned {reward} as the reward of step {self.steps}"
            )
        if isinstance(observation, np.ndarray) and observation.dtype.kind == "f" and not np.isfinite(observation).all():
            raise FloatingPointError(
                f"{type(self.unwrapped).__name__} returned an observation with NaN or infinity in step {self.steps}"
            )
        return observation, reward, terminated, truncated, info


def own(code: str, name: str, options: Mapping[str, Any], render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Returns an environment of a person's own, made of its file's text; `name` is "file:Class"."""
    made = own_class(code, name)
    takes_mode = "render_mode" in inspect.signature(made.__init__).parameters
    env: gymnasium.Env[Any, Any] = made(**options, **({"render_mode": render_mode} if takes_mode else {}))
    return env


def own_class(code: str, name: str) -> type[Any]:
    """Runs the text of a file as a module, once a process, and returns the class in it."""
    file, _, attribute = name.partition(":")
    module = _own_modules.get((file, code))
    if module is None:
        module = types.ModuleType(f"own_{file}")
        module.__file__ = f"{file}.py"
        # for tracebacks
        linecache.cache[module.__file__] = (len(code), None, code.splitlines(keepends=True), module.__file__)
        sys.modules[module.__name__] = module
        exec(compile(code, module.__file__, "exec"), module.__dict__)
        _own_modules[file, code] = module
    environment_class: type[Any] = getattr(module, attribute)
    return environment_class


_own_modules: dict[tuple[str, str], types.ModuleType] = {}


def starting_point(config: Mapping[str, Any]) -> Path | None:
    """Returns the folder of the checkpoint to go on from: the trial's own, else the one its run was to start from."""
    if checkpoint := tune.get_checkpoint():
        return Path(checkpoint.path)
    return Path(config["start_from"]) if config.get("start_from") else None


def evaluation_seeds(config: Mapping[str, Any]) -> list[int]:
    """Returns the seeds of the episodes by which an agent is evaluated on its way.

    Each training seed has its own, the same at each evaluation: were they those of all seeds, the luck of them would be
    missing from what the seeds differ by.
    """
    episodes = config["evaluation"]["episodes"]
    if config.get("metrics_version") == 1:
        return list(range(EVALUATION_SEED, EVALUATION_SEED + episodes))
    return episode_seeds(EVALUATION, config["seed"], episodes)


def episode_seeds(purpose: int, seed: int | None, episodes: int) -> list[int]:
    """Returns seeds for episodes that are played for one purpose, by what was trained with one seed; none is used for
    another."""
    return [int(each) >> 1 for each in np.random.SeedSequence([purpose, seed or 0]).generate_state(episodes)]


def evaluate(policy: Policy, env: gymnasium.Env[Any, Any], seeds: Sequence[int]) -> dict[str, float]:
    """Plays an episode of each seed without exploring; returns their metrics. `env` is of `make(…, learns=False)`."""
    played = [play(policy, env, seed) for seed in seeds]
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
