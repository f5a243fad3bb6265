"""Tabular control: an agent that keeps a table of action values (Sutton & Barto, Reinforcement Learning, 2nd edition, 2018).

Five ways to learn, four of them rules for one step: Q-learning, SARSA, expected SARSA, double Q-learning and Monte-Carlo
control. A Ray Tune function trainable. Actions must be discrete; observations that are not are put into cells.
"""

import math
import random
import tempfile
import time
from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.wrappers import TimeLimit
from ray import tune

from backend.workloads.discretise import Coder, Discretised, coder_of
from backend.workloads.environment import evaluate, make, starting_point
from backend.workloads.snapshots import Snapshots
from backend.workloads.tabular_files import arrays, load, save
from backend.workloads.tabular_rules import RULES, Table, TiledTable, softmax

WINDOW = 100  # episodes behind every mean
REPORTS = 200  # about how many a run makes when its length in episodes or env steps is known
EPISODES = 20  # between two reports when it is not
SECONDS = 5.0  # between two reports at most, so that a run is seen to go on, and can be stopped
AT_LEAST = 0.05  # seconds between two reports of a run whose length is a time
CHECKPOINT_SECONDS, MOST_SECONDS = 0.5, 5.0  # between two checkpoints: what a killed run has to do once more
SAVING_SHARE = 0.03  # of the time may go into checkpoints, unless that would leave more than MOST_SECONDS between them
DECAY_SHARE = 0.8  # of the run, after which exploration has reached its minimum
LAST_ALPHA = 0.01  # of the learning rate, where it falls, is left at the end


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met, reporting the last 100 episodes' statistics.

    Beside the keys of every workload, `config` may hold `snapshots`, a folder for the tables as they were (see Snapshots).
    """
    training = Training(make(config), config["algorithm"], config["seed"], config["params"], config["stop"])
    if start := starting_point(config):
        load(training, start)
    examiner = make(config, learns=False)
    rhythm = config.get("evaluation") or {"every": 0, "episodes": 1}
    snapshots = Snapshots(config["snapshots"], config["seed"], training.iteration) if config.get("snapshots") else None
    saved_at, pause = time.monotonic(), CHECKPOINT_SECONDS
    while not training.is_done():
        training.play_episode()
        if not training.is_done() and not training.has_news():
            continue
        metrics = training.metrics()
        is_last = training.is_done()
        is_evaluated = bool(rhythm["every"]) and training.iteration % rhythm["every"] == 0
        if is_evaluated:
            metrics |= evaluate(training.greedy, examiner, rhythm["episodes"])
        if snapshots and (is_last or snapshots.is_due(training.iteration, training.progress())):
            snapshots.take(training.iteration, training.progress(), arrays(training))
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
    return training.greedy


def _unlimited(env: gymnasium.Env[Any, Any]) -> tuple[gymnasium.Env[Any, Any], float]:
    """Returns an environment without its time limit, and that limit: whoever steps counts, which is quicker than a wrapper."""
    if type(env) is TimeLimit and env.spec is not None and env.spec.max_episode_steps is not None:
        return env.env, env.spec.max_episode_steps
    return env, math.inf


class Training:
    """The agent, its environment and its progress: everything a checkpoint must hold."""

    def __init__(
        self, env: gymnasium.Env[Any, Any], algorithm: str, seed: int, params: Mapping[str, Any], stop: Mapping[str, float]
    ) -> None:
        env, self.limit = _unlimited(env)
        self.algorithm, self.params, self.stop = algorithm, params, stop
        self.alpha, self.gamma = float(params["alpha"]), float(params["gamma"])
        self.random = random.Random(seed)
        self.actions = int(env.action_space.n)  # type: ignore[attr-defined]
        is_discrete = isinstance(env.observation_space, gymnasium.spaces.Discrete)
        self.coder = None if is_discrete else coder_of(env, params)
        self.states = int(env.observation_space.n) if is_discrete else 0  # type: ignore[attr-defined]
        self.env = env if self.coder is None else Discretised(env, self.coder)
        self.q, self.other, self.visits = self._table(), self._table(), self._table()  # `other` is double Q-learning's second one
        self.is_double, self.is_softmax = algorithm == "double_q_learning", params["exploration"] == "softmax"
        self.values: Callable[[Any], list[float]] = self._means if self.is_double else self.q.values  # what each action seems worth
        self.episodes = self.env_steps = self.iteration = 0
        self.time_s = 0.0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.lengths: deque[int] = deque(maxlen=WINDOW)
        self.reported_now()
        env.reset(seed=seed)

    def _table(self) -> Table:
        actions = self.actions
        if self.coder is None:
            return Table([[0.0] * actions for _ in range(self.states)])
        kind = TiledTable if self.coder.tilings > 1 else Table
        return kind(defaultdict(lambda: [0.0] * actions))

    def recode(self, coder: Coder) -> None:
        """Takes the cells of a checkpoint in the place of its own."""
        self.coder = coder
        if isinstance(self.env, Discretised):
            self.env.coder = coder

    # ---- how far

    def progress(self) -> float:
        """Returns how much of the run is done, 0 to 1, by whichever limit is nearest."""
        done = {"episodes": self.episodes, "env_steps": self.env_steps, "iteration": self.iteration, "time_s": self.time_s}
        return min(1.0, max(done[key] / limit for key, limit in self.stop.items() if key in done))

    def is_done(self) -> bool:
        goal = self.stop.get("return_mean")
        reached = goal is not None and len(self.returns) == WINDOW and self._mean_return() >= goal
        return reached or self.progress() >= 1.0

    def reported_now(self) -> None:
        """Notes where a report was made, from which the next one counts."""
        self.reported = (self.env_steps, self.time_s, self.episodes)
        self.reported_at = time.monotonic()

    def has_news(self) -> bool:
        """Whether it is time for a report: by episodes or env steps where the run's length is known in them."""
        steps, _, episodes = self.reported
        now, stop = time.monotonic() - self.reported_at, self.stop
        marks = [(episodes, self.episodes, stop.get("episodes")), (steps, self.env_steps, stop.get("env_steps"))]
        if any(limit and after * REPORTS // limit > before * REPORTS // limit for before, after, limit in marks):
            return True
        if now > SECONDS:
            return True
        if stop.get("iteration") is None and any(limit for _, _, limit in marks):
            return False
        return self.episodes % EPISODES == 0 and (stop.get("iteration") is not None or now > AT_LEAST)

    # ---- how it acts

    def decayed(self, first: float, last: float) -> float:
        """Returns what `epsilon_decay` makes of an exploration that falls from `first` to `last`."""
        share = min(1.0, self.progress() / DECAY_SHARE)
        match self.params["epsilon_decay"]:
            case "linear":
                return float(first + (last - first) * share)
            case "exponential":
                return float(first * (max(last, 1e-3) / first) ** share) if first else 0.0
            case _:
                return float(first)

    def exploration(self) -> float:
        """Returns ε, the share of random actions, or the temperature of the softmax, at this point of the run."""
        params = self.params
        if self.is_softmax:
            return self.decayed(params["temperature"], params["temperature_min"])
        return self.decayed(params["epsilon"], params["epsilon_min"])

    def learning_rate(self) -> float:
        """Returns α at this point of the run."""
        alpha = float(self.params["alpha"])
        if self.params.get("alpha_decay") != "linear":
            return alpha
        return alpha * (1 - (1 - LAST_ALPHA) * self.progress())

    def _means(self, state: Any) -> list[float]:
        """Returns the means of both tables of double Q-learning."""
        return [(one + other) / 2 for one, other in zip(self.q.values(state), self.other.values(state), strict=True)]

    def greedy(self, observation: Any) -> int:
        """Returns the best action known for an observation of the environment, the first of several."""
        values = self.values(observation if self.coder is None else self.coder(observation))
        return values.index(max(values))

    def actor(self, exploration: float) -> Callable[[Any], int]:
        """Returns the policy of an episode: ε-greedy with ties broken at random, or softmax (Boltzmann)."""
        values, actions = self.values, self.actions
        toss, choice, choices = self.random.random, self.random.choice, self.random.choices
        if self.is_softmax:
            return lambda state: choices(range(actions), softmax(values(state), exploration))[0]

        def act(state: Any) -> int:
            if toss() < exploration:
                return int(toss() * actions)
            row = values(state)
            best = max(row)
            if row.count(best) == 1:
                return row.index(best)
            return choice([action for action, value in enumerate(row) if value == best])

        return act

    def chances(self, state: Any, exploration: float) -> list[float]:
        """Returns the probability of each action."""
        values = self.values(state)
        if self.is_softmax:
            return softmax(values, exploration)
        best = max(values)
        ties = values.count(best)
        return [exploration / len(values) + (1 - exploration) / ties * (value == best) for value in values]

    # ---- how it learns

    def play_episode(self) -> None:
        """Plays one episode and learns from it. A time limit ends it without ending the value: it bootstraps."""
        began = time.perf_counter()
        exploration, self.alpha = self.exploration(), self.learning_rate()
        play = self._play_monte_carlo if self.algorithm == "monte_carlo" else self._play_and_learn
        total, length = play(exploration)
        self.episodes += 1
        self.env_steps += length
        self.returns.append(total)
        self.lengths.append(length)
        self.time_s += time.perf_counter() - began

    def _play_and_learn(self, exploration: float) -> tuple[float, int]:
        """Learns from each step as it is made; returns the episode's return and length."""
        learn, is_sarsa = RULES[self.algorithm](self, exploration), self.algorithm == "sarsa"
        act, step, limit = self.actor(exploration), self.env.step, self.limit
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
        self.visits.count(made)
        return total, length

    def _play_monte_carlo(self, exploration: float) -> tuple[float, int]:
        """Monte-Carlo control, first visit, constant step size: Q(s, a) += alpha * (G - Q(s, a)), G the return from there on."""
        act = self.actor(exploration)
        state, _ = self.env.reset()
        steps: list[tuple[Any, int, float]] = []
        over = False
        while not over:
            action = act(state)
            after, reward, terminated, truncated, _ = self.env.step(action)
            steps.append((state, action, float(reward)))
            state, over = after, terminated or truncated or len(steps) >= self.limit
        self.visits.count((state, action) for state, action, _ in steps)
        first = {(state, action): place for place, (state, action, _) in reversed(list(enumerate(steps)))}
        future = 0.0
        for place in range(len(steps) - 1, -1, -1):
            state, action, reward = steps[place]
            future = reward + self.gamma * future
            if first[state, action] == place:
                self.q.learn(state, action, future, self.alpha)
        return sum(reward for _, _, reward in steps), len(steps)

    # ---- what it tells

    def _mean_return(self) -> float:
        return sum(self.returns) / len(self.returns)

    def metrics(self) -> dict[str, float]:
        """Counts a report and returns its metrics; returns and lengths are over the last 100 episodes."""
        self.iteration += 1
        steps, seconds = self.env_steps - self.reported[0], self.time_s - self.reported[1]
        self.reported_now()
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
            "temperature" if self.is_softmax else "epsilon": self.exploration(),
        }
