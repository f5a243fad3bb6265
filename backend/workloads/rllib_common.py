"""What all RLlib algorithms share: environment, evaluation, where training begins, and how a checkpoint acts."""

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import gymnasium
import numpy as np
import torch
from ray.rllib.algorithms.algorithm_config import AlgorithmConfig
from ray.rllib.core import DEFAULT_MODULE_ID
from ray.rllib.core.columns import Columns
from ray.rllib.core.rl_module.rl_module import RLModule
from ray.rllib.utils.spaces.space_utils import unsquash_action

from backend.workloads import environment
from backend.workloads.environment import Policy

Config = TypeVar("Config", bound=AlgorithmConfig)
MODULE = "learner_group/learner/rl_module/default_policy"  # in a checkpoint


def prepared(config: Config, given: Mapping[str, Any]) -> Config:
    """Returns an algorithm's config with what it has in common with all others; `given` is as in `environment`."""
    callbacks: dict[str, Any] = {"on_train_result": partial(_evaluate, dict(given))}
    if start := given.get("start_from"):
        callbacks["on_algorithm_init"] = partial(_begin_from, start)
    return config.environment(Made, env_config=dict(given)).callbacks(**callbacks)


class Made(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The environment of a config, as a class, which RLlib asks for."""

    def __init__(self, context: Mapping[str, Any]) -> None:
        super().__init__(environment.make(context))


def _begin_from(start: str, algorithm: Any, **_more: Any) -> None:
    algorithm.restore(start)


def _evaluate(given: Mapping[str, Any], algorithm: Any, result: dict[str, Any], **_more: Any) -> None:
    """Plays without exploring; RLlib does not count the time of it as training."""
    wish = given["evaluation"]
    if not wish["every"] or result["training_iteration"] % wish["every"]:
        return
    if not hasattr(algorithm, "evaluated_in"):
        algorithm.evaluated_in = environment.make(given, learns=False)
    env, module = algorithm.evaluated_in, algorithm.get_module()
    module.set_state(algorithm.learner_group.get_weights()[DEFAULT_MODULE_ID])  # IMPALA and APPO bring theirs to the runners alone
    result["evaluation_played"] = environment.evaluate(acting(module, env), env, wish["episodes"])


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
        return int(chosen) if isinstance(space, gymnasium.spaces.Discrete) else np.asarray(unsquash_action(chosen, space))

    return act
