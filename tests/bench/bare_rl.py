"""The same training by hand, each in a process of its own: python -m tests.bench.bare_rl WHAT STEPS. Prints env steps a
second.

WHAT is `q_learning` (a loop on Taxi), `rllib` or `sb3` (PPO on CartPole), with the settings of `tests.bench.rl`. The
rate is from the first result to the last, so that no start-up counts.
"""

import random
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

torch.set_num_threads(1)  # what a worker of Ray's has


def q_learning(steps: int) -> float:
    """Q-learning as in a textbook, with an ε that falls from episode to episode."""
    import gymnasium

    env = gymnasium.make("Taxi-v3", disable_env_checker=True)
    dice, actions, states = random.Random(1), 6, 500
    q = [[0.0] * actions for _ in range(states)]
    done, alpha, gamma, epsilon = 0, 0.5, 0.99, 1.0
    env.reset(seed=1)
    began = time.perf_counter()
    while done < steps:
        state, _ = env.reset()
        over, epsilon = False, max(0.01, 1.0 - done / steps / 0.8)
        while not over:
            row = q[state]
            if dice.random() < epsilon:
                action = int(dice.random() * actions)
            else:
                best = max(row)
                action = (
                    row.index(best)
                    if row.count(best) == 1
                    else dice.choice([each for each, value in enumerate(row) if value == best])
                )
            after, reward, terminated, truncated, _ = env.step(action)
            target = float(reward) if terminated else float(reward) + gamma * max(q[after])
            row[action] += alpha * (target - row[action])
            state, over, done = after, terminated or truncated, done + 1
    return done / (time.perf_counter() - began)


def ppo_config() -> Any:
    """Returns RLlib's PPO as the form sets it."""
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

    return (
        PPOConfig()
        .environment("CartPole-v1")
        .env_runners(num_env_runners=0, num_envs_per_env_runner=8)
        .training(
            lr=3e-4,
            gamma=0.99,
            lambda_=0.95,
            clip_param=0.2,
            use_kl_loss=False,
            vf_clip_param=float("inf"),
            train_batch_size_per_learner=2000,
            minibatch_size=128,
            num_epochs=20,
            entropy_coeff=0.0,
            vf_loss_coeff=0.5,
            grad_clip=0.5,
        )
        .rl_module(
            model_config=DefaultModelConfig(fcnet_hiddens=[64, 64], fcnet_activation="tanh", vf_share_layers=False)
        )
        .debugging(seed=1)
    )


def rllib(steps: int) -> float:
    import ray

    ray.init(log_to_driver=False, configure_logging=False, include_dashboard=False)
    algorithm, results = ppo_config().build_algo(), []
    while not results or results[-1][1] < steps:
        done = algorithm.train()["num_env_steps_sampled_lifetime"]
        results.append((time.perf_counter(), done))
    return _rate(results)


def sb3(steps: int) -> float:
    from stable_baselines3 import PPO
    from stable_baselines3.common.callbacks import BaseCallback
    from stable_baselines3.common.env_util import make_vec_env

    results: list[tuple[float, float]] = []

    class Clock(BaseCallback):
        def _on_step(self) -> bool:
            return True

        def _on_rollout_start(self) -> None:
            if self.num_timesteps:
                results.append((time.perf_counter(), self.num_timesteps))

    model = PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", 8, seed=1),
        n_steps=256,
        batch_size=64,
        n_epochs=10,
        seed=1,
        device="cpu",
    )
    model.learn(steps, callback=Clock())
    return _rate(results)


def _rate(results: list[tuple[float, float]]) -> float:
    (first, before), (last, after) = results[0], results[-1]
    return (after - before) / (last - first)


WHAT: dict[str, Callable[[int], float]] = {"q_learning": q_learning, "rllib": rllib, "sb3": sb3}

if __name__ == "__main__":
    print(f"rate {WHAT[sys.argv[1]](int(sys.argv[2])):.1f}", flush=True)
