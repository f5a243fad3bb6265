"""The difference of two groups' means, medians or interquartile means, with a 95 % interval."""

import math

import numpy as np

from backend.analysis.answers import resample
from backend.analysis.answers.estimates import (
    EXPANDED,
    LEAST_SPREAD,
    ONE_SEED,
    PERCENTILE,
    STUDENTISED,
    How,
    distribution,
    finite,
    looseness,
    method_of,
    point,
)
from backend.analysis.answers.samples import LEVEL, Estimate, Scores, Statistic, shared
from backend.store.values import Floats


def difference(a: Scores, b: Scores, statistic: Statistic = "iqm", how: How = "best", resamples: int = resample.RESAMPLES) -> Estimate:
    """Returns the statistic of A less that of B over the environments both have, of finite scores (see samples.filled for others)."""
    names = shared(finite(a), finite(b))
    ours, theirs = ({name: each[name] for name in names} for each in (finite(a), finite(b)))
    fewest = min((len(each[name]) for each in (ours, theirs) for name in names), default=0)
    center = point(ours, statistic) - point(theirs, statistic)
    if fewest < 2:
        return Estimate(center, math.nan, math.nan, fewest, EXPANDED, ONE_SEED if fewest else "They share no environment with a score.")
    left, right = distribution(ours, statistic, resamples, 1), distribution(theirs, statistic, resamples, 2)
    if how == "percentile":
        return Estimate(center, *resample.ends(left - right, (1 - LEVEL) / 2), fewest, PERCENTILE)
    low, high = resample.ends(left - right, float(resample.tails(*_looseness(ours, theirs, left, right))))
    if method_of(statistic) is STUDENTISED:
        other_low, other_high = _studentised(ours, theirs, statistic, resamples)
        low, high = min(low, other_low), max(high, other_high)
    return Estimate(center, low, high, fewest, method_of(statistic))


def _looseness(a: Scores, b: Scores, left: Floats, right: Floats) -> tuple[float, float]:
    """Returns degrees of freedom (Welch 1947) and inflation of the difference, each group's weighted by its part of the variance."""
    (freedom_a, more_a), (freedom_b, more_b) = looseness(a), looseness(b)
    u, v = more_a * float(left.var()), more_b * float(right.var())
    if u + v == 0:
        return freedom_a + freedom_b, 1.0
    return (u + v) ** 2 / (u**2 / freedom_a + v**2 / freedom_b), (u + v) / (u / more_a + v / more_b)


def _studentised(a: Scores, b: Scores, statistic: Statistic, resamples: int) -> tuple[float, float]:
    """Returns the bootstrap-t interval of a difference of means, Efron 1982."""
    (center_a, moved_a, var_a, own_a), (center_b, moved_b, var_b, own_b) = (
        _moments(each, statistic, resamples, stream) for stream, each in ((1, a), (2, b))
    )
    own, center = math.sqrt(own_a + own_b), center_a - center_b
    if own == 0:
        return center, center
    ratio = (moved_a - moved_b) / np.maximum(np.sqrt(var_a + var_b), LEAST_SPREAD * own)
    low, high = np.quantile(ratio, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return center - float(high) * own, center - float(low) * own


def _moments(scores: Scores, statistic: Statistic, resamples: int, stream: int) -> tuple[float, Floats, Floats, float]:
    """Returns a group's mean, how far each resample is from it, the variance each resample gives the mean, and the group's own."""
    sign, gap = (-1.0, True) if statistic == "optimality_gap" else (1.0, False)
    values = [np.minimum(each, resample.GAP_FROM) if gap else each for each in scores.values()]
    rng = np.random.default_rng([resample.SEED, stream])
    drawn = resample.resampled(dict(enumerate(values)), resamples, rng)  # type: ignore[arg-type]
    k = len(values)
    center = float(np.mean([each.mean() for each in values]))
    moved = np.mean([each.mean(axis=1) for each in drawn], axis=0) - center
    within = np.asarray(sum(each.var(axis=1, ddof=1) / each.shape[1] for each in drawn)) / k**2
    return sign * center, sign * moved, within, float(sum(each.var(ddof=1) / len(each) for each in values)) / k**2
