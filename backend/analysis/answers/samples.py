"""The scores of a group and its estimates: what every function here takes and returns."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from backend import words
from backend.model import Floats, Mode

Scores = Mapping[str, Floats]
"""Environment → the score of each seed (n,); n may differ. Each environment is a stratum."""
Aggregate = Literal["mean", "median", "iqm", "optimality_gap"]
STATISTICS: dict[Aggregate, str] = {
    "mean": "mean",
    "median": "median",
    "iqm": "interquartile mean",
    "optimality_gap": "optimality gap",
}
LEVEL = 0.95


@dataclass(frozen=True)
class Method:
    """How an interval was computed, and where that is described."""

    name: str
    paper: str

    def __str__(self) -> str:
        return f"{self.name} ({self.paper})"


@dataclass(frozen=True)
class Estimate:
    """A number and its 95 % interval; low and high are NaN where there is none, and `note` says why."""

    center: float
    low: float
    high: float
    n: int  # seeds of the environment that has the fewest
    method: Method
    note: str = ""

    @property
    def has_interval(self) -> bool:
        return not (math.isnan(self.low) or math.isnan(self.high))

    def excludes(self, value: float) -> bool:
        """Whether the interval leaves the value out; never without an interval."""
        return self.has_interval and not self.low <= value <= self.high

    def __str__(self) -> str:
        if not self.has_interval:
            return words.number(self.center)
        return f"{words.number(self.center)} [{words.number(self.low)}, {words.number(self.high)}]"


@dataclass(frozen=True)
class SeedCounts:
    """How many seeds a group has over all its environments, and how many of them came to no finite score."""

    n: int
    nan: int = 0
    infinite: int = 0

    @property
    def diverged(self) -> int:
        return self.nan + self.infinite

    def __str__(self) -> str:
        said = f"{self.n} seed{'s' * (self.n != 1)}"
        return f"{said}, {self.diverged} of them without a finite score" if self.diverged else said


@dataclass(frozen=True, eq=False)
class Sample:
    """A group that is compared: its label, and its scores by environment.

    A seed that diverged or failed is NaN, not dropped.
    """

    label: str
    scores: Scores

    @property
    def seeds(self) -> SeedCounts:
        every = np.concatenate([np.empty(0), *self.scores.values()])
        return SeedCounts(len(every), int(np.isnan(every).sum()), int(np.isinf(every).sum()))


def sample(label: str, scores: Mapping[str, Sequence[float] | Floats] | Sequence[float] | Floats) -> Sample:
    """Returns a group of scores by environment, of the seeds of one (n,), or of rliable's runs × tasks.

    Raises:
        ValueError: the scores have more than two dimensions.
    """
    if isinstance(scores, Mapping):
        return Sample(label, {name: np.asarray(each, float).ravel() for name, each in scores.items() if len(each)})
    table = np.asarray(scores, float)
    if table.ndim == 1:
        return Sample(label, {"": table} if len(table) else {})
    if table.ndim != 2:
        raise ValueError(f"Scores are seeds, or runs × tasks, not {table.ndim} dimensions.")
    return Sample(label, {str(task): column for task, column in enumerate(table.T)})


def shared(a: Scores, b: Scores) -> list[str]:
    """Returns the environments that both have scores of, in the order of the first."""
    return [name for name in a if name in b and len(a[name]) and len(b[name])]


def ranked(scores: Scores, mode: Mode = "max") -> dict[str, Floats]:
    """Returns scores of which more is better, those that are not finite as −∞: a seed that diverged is
    worse than any that did not."""
    sign = 1.0 if mode == "max" else -1.0
    return {name: np.where(np.isfinite(each), sign * each, -np.inf) for name, each in scores.items()}


def filled(samples: Sequence[Sample], mode: Mode = "max") -> list[Sample]:
    """Returns groups in which a seed that diverged has the worst finite score that any group had in that environment.

    An environment in which no group has a finite score is left out.
    """
    worst: dict[str, float] = {}
    for name in dict.fromkeys(name for each in samples for name in each.scores):
        every = np.concatenate([each.scores[name] for each in samples if name in each.scores])
        if len(finite := every[np.isfinite(every)]):
            worst[name] = float(finite.min() if mode == "max" else finite.max())
    return [
        Sample(
            each.label,
            {name: np.where(np.isfinite(own), own, worst[name]) for name, own in each.scores.items() if name in worst},
        )
        for each in samples
    ]


def percent(share: float, *, unit: bool = True) -> str:
    """Returns a share as whole percent; what is not quite none or all never reads as if it were."""
    whole = round(share * 100)
    whole = 1 if whole == 0 and share > 0 else 99 if whole == 100 and share < 1 else whole
    return f"{whole} %" if unit else f"{whole}"
