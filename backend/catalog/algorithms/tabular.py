"""Tabular algorithms: our own, one readable file."""

from typing import Literal

from pydantic import Field

from backend.catalog.algorithms.base import Algorithm, Tuned
from backend.catalog.algorithms.params import GAMMA, MORE, LearningRate, Params, Probability
from backend.catalog.environments import SpaceKind

TABULAR = "backend.workloads.tabular:train"
SEEN: frozenset[SpaceKind] = frozenset({"discrete", "box"})  # the latter in cells


class TabularParams(Params):
    alpha: LearningRate = Field(
        0.1, title="Learning rate α", description="How far each estimate moves towards the newest experience, 0 to 1."
    )
    alpha_decay: Literal["constant", "linear"] = Field(
        "constant",
        title="Decay of α",
        json_schema_extra=MORE,
        description=(
            "Linear: the learning rate falls to a hundredth by the end of the run, so that chance weighs less and less."
        ),
    )
    gamma: Probability = Field(0.99, title="Discount γ", description=GAMMA)
    exploration: Literal["epsilon_greedy", "softmax"] = Field(
        "epsilon_greedy",
        title="Exploration",
        description=(
            "ε-greedy: with probability ε act at random, else the best known action. "
            "Softmax (Boltzmann): the better an action seems, the likelier it is; the temperature says how much."
        ),
    )
    epsilon: Probability = Field(
        1.0, title="First ε", description="Exploration at the start: the share of actions chosen at random."
    )
    epsilon_decay: Literal["constant", "linear", "exponential"] = Field(
        "linear",
        title="Decay",
        description=(
            "How exploration falls: not at all, along a line over the first 80 % of the run, or by a constant factor."
        ),
    )
    epsilon_min: Probability = Field(0.01, title="Last ε", description="Exploration that always remains.")
    temperature: float = Field(
        1.0,
        gt=0,
        title="First temperature",
        json_schema_extra=MORE,
        description="Of the softmax at the start: differences between values that are far below it hardly count.",
    )
    temperature_min: float = Field(
        0.05,
        gt=0,
        title="Last temperature",
        json_schema_extra=MORE,
        description="Of the softmax at the end of the decay.",
    )
    discretisation: Literal["bins", "tiles"] = Field(
        "bins",
        title="Continuous observations",
        json_schema_extra=MORE,
        description=(
            "Bins: a grid of cells, each learned by itself. Tiles: several grids, each a little further on, whose mean"
            " counts: neighbours share what they learn. Without effect where observations are numbers of states."
        ),
    )
    bins: int = Field(
        10, ge=2, le=100, title="Bins", json_schema_extra=MORE, description="Cells in each dimension of an observation."
    )
    tilings: int = Field(
        8, ge=2, le=64, title="Tilings", json_schema_extra=MORE, description="How many grids lie over each other."
    )


# Measured with seeds 1, 2 and 3, slippery or not; `python -m pytest tests/learning` holds them.
_TUNED = {
    # On ice a hundred episodes are too few to tell the best table from a lucky one.
    "FrozenLake-v1": Tuned(
        {"alpha": 0.1, "alpha_decay": "linear"}, {"episodes": 15_000}, {"every": 20, "episodes": 500}
    ),
    "CliffWalking-v1": Tuned({"alpha": 0.5, "alpha_decay": "linear", "epsilon": 0.3}, {"episodes": 2000}),
    "Taxi-v3": Tuned({"alpha": 0.5, "alpha_decay": "linear"}, {"episodes": 5000}),
    "CartPole-v1": Tuned(
        {
            "alpha": 0.3,
            "alpha_decay": "linear",
            "epsilon": 0.5,
            "epsilon_min": 0.0,
            "discretisation": "tiles",
            "bins": 8,
        },
        {"env_steps": 200_000},
    ),
    "MountainCar-v0": Tuned(
        {"alpha": 0.3, "gamma": 1.0, "epsilon": 0.0, "epsilon_min": 0.0, "discretisation": "tiles", "bins": 8},
        {"episodes": 2000},
    ),
}
# On the cliff it learns to keep away only while it goes on exploring.
_TUNED_SARSA = _TUNED | {
    "CliffWalking-v1": Tuned(
        {"alpha": 0.1, "gamma": 1.0, "epsilon": 0.1, "epsilon_decay": "constant"}, {"episodes": 6000}
    ),
}


TABULAR_ALGORITHMS = (
    Algorithm(
        id="q_learning", title="Q-learning", evaluate_episodes=100, library="tabular",
        summary="Learns a table of action values. Small discrete worlds only; the clearest first contact with RL.",
        source="https://doi.org/10.1007/BF00992698",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma \max_{a'} Q(s',a') - Q(s,a)\,]",
        plainly="After each step the value of what was done moves a little (α) towards the reward plus the value (γ) "
        "of the best "
        "that can be done next, whether or not that is then done.",
        observations=SEEN, actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000}, tuned=_TUNED,
    ),
    Algorithm(
        id="sarsa", title="SARSA", evaluate_episodes=100, library="tabular",
        summary="Learns the value of what it does, exploration included: near a cliff it takes the safe path.",
        source="https://en.wikipedia.org/wiki/State%E2%80%93action%E2%80%93reward%E2%80%93state%E2%80%93action",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma\, Q(s',a') - Q(s,a)\,]",
        plainly="Like Q-learning, but with the action a′ that is really taken next. Where exploring is dangerous, it "
        "learns to "
        "keep away.",
        observations=SEEN, actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000}, tuned=_TUNED_SARSA,
    ),
    Algorithm(
        id="expected_sarsa", title="Expected SARSA", evaluate_episodes=100, library="tabular",
        summary="SARSA with the mean over the next actions instead of one of them: less noise, so it bears larger "
        "steps.",
        source="https://doi.org/10.1109/ADPRL.2009.4927542",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma \sum_{a'} \pi(a'|s')\, Q(s',a') - Q(s,a)\,]",
        plainly="Like SARSA, but with the mean over all next actions, weighted by how likely the policy π takes each.",
        observations=SEEN, actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000}, tuned=_TUNED_SARSA,
    ),
    Algorithm(
        id="double_q_learning", title="Double Q-learning", evaluate_episodes=100, library="tabular",
        summary="Two tables: one chooses the best action, the other values it. Counters Q-learning's overestimation "
        "by luck.",
        source="https://papers.nips.cc/paper/3964-double-q-learning",
        rule=r"Q_1(s,a) \leftarrow Q_1(s,a) + \alpha\,[\,r + \gamma\, Q_2(s', \arg\max_{a'} Q_1(s',a')) - Q_1(s,a)\,]",
        plainly="The largest of several noisy values is too large by luck. So one table names the best action and the "
        "other says "
        "what it is worth; a coin decides which is which.",
        observations=SEEN, actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000}, tuned=_TUNED,
    ),
    Algorithm(
        id="monte_carlo", title="Monte-Carlo control", evaluate_episodes=100, library="tabular",
        summary="Waits for the end of each episode and learns from the returns themselves, without bootstrapping.",
        source="https://mitpress.mit.edu/9780262039246/reinforcement-learning/",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,G - Q(s,a)\,], \quad G = \sum_{k \ge 0} \gamma^k r_{k+1}",
        plainly="It plays to the end and moves each value towards the return G that really followed, without trusting "
        "other "
        "values on the way.",
        observations=SEEN, actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000}, tuned=_TUNED,
    ),
)  # fmt: skip
