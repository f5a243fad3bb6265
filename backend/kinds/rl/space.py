"""A search space over the settings of an RL algorithm."""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import InitErrorDetails

from backend.catalog.algorithms import ALGORITHMS
from backend.kinds.rl.checks import detail
from backend.kinds.sweep.space import RANGES, Domain, Space

FAR = 3.72  # deviations: a normal distribution is searched no farther


def problems(algorithm: str, space: Space) -> Iterator[InitErrorDetails]:
    """Yields what is wrong: each end of a range and each value of a list must be one that the algorithm takes."""
    if algorithm not in ALGORITHMS:
        return
    model = ALGORITHMS[algorithm].params
    for name, domain in space.items():
        if name not in model.model_fields:
            yield detail(
                ("space", name), f"{algorithm} has no such setting; it has {', '.join(model.model_fields)}", name
            )
            continue
        for value in _extremes(domain):
            try:
                model.model_validate({name: value})
            except ValidationError as error:
                yield detail(("space", name), f"{value}: {error.errors()[0]['msg']}", value)
                break


def _extremes(domain: Domain) -> list[Any]:
    """Returns the lowest and the highest value of a range, or all of a list."""
    if domain.kind in ("randint", "lograndint"):
        return [domain.of[0], domain.of[1] - 1]
    if domain.kind == "randn":
        mean, deviation = domain.of
        return [mean - FAR * deviation, mean + FAR * deviation]
    return list(domain.of[:2]) if domain.kind in RANGES else domain.values
