"""Tabular control: an agent that keeps a table of action values (Sutton & Barto, Reinforcement Learning, 2nd edition, 2018).

Five rules of learning, each a few lines: Q-learning, SARSA, expected SARSA, double Q-learning and Monte-Carlo control.
A Ray Tune function trainable. The environment must have discrete observations and actions.
"""

import json
import math
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
DECAY_SHARE = 0.8  # of the run, after which exploration has reached its minimum


def train(config: dict[str, Any]) -> None:
    """Trains one agent until a criterion in `config["stop"]` is met, reporting the last 100 episodes' statistics.

    `config` holds algorithm, environment, environment_options, max_steps (env steps an episode may take), seed, params, stop.
    """
    env = gymnasium.make(
        config["environment"], max_episode_steps=config["max_steps"], disable_env_checker=True, **config["environment_options"]
    )
    training = Training(env, config["algorithm"], config["seed"], config["params"], config["stop"])
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

    def __init__(self, env: gymnasium.Env[int, int], algorithm: str, seed: int, params: dict[str, Any], stop: dict[str, float]) -> None:
        self.env, self.algorithm, self.params, self.stop = env, algorithm, params, stop
        self.alpha, self.gamma = params["alpha"], params["gamma"]
        self.random = random.Random(seed)
        states, actions = int(env.observation_space.n), int(env.action_space.n)  # type: ignore[attr-defined]
        self.q = [[0.0] * actions for _ in range(states)]
        self.other = [[0.0] * actions for _ in range(states)]  # double Q-learning's second table
        self.episodes = self.env_steps = self.iteration = 0
        self.time_s = 0.0
        self.returns: deque[float] = deque(maxlen=WINDOW)
        self.lengths: deque[int] = deque(maxlen=WINDOW)
        self.reported = (0, 0.0)  # env steps and time at the last report, for the speed
        env.reset(seed=seed)

    # ---- how far

    def progress(self) -> float:
        """Returns how much of the run is done, 0 to 1, by whichever limit is nearest."""
        done = {"episodes": self.episodes, "env_steps": self.env_steps, "iteration": self.iteration, "time_s": self.time_s}
        return min(1.0, max(done[key] / limit for key, limit in self.stop.items() if key in done))

    def is_done(self) -> bool:
        goal = self.stop.get("return_mean")
        reached = goal is not None and len(self.returns) == WINDOW and self._mean_return() >= goal
        return reached or self.progress() >= 1.0

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
        if params["exploration"] == "softmax":
            return self.decayed(params["temperature"], params["temperature_min"])
        return self.decayed(params["epsilon"], params["epsilon_min"])

    def values(self, state: int) -> list[float]:
        """Returns what the agent thinks each action is worth."""
        if self.algorithm == "double_q_learning":
            return [(one + other) / 2 for one, other in zip(self.q[state], self.other[state], strict=True)]
        return self.q[state]

    def act(self, state: int, exploration: float) -> int:
        """Returns an action by the policy: ε-greedy with ties broken at random, or softmax (Boltzmann)."""
        values = self.values(state)
        if self.params["exploration"] == "softmax":
            return self.random.choices(range(len(values)), softmax(values, exploration))[0]
        if self.random.random() < exploration:
            return self.random.randrange(len(values))
        best = max(values)
        return self.random.choice([action for action, value in enumerate(values) if value == best])

    def policy(self, state: int, exploration: float) -> list[float]:
        """Returns the probability of each action."""
        values = self.values(state)
        if self.params["exploration"] == "softmax":
            return softmax(values, exploration)
        best = max(values)
        ties = values.count(best)
        return [exploration / len(values) + (1 - exploration) / ties * (value == best) for value in values]

    # ---- how it learns

    def play_episode(self) -> None:
        """Plays one episode and learns from it. A time limit ends it without ending the value: it bootstraps."""
        began = time.perf_counter()
        exploration = self.exploration()
        play = self._play_monte_carlo if self.algorithm == "monte_carlo" else self._play_and_learn
        total, length = play(exploration)
        self.episodes += 1
        self.env_steps += length
        self.returns.append(total)
        self.lengths.append(length)
        self.time_s += time.perf_counter() - began

    def _play_and_learn(self, exploration: float) -> tuple[float, int]:
        """Learns from each step as it is made; returns the episode's return and length."""
        learn, is_sarsa = RULES[self.algorithm], self.algorithm == "sarsa"
        state, _ = self.env.reset()
        action, total, length, over = self.act(state, exploration), 0.0, 0, False
        while not over:
            after, reward, terminated, truncated, _ = self.env.step(action)
            over = terminated or truncated
            following = self.act(after, exploration) if is_sarsa else -1  # SARSA learns from the action it will take
            learn(self, state, action, float(reward), after, terminated, following, exploration)
            state, action = after, following if is_sarsa or over else self.act(after, exploration)
            total, length = total + float(reward), length + 1
        return total, length

    def _play_monte_carlo(self, exploration: float) -> tuple[float, int]:
        """Monte-Carlo control, first visit, constant step size: Q(s, a) += alpha * (G - Q(s, a)), G the return from there on."""
        state, _ = self.env.reset()
        steps: list[tuple[int, int, float]] = []
        over = False
        while not over:
            action = self.act(state, exploration)
            after, reward, terminated, truncated, _ = self.env.step(action)
            steps.append((state, action, float(reward)))
            state, over = after, terminated or truncated
        first = {(state, action): place for place, (state, action, _) in reversed(list(enumerate(steps)))}
        future = 0.0
        for place in range(len(steps) - 1, -1, -1):
            state, action, reward = steps[place]
            future = reward + self.gamma * future
            if first[state, action] == place:
                self.q[state][action] += self.alpha * (future - self.q[state][action])
        return sum(reward for _, _, reward in steps), len(steps)

    # ---- what it tells

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
            "temperature" if self.params["exploration"] == "softmax" else "epsilon": self.exploration(),
        }

    def save(self, folder: Path) -> None:
        state = {
            "q": self.q,
            "other": self.other if self.algorithm == "double_q_learning" else [],
            "random": self.random.getstate(),
            "env_random": self.env.unwrapped.np_random.bit_generator.state,
            "counters": [self.episodes, self.env_steps, self.iteration, self.time_s],
            "recent": [list(self.returns), list(self.lengths)],
        }
        (folder / "tabular.json").write_text(json.dumps(state))

    def load(self, folder: Path) -> None:
        state = json.loads(next(folder.glob("*.json")).read_text())  # an earlier version called it otherwise
        version, numbers, gauss = state["random"]
        self.q, self.other = state["q"], state.get("other") or self.other
        self.random.setstate((version, tuple(numbers), gauss))
        self.env.unwrapped.np_random.bit_generator.state = state["env_random"]
        self.episodes, self.env_steps, self.iteration, self.time_s = state["counters"]
        self.returns.extend(state["recent"][0])
        self.lengths.extend(state["recent"][1])
        self.reported = (self.env_steps, self.time_s)


def softmax(values: list[float], temperature: float) -> list[float]:
    """Returns probabilities proportional to exp(value / temperature)."""
    best = max(values)
    weights = [math.exp((value - best) / max(temperature, 1e-6)) for value in values]
    total = sum(weights)
    return [weight / total for weight in weights]


def q_learning(
    agent: Training, state: int, action: int, reward: float, after: int, terminated: bool, following: int, exploration: float
) -> None:
    """Q-learning (Watkins 1989): Q(s, a) += alpha * (r + gamma * max Q(s', .) - Q(s, a))."""
    future = 0.0 if terminated else max(agent.q[after])
    agent.q[state][action] += agent.alpha * (reward + agent.gamma * future - agent.q[state][action])


def sarsa(
    agent: Training, state: int, action: int, reward: float, after: int, terminated: bool, following: int, exploration: float
) -> None:
    """SARSA (Rummery & Niranjan 1994): Q(s, a) += alpha * (r + gamma * Q(s', a') - Q(s, a)), a' the action taken next."""
    future = 0.0 if terminated else agent.q[after][following]
    agent.q[state][action] += agent.alpha * (reward + agent.gamma * future - agent.q[state][action])


def expected_sarsa(
    agent: Training, state: int, action: int, reward: float, after: int, terminated: bool, following: int, exploration: float
) -> None:
    """Expected SARSA (van Seijen 2009): the mean of Q(s', .) under the policy in the place of one action's."""
    future = 0.0
    if not terminated:
        future = sum(chance * value for chance, value in zip(agent.policy(after, exploration), agent.q[after], strict=True))
    agent.q[state][action] += agent.alpha * (reward + agent.gamma * future - agent.q[state][action])


def double_q_learning(
    agent: Training, state: int, action: int, reward: float, after: int, terminated: bool, following: int, exploration: float
) -> None:
    """Double Q-learning (van Hasselt 2010): one table chooses the best action, the other says what it is worth."""
    one, other = (agent.q, agent.other) if agent.random.random() < 0.5 else (agent.other, agent.q)
    future = 0.0 if terminated else other[after][one[after].index(max(one[after]))]
    one[state][action] += agent.alpha * (reward + agent.gamma * future - one[state][action])


RULES = {"q_learning": q_learning, "sarsa": sarsa, "expected_sarsa": expected_sarsa, "double_q_learning": double_q_learning}
