"""Soft Actor-Critic (Haarnoja 2018) with RLlib: off-policy, two critics, and a temperature that
keeps the policy undecided."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.sac import SACConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

from backend.workloads.rllib_common import policy as policy
from backend.workloads.rllib_common import prepared

STEPS_PER_ITERATION = 1000


def config(trial_config: Mapping[str, Any]) -> SACConfig:
    """Returns the RLlib configuration; one iteration is at least 1,000 env steps."""
    params = trial_config["params"]
    made = (
        SACConfig()
        .env_runners(num_env_runners=0, num_envs_per_env_runner=params["num_envs_per_env_runner"])
        .training(
            gamma=params["gamma"],
            actor_lr=params["actor_lr"],
            critic_lr=params["critic_lr"],
            alpha_lr=params["alpha_lr"],
            tau=params["tau"],
            n_step=params["n_step"],
            initial_alpha=1.0,
            target_entropy="auto",
            train_batch_size_per_learner=params["train_batch_size"],
            training_intensity=params["training_intensity"],
            num_steps_sampled_before_learning_starts=params["learning_starts"],
            replay_buffer_config={"type": "EpisodeReplayBuffer", "capacity": params["buffer_size"]},
        )
        .reporting(min_sample_timesteps_per_iteration=STEPS_PER_ITERATION, min_time_s_per_iteration=0)
        .rl_module(model_config=DefaultModelConfig(fcnet_hiddens=params["hidden"], fcnet_activation="relu"))
    )
    return prepared(made, trial_config)
