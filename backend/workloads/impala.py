"""IMPALA (Espeholt 2018) with RLlib: env runners never wait for the learner; V-trace corrects
for what they lag behind."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.impala import IMPALAConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

from backend.workloads.rllib_common import Config, prepared
from backend.workloads.rllib_common import policy as policy

STEPS_PER_ITERATION = 2000


def config(trial_config: Mapping[str, Any]) -> IMPALAConfig:
    """Returns the RLlib configuration; one iteration is at least 2,000 env steps."""
    return asynchronous(IMPALAConfig(), trial_config)


def asynchronous(made: Config, trial_config: Mapping[str, Any], **more: Any) -> Config:
    """Returns a config of IMPALA's architecture; `more` is what another objective sets."""
    params = trial_config["params"]
    made = (
        made.env_runners(
            num_env_runners=params["num_env_runners"],
            num_envs_per_env_runner=params["num_envs_per_env_runner"],
            rollout_fragment_length=params["rollout_fragment_length"],
        )
        .learners(num_learners=params["num_learners"], num_gpus_per_learner=params["num_gpus_per_learner"])
        .training(
            lr=params["lr"],
            gamma=params["gamma"],
            train_batch_size_per_learner=params["train_batch_size"],
            entropy_coeff=params["entropy_coeff"],
            vf_loss_coeff=params["vf_loss_coeff"],
            grad_clip=params["grad_clip"],
            **more,
        )
        .reporting(min_sample_timesteps_per_iteration=STEPS_PER_ITERATION, min_time_s_per_iteration=0)
        # Layers of its own for the critic: returns in the hundreds would drown the actor's gradient in shared ones.
        .rl_module(
            model_config=DefaultModelConfig(
                fcnet_hiddens=params["hidden"], fcnet_activation="tanh", vf_share_layers=False
            )
        )
    )
    return prepared(made, trial_config)
