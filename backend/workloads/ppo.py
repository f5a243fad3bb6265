"""Proximal Policy Optimization (Schulman 2017) with RLlib: the clipped policy objective on freshly sampled batches."""

from collections.abc import Mapping
from typing import Any

from ray.rllib.algorithms.ppo import PPOConfig
from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

from backend.workloads.rllib_common import policy as policy
from backend.workloads.rllib_common import prepared


def config(trial_config: Mapping[str, Any]) -> PPOConfig:
    """Returns the RLlib configuration; one iteration is `train_batch_size` env steps."""
    params = trial_config["params"]
    made = (
        PPOConfig()
        .env_runners(
            num_env_runners=params["num_env_runners"], num_envs_per_env_runner=params["num_envs_per_env_runner"]
        )
        .learners(num_learners=params["num_learners"], num_gpus_per_learner=params["num_gpus_per_learner"])
        .training(
            lr=params["lr"],
            gamma=params["gamma"],
            lambda_=params["lambda_"],
            clip_param=params["clip_param"],
            use_kl_loss=False,  # the paper's clipped variant needs no KL penalty beside it
            vf_clip_param=float("inf"),  # RLlib's 10 throttles the critic where returns are in the hundreds
            train_batch_size_per_learner=params["train_batch_size"] // max(1, params["num_learners"]),
            minibatch_size=min(params["minibatch_size"], params["train_batch_size"] // max(1, params["num_learners"])),
            num_epochs=params["num_epochs"],
            entropy_coeff=params["entropy_coeff"],
            vf_loss_coeff=params["vf_loss_coeff"],
            grad_clip=params["grad_clip"],
        )
        .rl_module(
            model_config=DefaultModelConfig(
                fcnet_hiddens=params["hidden"], fcnet_activation="tanh", vf_share_layers=False
            )
        )
    )
    return prepared(made, trial_config)
