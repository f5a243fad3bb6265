"""Stable-Baselines3 (Raffin et al. 2021): PPO, A2C, DQN, SAC, TD3 and DDPG, followed through its callbacks.

A Ray Tune function trainable. An iteration ends with the first update after 1,000 env steps: it is one rollout where
that is as long, several of the short ones of A2C, DQN and the like. A checkpoint holds what Stable-Baselines3 itself
can load (`model.zip`, `vecnormalize.pkl`), counters and random states, and the replay buffer while that is small;
environments begin a new episode.
"""

import math
import pickle
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import torch
from gymnasium.spaces import Discrete
from ray import tune
from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.logger import Logger
from stable_baselines3.common.monitor import Monitor
from stable_baselines3.common.noise import NormalActionNoise
from stable_baselines3.common.off_policy_algorithm import OffPolicyAlgorithm
from stable_baselines3.common.save_util import load_from_zip_file, recursive_setattr
from stable_baselines3.common.vec_env import DummyVecEnv, VecEnv, VecNormalize

from backend.workloads.environment import WINDOW, Policy, evaluate, evaluation_seeds, make, starting_point
from backend.workloads.sb3_files import load_buffer, load_luck, load_normalizer, luck, save_buffer

ALGORITHMS: dict[str, type[BaseAlgorithm]] = {
    "sb3_ppo": PPO,
    "sb3_a2c": A2C,
    "sb3_dqn": DQN,
    "sb3_sac": SAC,
    "sb3_td3": TD3,
    "sb3_ddpg": DDPG,
}
OURS = ("hidden", "n_envs", "noise_sigma", "epsilon_steps")  # params that its constructors do not know by these names
COUNTERS = (
    "num_timesteps",
    "_episode_num",
    "_n_updates",
    "_n_calls",
    "ep_info_buffer",
    "ep_success_buffer",
    "exploration_rate",
)

ITERATION_STEPS = 1000
ENDLESS = 10**12  # env steps of a run that other criteria end
CHECKPOINT_SECONDS = 0.5
CHECKPOINT_SHARE = 1 / 64  # of the time, at most, goes into checkpoints


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met; see `environment` for what a config holds."""
    torch.set_num_threads(1)
    model = build(config)
    training = Training(config, model)
    if start := starting_point(config):
        training.load(start)
    if not training.is_done():
        left = _most_steps(config) - model.num_timesteps
        model.learn(left, callback=training, log_interval=None, reset_num_timesteps=False)  # type: ignore[arg-type]


def policy(folder: Path, config: dict[str, Any]) -> Policy:
    """Returns what the checkpoint in `folder` does without exploring."""
    model = ALGORITHMS[config["algorithm"]].load(folder / "model.zip", device="cpu")
    statistics = folder / "vecnormalize.pkl"
    return greedy(model, pickle.loads(statistics.read_bytes()) if statistics.exists() else None)


def greedy(model: BaseAlgorithm, normalizer: VecNormalize | None) -> Policy:
    """Returns the best action by a model, as one that an environment takes; `normalizer` only lends its statistics."""
    is_discrete = isinstance(model.action_space, Discrete)

    def act(observation: Any) -> Any:
        seen = normalizer.normalize_obs(np.asarray(observation)) if normalizer is not None else observation
        action, _ = model.predict(seen, deterministic=True)
        return int(action) if is_discrete else action

    return act


def build(config: dict[str, Any]) -> BaseAlgorithm:
    """Returns an untrained model in environments of its own, all of this process."""
    params = config["params"]
    arguments = {name: value for name, value in params.items() if name not in OURS}
    if params.get("ent_coef") == 0 and config["algorithm"] == "sb3_sac":
        arguments["ent_coef"] = "auto"
    if "epsilon_steps" in params:  # to Stable-Baselines3 a share of the run, which would change with its length
        arguments["exploration_fraction"] = params["epsilon_steps"] / _most_steps(config)
    venv = environments(config)
    if "noise_sigma" in params:
        size = venv.action_space.shape or (1,)
        arguments["action_noise"] = NormalActionNoise(np.zeros(size), np.full(size, params["noise_sigma"]))
    model = ALGORITHMS[config["algorithm"]](
        "MlpPolicy",
        venv,
        seed=config["seed"],
        device="cpu",
        policy_kwargs={"net_arch": list(params["hidden"])},
        **arguments,
    )  # type: ignore[call-arg]
    # seed 1 and seed 2 share no environment, however many there are
    venv.seed(random.Random(config["seed"]).getrandbits(31))
    model.set_logger(Logger(None, []))
    return model


def environments(config: dict[str, Any]) -> VecEnv:
    """Returns the environments an agent learns in, side by side; what is normalised is so behind the
    monitor, which sees rewards raw."""
    venv: VecEnv = DummyVecEnv([lambda: Monitor(make(config, learns=False))] * config["params"]["n_envs"])
    wish = config.get("wrappers") or {}
    observation, reward = bool(wish.get("normalize_observation")), bool(wish.get("normalize_reward"))
    if observation or reward:
        venv = VecNormalize(venv, norm_obs=observation, norm_reward=reward, gamma=config["params"]["gamma"])
    return venv


def _most_steps(config: dict[str, Any]) -> int:
    return int(config["stop"].get("env_steps", ENDLESS))


class Training(BaseCallback):
    """Follows a model as it learns: counts, reports, saves, and ends it."""

    model: BaseAlgorithm

    def __init__(self, config: dict[str, Any], model: BaseAlgorithm) -> None:
        super().__init__()
        self.config, self.stop, self.model = config, config["stop"], model
        assert isinstance(model.env, VecEnv)
        self.venv: DummyVecEnv = model.env.unwrapped  # type: ignore[assignment]
        self.test = make(config, learns=False)
        self.greedy = greedy(model, model.get_vec_normalize_env())
        self.iteration = self.episodes_before = 0
        self.time_s = 0.0
        self.reported = (0, 0.0)  # env steps and time at the last report, for the speed
        self.began = self.saved_at = time.perf_counter()
        self.saving_took = 0.0
        self.is_over = False
        self.gradient_steps = getattr(model, "gradient_steps", 0)

    # ---- how far

    @property
    def episodes(self) -> int:
        return self.episodes_before + sum(len(env.episode_returns) for env in self.venv.envs)  # type: ignore[attr-defined]

    @property
    def recent(self) -> Sequence[dict[str, float]]:
        """Return "r" and length "l" of the last episodes, 100 at most."""
        return self.model.ep_info_buffer or []  # type: ignore[return-value]

    def is_done(self) -> bool:
        """Returns whether a criterion is met; the time is what training took, without evaluation and checkpoints."""
        done: dict[str, Callable[[], float]] = {
            "env_steps": lambda: self.model.num_timesteps,
            "iteration": lambda: self.iteration,
            "episodes": lambda: self.episodes,
            "time_s": self._seconds,
            "return_mean": lambda: (
                fmean(episode["r"] for episode in self.recent) if len(self.recent) == WINDOW else -math.inf
            ),
        }
        return any(done[key]() >= limit for key, limit in self.stop.items())

    def _seconds(self) -> float:
        return self.time_s + time.perf_counter() - self.began

    # ---- what Stable-Baselines3 calls

    def _on_training_start(self) -> None:
        self.began = self.saved_at = time.perf_counter()

    def _on_rollout_start(self) -> None:
        """The update after the last rollout has been made: the moment to report."""
        if self.gradient_steps and getattr(self.model, "gradient_steps", 1) == 0:
            self._learn_again()
        if self.model.num_timesteps - self.reported[0] >= ITERATION_STEPS or self.is_done():
            self.report()

    def _on_step(self) -> bool:
        return not self.is_over

    def _on_training_end(self) -> None:
        if not self.is_over and self.model.num_timesteps > self.reported[0]:
            self.report()

    # ---- what it tells

    def report(self) -> None:
        """Ends an iteration: reports it, evaluated where that is due, and saves what it takes to go on from here."""
        self.time_s, self.began = self._seconds(), time.perf_counter()
        self.iteration += 1
        self.is_over = self.is_done()
        metrics, wish = self.metrics(), self.config["evaluation"]
        is_evaluated = bool(wish["every"]) and self.iteration % wish["every"] == 0
        if is_evaluated:
            metrics |= evaluate(self.greedy, self.test, evaluation_seeds(self.config))
        waited = time.perf_counter() - self.saved_at
        if is_evaluated or self.is_over or waited >= max(CHECKPOINT_SECONDS, self.saving_took / CHECKPOINT_SHARE):
            self._report_and_save(metrics)
        else:
            tune.report(metrics)
        self.began = time.perf_counter()

    def _report_and_save(self, metrics: dict[str, float]) -> None:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            self.save(Path(folder))
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))
        self.saved_at = time.perf_counter()
        self.saving_took = self.saved_at - began

    def metrics(self) -> dict[str, float]:
        """Returns the metrics of an iteration; returns and lengths are over the last 100 episodes, left
        out while there is none."""
        steps, seconds = self.model.num_timesteps - self.reported[0], self.time_s - self.reported[1]
        self.reported = (self.model.num_timesteps, self.time_s)
        metrics = {
            "episodes": self.episodes,
            "env_steps": self.model.num_timesteps,
            "iteration": self.iteration,
            "time_s": self.time_s,
        }
        metrics["steps_per_second"] = steps / seconds if seconds else 0.0
        if returns := [float(episode["r"]) for episode in self.recent]:
            metrics |= {"return_mean": fmean(returns), "return_min": min(returns), "return_max": max(returns)}
            metrics["episode_length"] = fmean(episode["l"] for episode in self.recent)
            metrics["return_episodes"] = len(returns)
        for key, value in self.model.logger.name_to_value.items():  # the newest of each
            if key.startswith("train/"):
                metrics[f"learner/{key.removeprefix('train/')}"] = float(value)
            elif key == "rollout/exploration_rate":
                metrics["epsilon"] = float(value)
        return metrics

    # ---- what a checkpoint holds

    def save(self, folder: Path) -> None:
        self.model.save(folder / "model.zip")
        if (normalizer := self.model.get_vec_normalize_env()) is not None:
            normalizer.save(str(folder / "vecnormalize.pkl"))
        state = {
            "counters": [self.iteration, self.episodes, self.time_s],
            **luck(self.model, self.venv),
        }
        (folder / "training.pkl").write_bytes(pickle.dumps(state))
        if isinstance(self.model, OffPolicyAlgorithm):
            save_buffer(self.model.replay_buffer, folder / "buffer.npz")

    def load(self, folder: Path) -> None:
        """Goes on from a checkpoint. Settings are the config's own, so a child run may have others."""
        model = self.model
        data, weights, variables = load_from_zip_file(folder / "model.zip", device="cpu")
        model.set_parameters(weights, device="cpu")
        for name, value in (variables or {}).items():  # the weight of SAC's entropy
            if value is not None:
                recursive_setattr(model, f"{name}.data", value.data)
        for name in set(COUNTERS) & set(data or {}):
            setattr(model, name, data[name])  # type: ignore[index]
        load_normalizer(model.get_vec_normalize_env(), folder / "vecnormalize.pkl")
        state = pickle.loads((folder / "training.pkl").read_bytes())
        self.iteration, self.episodes_before, self.time_s = state["counters"]
        self.reported = (model.num_timesteps, self.time_s)
        load_luck(model, self.venv, state)
        if isinstance(model, OffPolicyAlgorithm):
            load_buffer(model.replay_buffer, folder / "buffer.npz")
            # until the buffer holds `learning_starts` steps, which is at once where it was saved
            model.gradient_steps = 0

    def _learn_again(self) -> None:
        model: Any = self.model
        if model.replay_buffer.size() >= min(model.learning_starts / model.n_envs, model.replay_buffer.buffer_size):
            model.gradient_steps = self.gradient_steps
