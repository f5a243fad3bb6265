"""A tabular agent: tables of action values, and how to act and explore by them (Sutton & Barto 2018)."""

import random
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any

import gymnasium

from backend.workloads.discretise import coder_of
from backend.workloads.tabular_rules import Table, TiledTable, softmax

DECAY_SHARE = 0.8  # of the run, after which exploration has reached its minimum
LAST_ALPHA = 0.01  # of the learning rate, where it falls, is left at the end


class Agent:
    """Tables of action values, and the policy that follows from them. `done` is how much of the run is done, 0 to 1."""

    def __init__(self, env: gymnasium.Env[Any, Any], algorithm: str, seed: int, params: Mapping[str, Any]) -> None:
        self.params = params
        self.alpha, self.gamma = float(params["alpha"]), float(params["gamma"])
        self.random = random.Random(seed)
        self.actions = int(env.action_space.n)  # type: ignore[attr-defined]
        is_discrete = isinstance(env.observation_space, gymnasium.spaces.Discrete)
        self.coder = None if is_discrete else coder_of(env, params)
        self.states = int(env.observation_space.n) if is_discrete else 0  # type: ignore[attr-defined]
        # `other` is double Q-learning's second one
        self.q, self.other, self.visits = self._table(), self._table(), self._table()
        self.is_double, self.is_softmax = algorithm == "double_q_learning", params["exploration"] == "softmax"
        # what each action seems worth
        self.values: Callable[[Any], list[float]] = self._means if self.is_double else self.q.values

    def _table(self) -> Table:
        actions = self.actions
        if self.coder is None:
            return Table([[0.0] * actions for _ in range(self.states)])
        kind = TiledTable if self.coder.tilings > 1 else Table
        return kind(defaultdict(lambda: [0.0] * actions))

    def _decayed(self, first: float, last: float, done: float) -> float:
        """Returns what `epsilon_decay` makes of an exploration that falls from `first` to `last`."""
        share = min(1.0, done / DECAY_SHARE)
        match self.params["epsilon_decay"]:
            case "linear":
                return float(first + (last - first) * share)
            case "exponential":
                return float(first * (max(last, 1e-3) / first) ** share) if first else 0.0
            case _:
                return float(first)

    def exploration(self, done: float) -> float:
        """Returns ε, the share of random actions, or the temperature of the softmax."""
        params = self.params
        if self.is_softmax:
            return self._decayed(params["temperature"], params["temperature_min"], done)
        return self._decayed(params["epsilon"], params["epsilon_min"], done)

    def learning_rate(self, done: float) -> float:
        """Returns α."""
        alpha = float(self.params["alpha"])
        if self.params.get("alpha_decay") != "linear":
            return alpha
        return alpha * (1 - (1 - LAST_ALPHA) * done)

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
