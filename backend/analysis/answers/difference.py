"""The difference of two groups' means, medians or interquartile means, with a 95 % interval."""

import math

import numpy as np

from backend.analysis.answers import resample, rows
from backend.analysis.answers.estimates import (
    ALL_EQUAL,
    EXPANDED,
    ONE_SEED,
    PERCENTILE,
    Peak,
    distribution,
    finite,
    looseness,
    method_of,
    point,
)
from backend.analysis.answers.samples import LEVEL, Aggregate, Estimate, Method, Scores, shared

WELCH = Method("Welch's t", "Welch 1947; over environments Satterthwaite 1946")


def difference(
    a: Scores, b: Scores, statistic: Aggregate = "iqm", how: Peak = "best", resamples: int = resample.RESAMPLES
) -> Estimate:
    """Returns the statistic of A less that of B over the environments both have, of finite scores (see
    samples.filled for others)."""
    names = shared(finite(a), finite(b))
    ours, theirs = ({name: each[name] for name in names} for each in (finite(a), finite(b)))
    fewest = min((len(each[name]) for each in (ours, theirs) for name in names), default=0)
    center = point(ours, statistic) - point(theirs, statistic)
    if fewest < 2:
        return Estimate(
            center,
            math.nan,
            math.nan,
            fewest,
            EXPANDED,
            ONE_SEED if fewest else "They share no environment with a score.",
        )
    if how == "best":
        method = EXPANDED if method_of(statistic) is EXPANDED else WELCH
        note = ALL_EQUAL if all(np.ptp(each) == 0 for group in (ours, theirs) for each in group.values()) else ""
        return Estimate(center, *_best(ours, theirs, statistic, resamples), fewest, method, note)
    left, right = distribution(ours, statistic, resamples, 1), distribution(theirs, statistic, resamples, 2)
    return Estimate(center, *resample.ends(left - right, (1 - LEVEL) / 2), fewest, PERCENTILE)


def _best(a: Scores, b: Scores, statistic: Aggregate, resamples: int) -> tuple[float, float]:
    """Returns the ends of the interval whose measured coverage is best: see coverage.py."""
    if statistic in ("mean", "optimality_gap"):
        every = [*_parts(a, statistic, 1.0), *_parts(b, statistic, -1.0)]
        ends = rows.around(np.asarray(sum(table.mean(axis=1) * weight for table, weight in every)), every)
    elif len(a) == 1:
        x, y = (next(iter(each.values()))[None] for each in (a, b))
        ends = rows.difference_interval(x, y, statistic, resamples)
    else:
        left, right = distribution(a, statistic, resamples, 1)[None], distribution(b, statistic, resamples, 2)[None]
        (freedom_a, more_a), (freedom_b, more_b) = looseness(a), looseness(b)
        freedom = rows.joined((left.var(axis=1), freedom_a), (right.var(axis=1), freedom_b))
        ends = rows.cut(left - right, resample.tails(freedom, (more_a + more_b) / 2))
    low, high = (float(end[0]) for end in ends)
    return low, high


def _parts(scores: Scores, statistic: Aggregate, sign: float) -> list[rows.WeightedRows]:
    """Returns a mean, or an optimality gap less what it is counted from, as a weighted sum of
    the environments' means."""
    if statistic == "mean":
        return [(each[None], sign / len(scores)) for each in scores.values()]
    return [(np.minimum(each, resample.GAP_FROM)[None], -sign / len(scores)) for each in scores.values()]
