"""Tabular Q-learning (Watkins 1989): Q(s, a) += alpha * (r + gamma * max Q(s', .) - Q(s, a)).

A Ray Tune function trainable. The environment must have discrete observations and actions.
"""

import json
import random
import tempfile
import time
from collections import deque
from pathlib import Path
from typing import Any

import gymnasium
from ray import tune

WINDOW = 100  # episodes behind every mean
REPORTS = 200  # about how many a run makes when its length in episodes is known
CHECKPOINT_SECONDS = 0.5
DECAY_SHARE = 0.8  # of the run, after which epsilon has reached its minimum


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met, reporting the last 100 episodes' statistics.

    `config` holds environment, environment_options, max_steps (env steps an episode may take), seed, params, stop.
    """
    env = gymnasium.make(
        config["environment"], max_episode_steps=config["max_steps"], disable_env_checker=True, **config["environment_options"]
    )
    training = Training(env, config["seed"], config["params"], config["stop"])
    if checkpoint := tune.get_checkpoint():
        training.load(Path(checkpoint.to_directory()))
    every = max(1, config["stop"].get("episodes", 0) // REPORTS or 20)
    saved_at = time.monotonic()
    while not training.is_done():
        training.play_episode()
        if training.episodes % every and not training.is_done():
            continue
        metrics = training.metrics()
        if time.monotonic() - saved_at < CHECKPOINT_SECONDS:
            tune.report(metrics)
            continue
        with tempfile.TemporaryDirectory() as folder:
            training.save(Path(folder))
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))
        saved_at = time.monotonic()


class Training:
    """The agent, its environment and its progress: everything a checkpoint must hold."""

    def __init__(self, env: gymnasium.Env[int, int], seed: int, params: dict[str, Any], stop: dict[str, float]) -> None:
        self.env, self.params, self.stop = env, params, stop
        self.random = random.Random(seed)
        states, actions = int(env.observation_space.n), int(env.action_space.n)  # type: ignore[attr-defined]
        self.q = [[0.0] * actions for _ in range(states)]
        self.episodes = self.env_steps = self.iteration = 0
        self.time_s = 0.0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.lengths: deque[int] = deque(maxlen=WINDOW)
        self.reported = (0, 0.0)  # env steps and time at the last report, for the speed
        env.reset(seed=seed)

    def progress(self) -> float:
        """Returns how much of the run is done, 0 to 1, by whichever limit is nearest."""
        done = {"episodes": self.episodes, "env_steps": self.env_steps, "iteration": self.iteration, "time_s": self.time_s}
        return min(1.0, max(done[key] / limit for key, limit in self.stop.items() if key in done))

    def is_done(self) -> bool:
        goal = self.stop.get("return_mean")
        reached = goal is not None and len(self.returns) == WINDOW and self._mean_return() >= goal
        return reached or self.progress() >= 1.0

    def epsilon(self) -> float:
        """Returns the share of random actions at this point of the run."""
        first, last = self.params["epsilon"], self.params["epsilon_min"]
        share = min(1.0, self.progress() / DECAY_SHARE)
        match self.params["epsilon_decay"]:
            case "linear":
                return float(first + (last - first) * share)
            case "exponential":
                return float(first * (max(last, 1e-3) / first) ** share) if first else 0.0
            case _:
                return float(first)

    def play_episode(self) -> None:
        """Plays one episode and learns from each step. A time limit ends it without ending the value: it bootstraps."""
        began = time.perf_counter()
        alpha, gamma, epsilon = self.params["alpha"], self.params["gamma"], self.epsilon()
        state, _ = self.env.reset()
        total, length, over = 0.0, 0, False
        while not over:
            action = self.act(state, epsilon)
            after, reward, terminated, truncated, _ = self.env.step(action)
            future = 0.0 if terminated else max(self.q[after])
            self.q[state][action] += alpha * (float(reward) + gamma * future - self.q[state][action])
            state, over = after, terminated or truncated
            total, length = total + float(reward), length + 1
        self.episodes += 1
        self.env_steps += length
        self.returns.append(total)
        self.lengths.append(length)
        self.time_s += time.perf_counter() - began

    def act(self, state: int, epsilon: float) -> int:
        """Returns a random action with probability epsilon, else one of the best known; ties are broken at random."""
        values = self.q[state]
        if self.random.random() < epsilon:
            return self.random.randrange(len(values))
        best = max(values)
        return self.random.choice([action for action, value in enumerate(values) if value == best])

    def _mean_return(self) -> float:
        return sum(self.returns) / len(self.returns)

    def metrics(self) -> dict[str, float]:
        """Counts a report and returns its metrics; returns and lengths are over the last 100 episodes."""
        self.iteration += 1
        steps, seconds = self.env_steps - self.reported[0], self.time_s - self.reported[1]
        self.reported = (self.env_steps, self.time_s)
        return {
            "return_mean": self._mean_return(),
            "return_min": min(self.returns),
            "return_max": max(self.returns),
            "episode_length": sum(self.lengths) / len(self.lengths),
            "episodes": self.episodes,
            "env_steps": self.env_steps,
            "iteration": self.iteration,
            "steps_per_second": steps / seconds if seconds else 0.0,
            "time_s": self.time_s,
            "epsilon": self.epsilon(),
        }

    def save(self, folder: Path) -> None:
        state = {
            "q": self.q,
            "random": self.random.getstate(),
            "env_random": self.env.unwrapped.np_random.bit_generator.state,
            "counters": [self.episodes, self.env_steps, self.iteration, self.time_s],
            "recent": [list(self.returns), list(self.lengths)],
        }
        (folder / "q_learning.json").write_text(json.dumps(state))

    def load(self, folder: Path) -> None:
        state = json.loads((folder / "q_learning.json").read_text())
        version, numbers, gauss = state["random"]
        self.q = state["q"]
        self.random.setstate((version, tuple(numbers), gauss))
        self.env.unwrapped.np_random.bit_generator.state = state["env_random"]
        self.episodes, self.env_steps, self.iteration, self.time_s = state["counters"]
        self.returns.extend(state["recent"][0])
        self.lengths.extend(state["recent"][1])
        self.reported = (self.env_steps, self.time_s)
