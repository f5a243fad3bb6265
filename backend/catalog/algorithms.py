"""The algorithms an agent can be trained with."""

from dataclasses import dataclass, field
from typing import Literal

from backend.catalog.environments import ENVIRONMENTS, Environment, Space
from backend.catalog.params import DQNParams, Params, PPOParams, TabularParams

TABULAR = "backend.workloads.tabular:train"


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One algorithm.

    `code` names a Tune function trainable (library "raydeck") or a function that returns an RLlib config
    (library "rllib"); `stop` holds the stop criteria a form starts with; `rule` is how it learns in LaTeX, `plainly` in words.
    """

    id: str
    title: str
    library: Literal["raydeck", "rllib"]
    summary: str
    source: str
    observations: frozenset[Space]
    actions: frozenset[Space]
    params: type[Params]
    code: str
    rule: str
    plainly: str
    stop: dict[str, float] = field(default_factory=dict)

    def suits(self, environment: Environment) -> bool:
        return environment.observation in self.observations and environment.action in self.actions

    def why_not(self, environment: Environment) -> str:
        """Returns what keeps this algorithm from acting in `environment`, or an empty string."""
        if environment.observation not in self.observations:
            has = _named({environment.observation})
            return f"{self.title} needs {_named(self.observations)} observations; {environment.id} has {has} ones."
        if environment.action not in self.actions:
            return f"{self.title} needs {_named(self.actions)} actions; {environment.id} has {_named({environment.action})} ones."
        return ""


def _named(spaces: frozenset[Space] | set[Space]) -> str:
    return " or ".join("discrete" if space == "discrete" else "continuous" for space in sorted(spaces))


_ALL = (
    Algorithm(
        id="q_learning", title="Q-learning", library="raydeck",
        summary="Learns a table of action values. Small discrete worlds only; the clearest first contact with RL.",
        source="https://doi.org/10.1007/BF00992698",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma \max_{a'} Q(s',a') - Q(s,a)\,]",
        plainly="After each step the value of what was done moves a little (α) towards the reward plus the value (γ) of the best "
        "that can be done next, whether or not that is then done.",
        observations=frozenset({"discrete"}), actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000},
    ),
    Algorithm(
        id="sarsa", title="SARSA", library="raydeck",
        summary="Learns the value of what it does, exploration included: near a cliff it takes the safe path.",
        source="https://en.wikipedia.org/wiki/State%E2%80%93action%E2%80%93reward%E2%80%93state%E2%80%93action",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma\, Q(s',a') - Q(s,a)\,]",
        plainly="Like Q-learning, but with the action a′ that is really taken next. Where exploring is dangerous, it learns to "
        "keep away.",
        observations=frozenset({"discrete"}), actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000},
    ),
    Algorithm(
        id="expected_sarsa", title="Expected SARSA", library="raydeck",
        summary="SARSA with the mean over the next actions instead of one of them: less noise, so it bears larger steps.",
        source="https://doi.org/10.1109/ADPRL.2009.4927542",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,r + \gamma \sum_{a'} \pi(a'|s')\, Q(s',a') - Q(s,a)\,]",
        plainly="Like SARSA, but with the mean over all next actions, weighted by how likely the policy π takes each.",
        observations=frozenset({"discrete"}), actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000},
    ),
    Algorithm(
        id="double_q_learning", title="Double Q-learning", library="raydeck",
        summary="Two tables: one chooses the best action, the other values it. Counters Q-learning's overestimation by luck.",
        source="https://papers.nips.cc/paper/3964-double-q-learning",
        rule=r"Q_1(s,a) \leftarrow Q_1(s,a) + \alpha\,[\,r + \gamma\, Q_2(s', \arg\max_{a'} Q_1(s',a')) - Q_1(s,a)\,]",
        plainly="The largest of several noisy values is too large by luck. So one table names the best action and the other says "
        "what it is worth; a coin decides which is which.",
        observations=frozenset({"discrete"}), actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000},
    ),
    Algorithm(
        id="monte_carlo", title="Monte-Carlo control", library="raydeck",
        summary="Waits for the end of each episode and learns from the returns themselves, without bootstrapping.",
        source="https://mitpress.mit.edu/9780262039246/reinforcement-learning/",
        rule=r"Q(s,a) \leftarrow Q(s,a) + \alpha\,[\,G - Q(s,a)\,], \quad G = \sum_{k \ge 0} \gamma^k r_{k+1}",
        plainly="It plays to the end and moves each value towards the return G that really followed, without trusting other "
        "values on the way.",
        observations=frozenset({"discrete"}), actions=frozenset({"discrete"}),
        params=TabularParams, code=TABULAR, stop={"episodes": 5000},
    ),
    Algorithm(
        id="ppo", title="PPO", library="rllib",
        summary="Policy gradient with a clipped objective. A good first choice for continuous observations.",
        source="https://arxiv.org/abs/1707.06347",
        rule=r"\max_\theta\; \mathbb{E}\,[\,\min(\rho A,\; \mathrm{clip}(\rho, 1-\epsilon, 1+\epsilon)\, A)\,], \quad \rho = "
        r"\pi_\theta(a|s)\, /\, \pi_{old}(a|s)",
        plainly="What went better than expected (advantage A above 0) becomes likelier, but no update may move the policy far "
        "from the one that collected the data.",
        observations=frozenset({"box"}), actions=frozenset({"discrete", "box"}),
        params=PPOParams, code="backend.workloads.ppo:config", stop={"env_steps": 60_000},
    ),
    Algorithm(
        id="dqn", title="DQN", library="rllib",
        summary="Q-learning with a network and a replay buffer. Reuses each step many times; discrete actions only.",
        source="https://doi.org/10.1038/nature14236",
        rule=r"\min_\theta\; \mathbb{E}\,[\,(r + \gamma \max_{a'} Q_{\bar\theta}(s',a') - Q_\theta(s,a))^2\,]",
        plainly="Q-learning with a network in the place of the table: it learns from random past steps out of a buffer, towards a "
        "copy of itself that is renewed now and then.",
        observations=frozenset({"box"}), actions=frozenset({"discrete"}),
        params=DQNParams, code="backend.workloads.dqn:config", stop={"env_steps": 40_000},
    ),
)  # fmt: skip

ALGORITHMS: dict[str, Algorithm] = {algorithm.id: algorithm for algorithm in _ALL}


def environments_for(algorithm: Algorithm) -> list[Environment]:
    """Returns the environments `algorithm` can act in, in catalogue order."""
    return [environment for environment in ENVIRONMENTS.values() if algorithm.suits(environment)]
