"""The bootstrap itself: seeds are drawn again within each environment (stratified), always from
the same random numbers."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from backend.analysis.answers.samples import LEVEL, Aggregate, Scores
from backend.model import Floats

RESAMPLES = 10_000
SEED = 20210829  # the same numbers for everybody who looks
TRIMMED = 0.25  # of each end, by the interquartile mean
GAP_FROM = 1.0  # the score that counts as solved, once normalised
ROUNDING = 1e-9


def draws(sizes: Sequence[int], resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    """Yields for each environment which of its seeds are drawn: (resamples, n)."""
    for n in sizes:
        yield rng.integers(0, n, (resamples, n))


def resampled(scores: Scores, resamples: int, rng: np.random.Generator) -> list[Floats]:
    """Returns for each environment the scores of seeds drawn anew: (resamples, n)."""
    values = [np.sort(each) for each in scores.values()]  # the same of the same seeds in any order
    return [
        each[drawn] for each, drawn in zip(values, draws([len(each) for each in values], resamples, rng), strict=True)
    ]


def statistic_of(strata: Sequence[Floats], statistic: Aggregate) -> Floats:
    """Returns the statistic of each row, of environments as (rows, n): each environment weighs the same. As rliable,
    Agarwal et al. 2021.

    The median is over the seeds of one environment; of several, it is the median of their means.
    """
    if statistic == "iqm":
        return _trimmed(strata)
    if statistic == "optimality_gap":
        means = np.array([np.minimum(each, GAP_FROM).mean(axis=1) for each in strata])
        return np.asarray(GAP_FROM - means.mean(axis=0))
    if statistic == "median" and len(strata) == 1:
        return np.asarray(np.median(strata[0], axis=1))
    means = np.array([each.mean(axis=1) for each in strata])
    return np.asarray(np.median(means, axis=0) if statistic == "median" else means.mean(axis=0))


def _trimmed(strata: Sequence[Floats]) -> Floats:
    """Returns the mean without the values that lie wholly within the quarter of the weight at either end."""
    values = np.concatenate(strata, axis=1)
    if len({each.shape[1] for each in strata}) == 1:
        total = values.shape[1]
        cut = int(TRIMMED * total)
        return np.asarray(np.sort(values, axis=1)[:, cut : total - cut].mean(axis=1))
    weights = np.concatenate([np.full(each.shape[1], 1 / (each.shape[1] * len(strata))) for each in strata])
    order = np.argsort(values, axis=1)
    values, weights = np.take_along_axis(values, order, axis=1), weights[order]
    below = np.cumsum(weights, axis=1)
    inner_weights = weights * ((below > TRIMMED + ROUNDING) & (1 - below + weights > TRIMMED + ROUNDING))
    return np.asarray((values * inner_weights).sum(axis=1) / inner_weights.sum(axis=1))


def tails(freedom: Floats | float, inflation: Floats | float) -> Floats:
    """Returns the share to cut off at either end of a bootstrap distribution: the expanded percentile, Hesterberg 2015.

    A plain percentile interval is too narrow twice: it takes the spread of n seeds as that of all (`inflation`: by how
    much the variance is larger), and knows it from few (`freedom`: degrees of freedom of Student's t).
    """
    from scipy import special

    return np.asarray(special.ndtr(special.stdtrit(freedom, (1 - LEVEL) / 2) * np.sqrt(inflation)))


def ends(distribution: Floats, tail: float) -> tuple[float, float]:
    """Returns what is left of a distribution (resamples,) when the tails are cut off."""
    low, high = np.quantile(distribution, [tail, 1 - tail])
    return float(low), float(high)


def counts(rng: np.random.Generator, n: int, resamples: int) -> Floats:
    """Returns how often each of n seeds is drawn: (resamples, n)."""
    return rng.multinomial(n, np.full(n, 1 / n), resamples).astype(float)
