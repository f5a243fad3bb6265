"""What all RLlib algorithms share: environment, evaluation, where training begins, and how a checkpoint acts."""

import json
import math
from collections import deque
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from statistics import fmean
from typing import Any, TypeVar

import gymnasium
import numpy as np
import torch
from ray.rllib.algorithms.algorithm import Algorithm
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.rl_module import RLModule
from ray.rllib.utils.spaces.space_utils import unsquash_action

from backend.workloads import environment
from backend.workloads.environment import WINDOW, Policy

Config = TypeVar("Config", bound=AlgorithmConfig)
MODULE = "learner_group/learner/rl_module/default_policy"  # in a checkpoint
RETURNS, LENGTHS = "raydeck_returns", "raydeck_lengths"  # in a result's env_runners: of the episodes of this iteration
WINDOW_FILE = "episodes.json"  # in a checkpoint: the episodes behind the means


def prepared(config: Config, trial_config: Mapping[str, Any]) -> Config:
    """Returns an algorithm's config with what it has in common with all others; for `trial_config` see environment."""
    config.environment(Made, env_config=dict(trial_config))
    if seed := trial_config.get("seed"):
        config.debugging(seed=seed if trial_config.get("metrics_version") == 1 else far_apart(seed))
    return config.callbacks(
        on_algorithm_init=partial(_begin, dict(trial_config)),
        on_episode_end=_note_episode,
        on_train_result=partial(_tell, dict(trial_config)),
    )


def far_apart(seed: int) -> int:
    """Returns a seed that no other's is near: RLlib counts on from it for each process and environment."""
    return int(np.random.SeedSequence(seed).generate_state(1)[0]) >> 1


class Made(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The environment of a config, as a class, which RLlib asks for. It keeps how the last episode ended."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__(environment.training_env(context))
        self.ended = math.nan, 0  # return, of the rewards as they are, and env steps

    def step(self, action: Any) -> Any:
        made = self.env.step(action)
        if made[2] or made[3]:
            self.ended = float(made[4]["episode"]["r"]), int(made[4]["episode"]["l"])
        return made


def windowed(algorithm: type[Algorithm]) -> type[Algorithm]:
    """Returns an algorithm whose checkpoints hold the episodes behind its means too."""
    return type(algorithm.__name__, (_Windowed, algorithm), {})


class _Windowed:
    """Keeps the last training episodes of an algorithm: their returns and lengths."""

    @cached_property
    def window(self) -> deque[tuple[float, int]]:
        return deque(maxlen=WINDOW)

    def save_checkpoint(self, folder: str) -> None:
        super().save_checkpoint(folder)  # type: ignore[misc]
        (Path(folder) / WINDOW_FILE).write_text(json.dumps(list(self.window)))

    def load_checkpoint(self, folder: str) -> None:
        super().load_checkpoint(folder)  # type: ignore[misc]
        file = Path(folder) / WINDOW_FILE
        self.window.clear()
        self.window.extend(map(tuple, json.loads(file.read_text())) if file.exists() else ())


def _begin(trial_config: Mapping[str, Any], algorithm: Any, **_more: Any) -> None:
    if (buffer := getattr(algorithm, "local_replay_buffer", None)) is not None and hasattr(buffer, "rng"):
        buffer.rng = np.random.default_rng(algorithm.config.seed)  # RLlib leaves it to chance
    if start := trial_config.get("start_from"):
        algorithm.restore(start)


def _note_episode(env: Any, env_index: int, metrics_logger: Any, **_more: Any) -> None:
    total, length = env.envs[env_index].get_wrapper_attr("ended")
    metrics_logger.log_value(RETURNS, total, reduce="item_series")
    metrics_logger.log_value(LENGTHS, length, reduce="item_series")


def _tell(trial_config: Mapping[str, Any], algorithm: Any, result: dict[str, Any], **_more: Any) -> None:
    """Adds to a result what our metrics are made of."""
    sampled = result.get("env_runners") or {}
    returns, lengths = (sampled.pop(key, ()) for key in (RETURNS, LENGTHS))
    if isinstance(returns, list):  # RLlib says NaN where none has ended
        algorithm.window.extend((float(total), int(length)) for total, length in zip(returns, lengths, strict=True))
    if trial_config.get("metrics_version") != 1:
        result["training_episodes"] = _means(algorithm.window)
    _evaluate(trial_config, algorithm, result)


def _means(window: Sequence[tuple[float, int]]) -> dict[str, float]:
    """Returns what the last training episodes come to; nothing while none has ended."""
    if not window:
        return {}
    returns, lengths = zip(*window, strict=True)
    return {
        "return_mean": fmean(returns),
        "return_min": min(returns),
        "return_max": max(returns),
        "return_episodes": len(returns),
        "episode_length": fmean(lengths),
    }


def _evaluate(trial_config: Mapping[str, Any], algorithm: Any, result: dict[str, Any]) -> None:
    """Plays without exploring; RLlib does not count the time of it as training."""
    every = trial_config["evaluation"]["every"]
    if not every or result["training_iteration"] % every:
        return
    if not hasattr(algorithm, "evaluated_in"):
        algorithm.evaluated_in = environment.make(trial_config, learns=False)
    env, module = algorithm.evaluated_in, algorithm.get_module()
    # IMPALA and APPO bring theirs to the runners alone
    module.set_state(algorithm.learner_group.get_weights()[DEFAULT_MODULE_ID])
    seeds = environment.evaluation_seeds(trial_config)
    result["evaluation_played"] = environment.evaluate(acting(module, env), env, seeds)


def policy(folder: Path, config: Mapping[str, Any]) -> Policy:
    """Returns what the checkpoint in `folder` does without exploring."""
    return acting(RLModule.from_checkpoint(folder / MODULE), environment.make(config, learns=False))


def acting(module: Any, env: gymnasium.Env[Any, Any]) -> Policy:
    """Returns the likeliest action of a module for one observation at a time, as `env` takes it."""
    space = env.action_space

    def act(observation: Any) -> Any:
        with torch.no_grad():
            out = module.forward_inference({Columns.OBS: torch.as_tensor(np.asarray(observation, np.float32))[None]})
        if Columns.ACTIONS in out:
            action = out[Columns.ACTIONS]
        else:
            distribution = module.get_inference_action_dist_cls().from_logits(out[Columns.ACTION_DIST_INPUTS])
            action = distribution.to_deterministic().sample()
        chosen = action[0].cpu().numpy()
        return (
            int(chosen) if isinstance(space, gymnasium.spaces.Discrete) else np.asarray(unsquash_action(chosen, space))
        )

    return act
