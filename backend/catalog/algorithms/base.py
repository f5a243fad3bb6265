"""What there is to say of an algorithm."""

from dataclasses import dataclass, field
from typing import Literal

from backend.catalog.algorithms.params import Params
from backend.catalog.environments import Environment, Space


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
