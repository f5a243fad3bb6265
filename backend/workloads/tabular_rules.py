"""How tabular agents learn from one step: four rules, each a line or two, and the softmax (Sutton & Barto 2018).

Each is made for an agent and how much it explores in an episode. It takes what happened: the state, the action, its
reward, the state after, whether that ended the episode for good, and the action that is taken next (SARSA's alone,
otherwise -1).
"""

import math
from collections.abc import Callable, Iterable, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.workloads.tabular_agent import Agent

Rule = Callable[[Any, int, float, Any, bool, int], None]


class Table:
    """A row of numbers, one for each action, for every state: a list of rows, or a mapping that
    makes rows as they are met."""

    values: Callable[[Any], list[float]]  # what is known of each action in a state

    def __init__(self, rows: list[list[float]] | MutableMapping[int, list[float]]) -> None:
        self.rows: Any = rows
        self.values = rows.__getitem__  # a method of our own would cost a training of small steps a tenth of its speed

    def learn(self, state: Any, action: int, target: float, alpha: float) -> None:
        """Moves one number a share `alpha` of the way to a target."""
        row = self.rows[state]
        row[action] += alpha * (target - row[action])

    def count(self, made: Iterable[tuple[Any, int]]) -> None:
        """Adds one to the number of each state and action."""
        rows = self.rows
        for state, action in made:
            rows[state][action] += 1


class TiledTable(Table):
    """A state is a tuple of tiles here, a row each; its values are their mean, so neighbours share what
    they learn (tile coding)."""

    def __init__(self, rows: MutableMapping[int, list[float]]) -> None:
        super().__init__(rows)
        self.values = self._means

    def _means(self, state: Sequence[int]) -> list[float]:
        rows = self.rows
        share = 1.0 / len(state)
        return [sum(column) * share for column in zip(*[rows[tile] for tile in state], strict=True)]

    def learn(self, state: Sequence[int], action: int, target: float, alpha: float) -> None:
        rows = [self.rows[tile] for tile in state]
        step = alpha * (target - sum([row[action] for row in rows]) / len(rows))
        for row in rows:
            row[action] += step

    def count(self, made: Iterable[tuple[Sequence[int], int]]) -> None:
        super().count((tile, action) for state, action in made for tile in state)


def softmax(values: Sequence[float], temperature: float) -> list[float]:
    """Returns probabilities proportional to exp(value / temperature)."""
    best = max(values)
    weights = [math.exp((value - best) / max(temperature, 1e-6)) for value in values]
    total = sum(weights)
    return [weight / total for weight in weights]


def q_learning(agent: "Agent", exploration: float) -> Rule:
    """Q-learning (Watkins 1989): Q(s, a) += alpha * (r + gamma * max Q(s', .) - Q(s, a))."""
    values, learn, alpha, gamma = agent.q.values, agent.q.learn, agent.alpha, agent.gamma

    def rule(state: Any, action: int, reward: float, after: Any, terminated: bool, following: int) -> None:
        learn(state, action, reward if terminated else reward + gamma * max(values(after)), alpha)

    return rule


def sarsa(agent: "Agent", exploration: float) -> Rule:
    """SARSA (Rummery & Niranjan 1994): Q(s, a) += alpha * (r + gamma * Q(s', a') - Q(s, a)),
    a' the action taken next."""
    values, learn, alpha, gamma = agent.q.values, agent.q.learn, agent.alpha, agent.gamma

    def rule(state: Any, action: int, reward: float, after: Any, terminated: bool, following: int) -> None:
        learn(state, action, reward if terminated else reward + gamma * values(after)[following], alpha)

    return rule


def expected_sarsa(agent: "Agent", exploration: float) -> Rule:
    """Expected SARSA (van Seijen 2009): the mean of Q(s', .) under the policy in the place of one action's."""
    values, learn, alpha, gamma = agent.q.values, agent.q.learn, agent.alpha, agent.gamma

    def rule(state: Any, action: int, reward: float, after: Any, terminated: bool, following: int) -> None:
        future = 0.0
        if not terminated:
            future = sum(
                chance * value for chance, value in zip(agent.chances(after, exploration), values(after), strict=True)
            )
        learn(state, action, reward + gamma * future, alpha)

    return rule


def double_q_learning(agent: "Agent", exploration: float) -> Rule:
    """Double Q-learning (van Hasselt 2010): one table chooses the best action, the other says what it is worth."""
    toss, tables, alpha, gamma = agent.random.random, (agent.q, agent.other), agent.alpha, agent.gamma

    def rule(state: Any, action: int, reward: float, after: Any, terminated: bool, following: int) -> None:
        one, other = tables if toss() < 0.5 else tables[::-1]
        future = 0.0
        if not terminated:
            seen = one.values(after)
            future = other.values(after)[seen.index(max(seen))]
        one.learn(state, action, reward + gamma * future, alpha)

    return rule


RULES: dict[str, Callable[["Agent", float], Rule]] = {
    "q_learning": q_learning,
    "sarsa": sarsa,
    "expected_sarsa": expected_sarsa,
    "double_q_learning": double_q_learning,
}
