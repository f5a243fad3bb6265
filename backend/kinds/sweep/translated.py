"""Domains that no search algorithm knows, by those that all of them know.

A whole number on a log scale is the whole part of a number on that scale, a normal deviate the quantile of a uniform
one. So each search algorithm can search them, and learns from the values that really were tried.
"""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import Any

from backend.kinds.sweep.search import ParamValues, Search
from backend.kinds.sweep.space import Domain, Space

TAIL = 1e-4  # of a normal distribution that is not searched on either side: beyond 3.7 deviations
TRANSLATED = ("lograndint", "qrandint", "qloguniform", "randn")


def translated(space: Space, make: Callable[[Space], Search]) -> Search:
    """Returns a search over a space, made by `make` over domains that all search algorithms know."""
    if not any(domain.kind in TRANSLATED for domain in space.values()):
        return make(space)
    return _Translated(space, make({name: _known(domain) for name, domain in space.items()}))


class _Translated:
    """See `backend.kinds.sweep.search.Search`."""

    def __init__(self, space: Space, inner: Search) -> None:
        self.space, self.inner = space, inner

    def ask(self, number: int) -> ParamValues:
        return {name: outward(self.space[name], value) for name, value in self.inner.ask(number).items()}

    def tell(self, number: int, params: ParamValues, values: Sequence[float] | None) -> None:
        self.inner.tell(number, {name: _inward(self.space[name], value) for name, value in params.items()}, values)


def _known(domain: Domain) -> Domain:
    match domain.kind, domain.of:
        case "lograndint", [low, high]:
            return Domain(kind="loguniform", of=[low, high])
        case "qrandint", bounds:
            return Domain(kind="quniform", of=bounds)
        case "qloguniform", [low, high, _]:
            return Domain(kind="loguniform", of=[low, high])
        case "randn", _:
            return Domain(kind="uniform", of=[TAIL, 1 - TAIL])
    return domain


def outward(domain: Domain, value: Any) -> Any:
    """Returns the value that a trial gets for one of the known domain."""
    match domain.kind, domain.of:
        case "lograndint", [low, high]:
            return min(max(math.floor(value), low), high - 1)
        case "qrandint", [low, high, step]:
            return low + min(max(round((value - low) / step), 0), (high - low) // step) * step
        case "qloguniform", [low, high, step]:
            first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
            return float(f"{min(max(round(value / step), first), last) * step:.12g}") if first <= last else value
        case "randn", [mean, deviation]:
            return NormalDist(mean, deviation).inv_cdf(min(max(value, TAIL), 1 - TAIL))
    return value


def _inward(domain: Domain, value: Any) -> Any:
    match domain.kind, domain.of:
        case "lograndint", [low, high]:
            return min(max(value + 0.5, low), high)
        case "qrandint", _:
            return float(value)
        case "qloguniform", [low, high, _]:
            return min(max(value, low), high)
        case "randn", [mean, deviation]:
            return min(max(NormalDist(mean, deviation).cdf(value), TAIL), 1 - TAIL)
    return value
