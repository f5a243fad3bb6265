"""Tabular control: an agent that keeps a table of action values (Sutton & Barto, Reinforcement Learning, 2nd edition,
2018).

Five ways to learn, four of them rules for one step: Q-learning, SARSA, expected SARSA, double Q-learning and
Monte-Carlo control. A Ray Tune function trainable. Actions must be discrete; observations that are not are put into
cells.
"""

import math
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.wrappers import TimeLimit
from ray import tune

from backend.workloads.discretise import Coder, Discretised
from backend.workloads.environment import evaluate, evaluation_seeds, make, starting_point
from backend.workloads.snapshots import Snapshots
from backend.workloads.tabular_agent import Agent
from backend.workloads.tabular_files import arrays, load, save
from backend.workloads.tabular_progress import Progress
from backend.workloads.tabular_rules import RULES

CHECKPOINT_SECONDS, MOST_SECONDS = 0.5, 5.0  # between two checkpoints: what a killed run has to do once more
SAVING_SHARE = 0.03  # of the time may go into checkpoints, unless that would leave more than MOST_SECONDS between them


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met, reporting the last 100 episodes' statistics.

    Beside the keys of every workload, `config` may hold `snapshots`, a folder for the tables as they were (see
    Snapshots).
    """
    training = Training(make(config), config["algorithm"], config["seed"], config["params"], config["stop"])
    if start := starting_point(config):
        load(training, start)
    examiner, progress = make(config, learns=False), training.progress
    rhythm = config.get("evaluation") or {"every": 0, "episodes": 1}
    snapshots = Snapshots(config["snapshots"], config["seed"], progress.iteration) if config.get("snapshots") else None
    saved_at, pause = time.monotonic(), CHECKPOINT_SECONDS
    while not progress.is_done():
        training.play_episode()
        if not progress.is_done() and not progress.has_news():
            continue
        metrics = training.metrics()
        is_last = progress.is_done()
        is_evaluated = bool(rhythm["every"]) and progress.iteration % rhythm["every"] == 0
        if is_evaluated:
            metrics |= evaluate(training.agent.greedy, examiner, evaluation_seeds(config))
        if snapshots and (is_last or snapshots.is_due(progress.iteration, progress.share())):
            snapshots.take(progress.iteration, progress.share(), arrays(training))
        if not is_last and not is_evaluated and time.monotonic() - saved_at < pause:
            tune.report(metrics)
            continue
        with tempfile.TemporaryDirectory() as folder:
            began = time.monotonic()
            save(training, Path(folder))
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))
        saved_at = time.monotonic()
        pause = min(MOST_SECONDS, max(CHECKPOINT_SECONDS, (saved_at - began) / SAVING_SHARE))


def policy(folder: Path, config: Mapping[str, Any]) -> Callable[[Any], int]:
    """Returns what the agent of a checkpoint does without exploring."""
    training = Training(make(config, learns=False), config["algorithm"], 0, config["params"], config["stop"])
    load(training, folder)
    return training.agent.greedy


def _unlimited(env: gymnasium.Env[Any, Any]) -> tuple[gymnasium.Env[Any, Any], float]:
    """Returns an environment without its time limit, and that limit: whoever steps counts, which
    is quicker than a wrapper."""
    if type(env) is TimeLimit and env.spec is not None and env.spec.max_episode_steps is not None:
        return env.env, env.spec.max_episode_steps
    return env, math.inf


class Training:
    """An agent that learns in its environment, and how far it is: everything a checkpoint must hold."""

    def __init__(
        self,
        env: gymnasium.Env[Any, Any],
        algorithm: str,
        seed: int,
        params: Mapping[str, Any],
        stop: Mapping[str, float],
    ) -> None:
        env, self.limit = _unlimited(env)
        self.algorithm = algorithm
        self.agent, self.progress = Agent(env, algorithm, seed, params), Progress(stop)
        self.env = env if self.agent.coder is None else Discretised(env, self.agent.coder)
        env.reset(seed=seed)

    def recode(self, coder: Coder) -> None:
        """Takes the cells of a checkpoint in the place of its own."""
        self.agent.coder = coder
        if isinstance(self.env, Discretised):
            self.env.coder = coder

    def play_episode(self) -> None:
        """Plays one episode and learns from it. A time limit ends it without ending the value: it bootstraps."""
        began = time.perf_counter()
        agent, done = self.agent, self.progress.share()
        exploration, agent.alpha = agent.exploration(done), agent.learning_rate(done)
        play = self._play_monte_carlo if self.algorithm == "monte_carlo" else self._play_and_learn
        total, length = play(exploration)
        self.progress.add(total, length, time.perf_counter() - began)

    def _play_and_learn(self, exploration: float) -> tuple[float, int]:
        """Learns from each step as it is made; returns the episode's return and length."""
        learn, is_sarsa = RULES[self.algorithm](self.agent, exploration), self.algorithm == "sarsa"
        act, step, limit = self.agent.actor(exploration), self.env.step, self.limit
        state, _ = self.env.reset()
        action, total, length, over, made = act(state), 0.0, 0, False, []
        while not over:
            after, reward, terminated, truncated, _ = step(action)
            length += 1
            reward, over = float(reward), terminated or truncated or length >= limit
            following = act(after) if is_sarsa else -1  # SARSA learns from the action it will take
            learn(state, action, reward, after, terminated, following)
            made.append((state, action))
            state, action = after, following if is_sarsa or over else act(after)
            total += reward
        self.agent.visits.count(made)
        return total, length

    def _play_monte_carlo(self, exploration: float) -> tuple[float, int]:
        """Monte-Carlo control, first visit, constant step size: Q(s, a) += alpha * (G - Q(s, a)), G
        the return from there on."""
        agent, act = self.agent, self.agent.actor(exploration)
        state, _ = self.env.reset()
        steps: list[tuple[Any, int, float]] = []
        over = False
        while not over:
            action = act(state)
            after, reward, terminated, truncated, _ = self.env.step(action)
            steps.append((state, action, float(reward)))
            state, over = after, terminated or truncated or len(steps) >= self.limit
        agent.visits.count((state, action) for state, action, _ in steps)
        first = {(state, action): place for place, (state, action, _) in reversed(list(enumerate(steps)))}
        future = 0.0
        for place in range(len(steps) - 1, -1, -1):
            state, action, reward = steps[place]
            future = reward + agent.gamma * future
            if first[state, action] == place:
                agent.q.learn(state, action, future, agent.alpha)
        return sum(reward for _, _, reward in steps), len(steps)

    def metrics(self) -> dict[str, float]:
        """Counts a report and returns its metrics."""
        metrics = self.progress.metrics()
        name = "temperature" if self.agent.is_softmax else "epsilon"
        return metrics | {name: self.agent.exploration(self.progress.share())}
