"""How many more seeds would settle it: of a comparison that says neither yes nor no so far."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.analysis.answers import resample
from backend.analysis.answers.difference import difference
from backend.analysis.answers.estimates import distribution, finite, looseness
from backend.analysis.answers.improvement import least_p, placements, spread, supposed
from backend.analysis.answers.samples import LEVEL, Aggregate, Scores, percent, ranked, shared
from backend.model import Floats, Mode

POWER = 0.8
CAP = 100


@dataclass(frozen=True)
class MoreSeeds:
    """The smallest number of further seeds per group and environment that settles it in four of five cases;
    None: more than the cap. `is_least`: with fewer no order of the scores could."""

    seeds: int | None
    cap: int
    power: float
    is_least: bool = False

    @property
    def sentence(self) -> str:
        if self.seeds is None:
            return f"More than {self.cap} further seeds a group would be needed, if what was seen so far holds."
        if self.is_least:
            many = "1 more seed" if self.seeds == 1 else f"{self.seeds} more seeds"
            return f"It takes at least {many} a group: with fewer, even the clearest order may be chance."
        few = "1 more seed" if self.seeds == 1 else f"{self.seeds} more seeds"
        return (
            f"About {few} a group would settle it with a chance of {percent(self.power)}, if what was seen so far"
            " holds."
        )


def more_seeds(a: Scores, b: Scores, mode: Mode = "max", power: float = POWER, cap: int = CAP) -> MoreSeeds | None:
    """Returns with how many more seeds the interval of the probability of improvement would exclude ½; None of fewer
    than two seeds.

    By the normal approximation, from the probability and the spreads seen so far (Noether 1987, with the variances of
    improvement.py).
    """
    names = shared(a, b)
    if not names or min(len(each[name]) for each in (a, b) for name in names) < 2:
        return None
    ours, theirs = ranked(a, mode), ranked(b, mode)
    further = np.arange(1.0, cap + 1)
    shares, bound, actual = [], np.zeros(cap), np.zeros(cap)
    for name in names:
        n, m = len(ours[name]), len(theirs[name])
        pairs = placements(ours[name][None], theirs[name][None])
        p = pairs.mean(axis=(1, 2))
        expected, seen = float(supposed(p, n, m)[0]), float(spread(pairs)[0])
        ratio = seen / expected if expected > 0 and seen > 0 else 1.0
        shares.append(float(p[0]))
        bound += supposed(0.5, n + further, m + further) * max(1.0, ratio) / len(names) ** 2
        actual += (
            supposed(float(np.clip(p[0], 1 / (2 * n * m), 1 - 1 / (2 * n * m))), n + further, m + further)
            * ratio
            / len(names) ** 2
        )
    return _first(further, abs(float(np.mean(shares)) - 0.5), bound, actual, power)


def at_least(sizes: Sequence[tuple[int, int]], level: float) -> MoreSeeds:
    """Returns with how many more seeds a group an order of the scores can be clear enough for a level at all; `sizes`
    are the numbers of seeds in each environment."""
    seeds = next(more for more in range(1, CAP + 1) if least_p([(n + more, m + more) for n, m in sizes]) <= level)
    return MoreSeeds(seeds, CAP, POWER, is_least=True)


def more_seeds_of_difference(
    a: Scores, b: Scores, statistic: Aggregate = "iqm", power: float = POWER, cap: int = CAP, resamples: int = 2000
) -> MoreSeeds | None:
    """Returns with how many more seeds the interval of a difference would exclude 0; None of fewer than two seeds.

    By the normal approximation, each group's bootstrap variance taken to shrink as 1 / n.
    """
    estimate = difference(a, b, statistic, resamples=resamples)
    if not estimate.has_interval:
        return None
    names = shared(finite(a), finite(b))
    further = np.arange(1.0, cap + 1)
    variance = np.zeros(cap)
    for stream, each in enumerate((a, b)):
        finite_scores = {name: finite(each)[name] for name in names}
        size = len(finite_scores) / sum(1 / len(own) for own in finite_scores.values())
        now = float(distribution(finite_scores, statistic, resamples, stream + 1).var()) * looseness(finite_scores)[1]
        variance += now * size / (size + further)
    return _first(further, abs(estimate.center), variance, variance, power)


def _first(further: Floats, effect: float, bound: Floats, actual: Floats, power: float) -> MoreSeeds:
    """Returns the first number of seeds with which an effect leaves the interval often enough; variances
    (cap,) without and with it."""
    from scipy import special

    z = float(special.ndtri((1 + LEVEL) / 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        reached = special.ndtr((effect - z * np.sqrt(bound)) / np.sqrt(actual)) >= power
    if math.isnan(effect) or effect <= resample.ROUNDING or not reached.any():
        return MoreSeeds(None, len(further), power)
    return MoreSeeds(int(further[int(np.argmax(reached))]), len(further), power)
