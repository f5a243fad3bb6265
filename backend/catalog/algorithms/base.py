"""What there is to say of an algorithm."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from backend.catalog.algorithms.params import Params
from backend.catalog.environment_entry import Environment, SpaceInfo, SpaceKind

# params that count processes beside a trial's own, one CPU each
PROCESSES = ("num_workers", "num_env_runners", "num_learners")
Library = Literal["tabular", "torch", "rllib", "sb3"]
LIBRARIES: dict[Library, str] = {
    "tabular": "tabular",
    "torch": "PyTorch, one file",
    "rllib": "RLlib",
    "sb3": "Stable-Baselines3",
}


@dataclass(frozen=True)
class Tuned:
    """Settings for one environment that solve it."""

    params: Mapping[str, Any] = field(default_factory=dict)
    stop: Mapping[str, float] = field(default_factory=dict)
    evaluation: Mapping[str, int] = field(default_factory=dict)  # where luck weighs more, or less, than elsewhere


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One algorithm.

    `code` names a function that returns an RLlib config (library "rllib"), or else a Tune function trainable, beside
    which stands `policy(checkpoint folder, config)`, what a checkpoint does without exploring. `stop` holds the stop
    criteria a form starts with, `tuned` params and stop criteria that solve an environment where the defaults do not;
    `rule` is how it learns in LaTeX, `plainly` in words; `wrappers` are those it bears.
    """

    id: str
    title: str
    library: Library
    summary: str
    source: str
    observations: frozenset[SpaceKind]
    actions: frozenset[SpaceKind]
    params: type[Params]
    code: str
    rule: str
    plainly: str
    stop: dict[str, float] = field(default_factory=dict)
    tuned: Mapping[str, Tuned] = field(default_factory=dict)  # by the environment's id
    wrappers: frozenset[str] = frozenset({"time_limit"})
    evaluate_every: int = 10  # iterations, unless a spec says otherwise
    evaluate_episodes: int = 10

    @property
    def is_function(self) -> bool:
        """Whether it is a function trainable, which ends and saves by itself."""
        return self.library != "rllib"

    def evaluation(self, environment: str) -> dict[str, int]:
        """Returns how often, and over how many episodes, an agent is evaluated unless a spec says otherwise."""
        return {"every": self.evaluate_every, "episodes": self.evaluate_episodes, **self._tuned(environment).evaluation}

    def cpus(self, params: Mapping[str, Any]) -> list[float]:
        """Returns the CPUs of each process of a trial, its own first: what only waits for its workers takes none."""
        own = 0.0 if "num_workers" in params else 1.0
        return [own] + [1.0] * sum(int(params.get(name, 0)) for name in PROCESSES)

    def gpus(self, params: Mapping[str, Any]) -> float:
        """Returns the GPUs of a trial: its learners', or its own where it learns itself."""
        return float(params.get("num_gpus_per_learner", 0.0)) * max(1, int(params.get("num_learners", 0)))

    def defaults(self, environment: str) -> dict[str, Any]:
        """Returns the params an environment begins with."""
        return self.params.model_validate(self._tuned(environment).params).model_dump()

    def stops(self, environment: str) -> dict[str, float]:
        """Returns the stop criteria a form for an environment begins with."""
        return dict(self._tuned(environment).stop or self.stop)

    def _tuned(self, environment: str) -> Tuned:
        return self.tuned.get(environment, Tuned())

    def suits(self, environment: Environment) -> bool:
        return environment.observation in self.observations and environment.action in self.actions

    def why_not(self, environment: Environment) -> str:
        """Returns what keeps this algorithm from acting in `environment`, or an empty string."""
        if environment.observation not in self.observations:
            has = _had(environment.observation, environment.observes)
            return f"{self.title} needs {_named(self.observations)} observations; {environment.id} has {has}."
        if environment.action not in self.actions:
            return (
                f"{self.title} needs {_named(self.actions)} actions; {environment.id} has"
                f" {_had(environment.action, environment.acts)}."
            )
        return ""


_WORDS: dict[SpaceKind, str] = {"discrete": "discrete", "box": "continuous", "image": "image", "other": "other"}


def _named(spaces: frozenset[SpaceKind]) -> str:
    return " or ".join(_WORDS[space] for space in sorted(spaces))


def _had(kind: SpaceKind, read: SpaceInfo | None) -> str:
    return read.text if kind == "other" and read else f"{_WORDS[kind]} ones"
