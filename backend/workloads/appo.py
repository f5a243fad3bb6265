"""Asynchronous PPO with RLlib (Luo 2019, IMPACT): IMPALA's architecture with PPO's clipped objective."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.appo import APPOConfig

from backend.workloads.impala import asynchronous
from backend.workloads.rllib_common import policy as policy


def config(trial_config: Mapping[str, Any]) -> APPOConfig:
    """Returns the RLlib configuration; one iteration is at least 2,000 env steps."""
    params = trial_config["params"]
    return asynchronous(
        APPOConfig(),
        trial_config,
        clip_param=params["clip_param"],
        use_kl_loss=False,
        circular_buffer_iterations_per_batch=params["num_epochs"],
    )
