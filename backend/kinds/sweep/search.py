"""What proposes configurations, and where they lie."""

import math
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from backend.kinds.sweep.space import Domain

ParamValues = dict[str, Any]


MOST_VALUE = 1e100  # a Gaussian process squares what it is told


class Search(Protocol):
    """Proposes the parameters of one configuration after another, and learns what came of them."""

    def ask(self, number: int) -> ParamValues:
        """Returns the searched parameters of configuration `number`."""

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        """Takes what came of a configuration, a value for each objective; None if it failed.

        It need not have been asked.
        """


def _drawn(domain: Domain, generator: np.random.Generator) -> Any:
    match domain.kind, domain.of:
        case "uniform", [low, high]:
            return float(generator.uniform(low, high))
        case "loguniform", [low, high]:
            return float(min(high, max(low, math.exp(generator.uniform(math.log(low), math.log(high))))))
        case "quniform", [low, high, step]:
            return _on_grid(low, step, int(generator.integers(0, math.floor((high - low) / step + 1e-9) + 1)))
        case "randint", [low, high]:
            return int(generator.integers(low, high))
    return domain.values[int(generator.integers(len(domain.values)))]


def _on_grid(low: float, step: float, place: int) -> float:
    return float(f"{low + place * step:.12g}")


def _place(domain: Domain, value: Any) -> Any:
    match domain.kind:
        case "choice":
            return domain.values.index(value)
        case "quniform":
            return round((value - domain.of[0]) / domain.of[2])
    return value
