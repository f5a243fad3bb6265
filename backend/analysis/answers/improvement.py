"""Probability of improvement: how often a seed of one group beats a seed of the other, with a 95 % interval."""

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from backend.analysis.answers import resample
from backend.analysis.answers.estimates import ONE_SEED, PERCENTILE, Peak
from backend.analysis.answers.samples import LEVEL, Estimate, Method, Scores, ranked, shared
from backend.model import Floats, Mode

SCORE = Method("score interval for the Mann–Whitney statistic", "Newcombe 2006; DeLong et al. 1988; Zou & Donner 2008")
HALVINGS = 40


def probability(
    a: Scores, b: Scores, mode: Mode = "max", how: Peak = "best", resamples: int = resample.RESAMPLES
) -> Estimate:
    """Returns P(A better than B) + ½ P(equal), the mean over the environments both have; NaN if they share none.

    Seeds without a finite score lose against all that have one and are equal among themselves. The interval never has
    zero width: where each seed of A beats each of B it ends at 1 and begins where so few seeds could still come from
    (0.66 for 5 against 5).
    """
    names = shared(a, b)
    ours, theirs = ranked(a, mode), ranked(b, mode)
    pairs = [(ours[name], theirs[name]) for name in names]
    fewest = min((min(len(x), len(y)) for x, y in pairs), default=0)
    center = float(np.mean([beats(x[None], y[None])[0] for x, y in pairs])) if pairs else math.nan
    if fewest < 2:
        return Estimate(center, math.nan, math.nan, fewest, SCORE, ONE_SEED if fewest else "They share no environment.")
    if how == "percentile":
        return Estimate(center, *_percentile(pairs, resamples), fewest, PERCENTILE)
    intervals = [score_interval(x[None], y[None]) for x, y in pairs]
    low, high = recovered(np.array([[p[0], low[0], high[0]] for p, low, high in intervals]))
    return Estimate(center, low, high, fewest, SCORE)


def beats(x: Floats, y: Floats) -> Floats:
    """Returns for each row the share of pairs in which x (rows, n) is larger than y (rows, m), equal ones by
    half: Mann & Whitney 1947."""
    return np.asarray(placements(x, y).mean(axis=(1, 2)))


class Outcomes(NamedTuple):
    """Shares of the pairs of seeds that are won, equal and lost."""

    wins: float
    ties: float
    losses: float


def outcomes(a: Scores, b: Scores, mode: Mode = "max") -> Outcomes:
    """Returns how often a seed of A is better than one of B, equal to it, worse; the mean over the environments both
    have, NaN if they share none."""
    ours, theirs = ranked(a, mode), ranked(b, mode)
    each = [placements(ours[name][None], theirs[name][None]) for name in shared(a, b)]
    if not each:
        return Outcomes(math.nan, math.nan, math.nan)
    return Outcomes(*(float(np.mean([(pairs == won).mean() for pairs in each])) for won in (1.0, 0.5, 0.0)))


def least_p(sizes: Sequence[tuple[int, int]]) -> float:
    """Returns the smallest two-sided p that a rank test can give: that of all seeds of one group before all of the
    other, in each environment, of which `sizes` has the numbers of seeds.

    While it is above the level, no order of the scores says more than chance does.
    """
    return min(1.0, 2.0 / math.prod(math.comb(n + m, n) for n, m in sizes))


def placements(x: Floats, y: Floats) -> Floats:
    """Returns for each row 1, ½ or 0 for each pair: (rows, n, m)."""
    left, right = x[:, :, None], y[:, None, :]
    return np.asarray((left > right) + 0.5 * (left == right))


def spread(pairs: Floats) -> Floats:
    """Returns the variance of each row's share, of placements (rows, n, m): DeLong et al. 1988."""
    n, m = pairs.shape[1:]
    return np.asarray(pairs.mean(axis=2).var(axis=1, ddof=1) / n + pairs.mean(axis=1).var(axis=1, ddof=1) / m)


def supposed(p: Floats | float, n: Floats | int, m: Floats | int) -> Floats:
    """Returns the variance that a share p would have, from p and the numbers of seeds alone:
    Newcombe 2006, method 5."""
    half = (n + m) / 2 - 1
    return np.asarray(p * (1 - p) * (1 + half * (1 - p) / (2 - p) + half * p / (1 + p)) / (n * m))


def score_interval(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """Returns for each row of x (rows, n) and y (rows, m) the share of pairs that x wins, and the ends of its 95 %
    interval.

    The ends are those p whose own supposed variance just reaches the share (as Wilson's do for a proportion). Where the
    seen variance is larger than the supposed one, as with groups of unequal spread, the supposed one is scaled up to
    it.
    """
    from scipy import special

    n, m = x.shape[1], y.shape[1]
    pairs = placements(x, y)
    p = np.asarray(pairs.mean(axis=(1, 2)))
    expected, seen = supposed(p, n, m), spread(pairs)
    scale = np.where(expected > 0, np.maximum(1.0, seen / np.where(expected > 0, expected, 1.0)), 1.0)
    reach = special.ndtri((1 + LEVEL) / 2) ** 2 * scale
    low = _furthest(p, np.zeros_like(p), lambda at: (p - at) ** 2 <= reach * supposed(at, n, m))
    high = _furthest(p, np.ones_like(p), lambda at: (p - at) ** 2 <= reach * supposed(at, n, m))
    return p, low, high


def _furthest(start: Floats, limit: Floats, holds: Callable[[Floats], Floats]) -> Floats:
    """Returns how far from start towards the limit a condition holds, by halving."""
    good, bad = start.copy(), limit.copy()
    for _ in range(HALVINGS):
        middle = (good + bad) / 2
        there = holds(middle)
        good, bad = np.where(there, middle, good), np.where(there, bad, middle)
    return good


def recovered(intervals: Floats) -> tuple[float, float]:
    """Returns the interval of a mean of independent estimates from theirs, (k, 3) as center, low and
    high: Zou & Donner 2008."""
    center, below, above = intervals[:, 0], intervals[:, 0] - intervals[:, 1], intervals[:, 2] - intervals[:, 0]
    mean, k = float(center.mean()), len(intervals)
    return mean - math.sqrt(float((below**2).sum())) / k, mean + math.sqrt(float((above**2).sum())) / k


def _percentile(pairs: Sequence[tuple[Floats, Floats]], resamples: int) -> tuple[float, float]:
    rng = np.random.default_rng([resample.SEED, 0])
    total = np.zeros(resamples)
    for x, y in pairs:
        n, m = len(x), len(y)
        drawn = np.asarray(placements(np.sort(x)[None], np.sort(y)[None])[0])
        which, against = (resample.counts(rng, size, resamples) for size in (n, m))
        total += ((which @ drawn) * against).sum(axis=1) / (n * m * len(pairs))
    return resample.ends(total, (1 - LEVEL) / 2)
