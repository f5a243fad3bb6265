"""Deep Q-Network (Mnih 2015) with RLlib: Q-learning with a network, a replay buffer and a target network."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.dqn import DQNConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

from backend.workloads.rllib_common import policy as policy
from backend.workloads.rllib_common import prepared

STEPS_PER_ITERATION = 1000


def config(trial_config: Mapping[str, Any]) -> DQNConfig:
    """Returns the RLlib configuration; one iteration is at least 1,000 env steps."""
    params = trial_config["params"]
    buffer: dict[str, Any] = {"type": "EpisodeReplayBuffer"}
    if params["prioritized"]:
        buffer = {"type": "PrioritizedEpisodeReplayBuffer", "alpha": 0.6, "beta": 0.4}
    made = (
        DQNConfig()
        .env_runners(num_env_runners=0, num_envs_per_env_runner=params["num_envs_per_env_runner"])
        .training(
            lr=params["lr"],
            gamma=params["gamma"],
            train_batch_size_per_learner=params["train_batch_size"],
            training_intensity=params["training_intensity"],
            num_steps_sampled_before_learning_starts=params["learning_starts"],
            target_network_update_freq=params["target_update"],
            epsilon=[(0, 1.0), (params["epsilon_steps"], params["epsilon_min"])],
            double_q=params["double_q"],
            dueling=params["dueling"],
            n_step=params["n_step"],
            replay_buffer_config={**buffer, "capacity": params["buffer_size"]},
        )
        .reporting(min_sample_timesteps_per_iteration=STEPS_PER_ITERATION, min_time_s_per_iteration=0)
        .rl_module(model_config=DefaultModelConfig(fcnet_hiddens=params["hidden"], fcnet_activation="tanh"))
    )
    return prepared(made, trial_config)
