"""How tabular agents learn from one step: four rules, each a line or two, and the softmax (Sutton & Barto 2018).

A rule takes the agent and what happened: the state, the action, its reward, the state after, whether that ended the
episode for good, the action that is taken next (SARSA's alone, otherwise -1) and how much the agent explores.
"""

import math
from collections.abc import Callable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.workloads.tabular import Training

Rule = Callable[["Training", Any, int, float, Any, bool, int, float], None]


class Table:
    """A row of numbers, one for each action, for every state: a list of rows, or a mapping that makes rows as they are met."""

    def __init__(self, rows: list[list[float]] | MutableMapping[int, list[float]]) -> None:
        self.rows: Any = rows

    def values(self, state: Any) -> list[float]:
        """Returns what is known of each action in a state."""
        row: list[float] = self.rows[state]
        return row

    def learn(self, state: Any, action: int, target: float, alpha: float) -> None:
        """Moves one number a share `alpha` of the way to a target."""
        row = self.rows[state]
        row[action] += alpha * (target - row[action])

    def count(self, state: Any, action: int) -> None:
        """Adds one to one number."""
        self.rows[state][action] += 1


class TiledTable(Table):
    """A state is a tuple of tiles here, a row each; its values are their mean, so neighbours share what they learn (tile coding)."""

    def values(self, state: Sequence[int]) -> list[float]:
        rows = self.rows
        share = 1.0 / len(state)
        return [sum(column) * share for column in zip(*[rows[tile] for tile in state], strict=True)]

    def learn(self, state: Sequence[int], action: int, target: float, alpha: float) -> None:
        rows = [self.rows[tile] for tile in state]
        step = alpha * (target - sum([row[action] for row in rows]) / len(rows))
        for row in rows:
            row[action] += step

    def count(self, state: Sequence[int], action: int) -> None:
        for tile in state:
            self.rows[tile][action] += 1


def softmax(values: Sequence[float], temperature: float) -> list[float]:
    """Returns probabilities proportional to exp(value / temperature)."""
    best = max(values)
    weights = [math.exp((value - best) / max(temperature, 1e-6)) for value in values]
    total = sum(weights)
    return [weight / total for weight in weights]


def q_learning(
    agent: "Training", state: Any, action: int, reward: float, after: Any, terminated: bool, following: int, exploration: float
) -> None:
    """Q-learning (Watkins 1989): Q(s, a) += alpha * (r + gamma * max Q(s', .) - Q(s, a))."""
    q = agent.q
    future = 0.0 if terminated else max(q.values(after))
    q.learn(state, action, reward + agent.gamma * future, agent.alpha)


def sarsa(
    agent: "Training", state: Any, action: int, reward: float, after: Any, terminated: bool, following: int, exploration: float
) -> None:
    """SARSA (Rummery & Niranjan 1994): Q(s, a) += alpha * (r + gamma * Q(s', a') - Q(s, a)), a' the action taken next."""
    q = agent.q
    future = 0.0 if terminated else q.values(after)[following]
    q.learn(state, action, reward + agent.gamma * future, agent.alpha)


def expected_sarsa(
    agent: "Training", state: Any, action: int, reward: float, after: Any, terminated: bool, following: int, exploration: float
) -> None:
    """Expected SARSA (van Seijen 2009): the mean of Q(s', .) under the policy in the place of one action's."""
    q, future = agent.q, 0.0
    if not terminated:
        future = sum(chance * value for chance, value in zip(agent.chances(after, exploration), q.values(after), strict=True))
    q.learn(state, action, reward + agent.gamma * future, agent.alpha)


def double_q_learning(
    agent: "Training", state: Any, action: int, reward: float, after: Any, terminated: bool, following: int, exploration: float
) -> None:
    """Double Q-learning (van Hasselt 2010): one table chooses the best action, the other says what it is worth."""
    one, other = (agent.q, agent.other) if agent.random.random() < 0.5 else (agent.other, agent.q)
    future = 0.0
    if not terminated:
        values = one.values(after)
        future = other.values(after)[values.index(max(values))]
    one.learn(state, action, reward + agent.gamma * future, agent.alpha)


RULES: dict[str, Rule] = {
    "q_learning": q_learning, "sarsa": sarsa, "expected_sarsa": expected_sarsa, "double_q_learning": double_q_learning,
}  # fmt: skip
