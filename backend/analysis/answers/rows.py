"""The bootstrap of many samples at once: tables (rows, n), each row a sample of n seeds of one environment.

A mean, a median and an interquartile mean are each a weighted sum of the sorted values, in a resample too. So the
resamples of all rows are
one product of matrices: a live chart has 150 rows each second, a test of coverage thousands.
"""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from backend.analysis.answers import resample
from backend.analysis.answers.samples import LEVEL, Aggregate
from backend.model import Floats

# of a resample, as a share of the sample's: seeds that happen to be nearly equal would divide by nothing
LEAST_SPREAD = 0.25
FEW = 4  # up to so many seeds a resample's middle is hardly more than one of them: Student's t is asked too
CLUMPED = 0.9  # of the bimodality coefficient: 1 of two values, 5/9 of evenly spread ones, 1/3 of a normal distribution
EVEN_CLUMPS = 1.4  # of the skewness: one of five seeds alone has 1.5, and is an outlier rather than a clump
Ends = tuple[Floats, Floats]
WeightedRows = tuple[Floats, float]  # a table (rows, n), and the weight of its mean in the sum


def order_weights(n: int, statistic: Aggregate) -> Floats:
    """Returns with which weights the sorted values of n seeds sum up to a statistic: (n,)."""
    cut = {"iqm": int(resample.TRIMMED * n), "median": (n - 1) // 2}.get(statistic, 0)
    weights = np.zeros(n)
    weights[cut : n - cut] = 1 / (n - 2 * cut)
    return weights


def is_mean(n: int, statistic: Aggregate) -> bool:
    """Returns whether a statistic of n seeds is their mean: the interquartile mean of three
    has nothing to leave out."""
    return bool((order_weights(n, statistic) > 0).all())


@lru_cache(maxsize=16)
def resampling(n: int, statistic: Aggregate, resamples: int, stream: int) -> Floats:
    """Returns the weights that make of n sorted values the statistic of each resample: (n, resamples)."""
    drawn: NDArray[np.intp] = np.random.default_rng([resample.SEED, stream]).integers(0, n, (resamples, n))
    drawn.sort(axis=1)
    flat = (drawn + np.arange(resamples)[:, None] * n).ravel()
    weights = np.bincount(flat, np.tile(order_weights(n, statistic), resamples), resamples * n)
    return np.ascontiguousarray(weights.reshape(resamples, n).T)


def point(table: Floats, statistic: Aggregate) -> Floats:
    """Returns the statistic of each row."""
    return np.asarray(np.sort(table, axis=1) @ order_weights(table.shape[1], statistic))


def interval(table: Floats, statistic: Aggregate, resamples: int) -> Ends:
    """Returns the ends of each row's 95 % interval, of at least two seeds.

    Of means Student's t or the bootstrap-t, on either side the wider, but where some seeds failed and the others did
    not, Student's alone; of medians and interquartile means the expanded percentile.
    """
    n = table.shape[1]
    if is_mean(n, statistic):
        (low, high), (least, most) = of_means([(table, 1.0)], resamples), around(table.mean(axis=1), [(table, 1.0)])
        two = clumped(table)
        return np.where(two, least, low), np.where(two, most, high)
    ends = cut(distribution(table, statistic, resamples, 0), resample.tails(n - 1.0, n / (n - 1)))
    return wider(ends, around(point(table, statistic), [(table, 1.0)])) if n <= FEW else ends


def clumped(table: Floats) -> NDArray[np.bool_]:
    """Returns which rows lie in two clumps of about equal size: the bimodality coefficient is near 1, Pfister et al.
    2013.

    A resample that happens to lie in one clump has next to no spread, and would make a bootstrap-t twice as wide as it
    need be.
    """
    if table.shape[1] <= FEW:
        return np.zeros(len(table), bool)
    off = table - table.mean(axis=1, keepdims=True)
    unit = off / np.maximum(off.std(axis=1, keepdims=True), np.finfo(float).tiny)
    skew, kurtosis = (unit**3).mean(axis=1), (unit**4).mean(axis=1)
    return np.asarray((skew**2 + 1 > CLUMPED * kurtosis) & (np.abs(skew) < EVEN_CLUMPS) & (kurtosis > 0))


def difference_interval(x: Floats, y: Floats, statistic: Aggregate, resamples: int) -> Ends:
    """Returns the ends of the 95 % interval of each row's difference, x (rows, n) less y (rows, m), of at least two
    seeds each.

    Of means Welch's t: a skew that both share cancels out. Of interquartile means the percentiles that Student's t asks
    for; of medians the plain ones, for a resample's median varies more than the median does.
    """
    center, parts = point(x, statistic) - point(y, statistic), [(x, 1.0), (y, -1.0)]
    if is_mean(max(x.shape[1], y.shape[1]), statistic):
        return around(center, parts)
    left, right = distribution(x, statistic, resamples, 1), distribution(y, statistic, resamples, 2)
    freedom = joined((left.var(axis=1), x.shape[1] - 1), (right.var(axis=1), y.shape[1] - 1))
    ends = cut(left - right, resample.tails(freedom if statistic == "iqm" else np.inf, 1.0))
    return wider(ends, around(center, parts)) if min(x.shape[1], y.shape[1]) <= FEW else ends


def distribution(table: Floats, statistic: Aggregate, resamples: int, stream: int) -> Floats:
    """Returns the statistic of each row's resamples: (rows, resamples).

    Groups that are compared take different streams.
    """
    return np.asarray(np.sort(table, axis=1) @ resampling(table.shape[1], statistic, resamples, stream))


def joined(a: tuple[Floats, float], b: tuple[Floats, float]) -> Floats:
    """Returns the degrees of freedom of a difference of two (variance, degrees of freedom), Welch 1947."""
    (u, freedom_a), (v, freedom_b) = a, b
    whole = np.where(u + v > 0, u + v, 1.0)
    parted = (u / whole) ** 2 / freedom_a + (v / whole) ** 2 / freedom_b
    return np.asarray(1 / np.where(u + v > 0, parted, 1 / (freedom_a + freedom_b)))


def cut(replicates: Floats, tails: Floats) -> Ends:
    """Returns what is left of each row's distribution (rows, resamples) when the tails (one for all,
    or one a row) are cut off."""
    last = replicates.shape[1] - 1
    low = np.broadcast_to(tails * last, replicates.shape[:1])
    ranks = np.stack([np.floor(low), np.ceil(low), last - np.ceil(low), last - np.floor(low)], axis=1).astype(np.intp)
    at = np.take_along_axis(np.partition(replicates, np.unique(ranks), axis=1), ranks, axis=1)
    part = low - np.floor(low)
    return at[:, 0] + part * (at[:, 1] - at[:, 0]), at[:, 3] + part * (at[:, 2] - at[:, 3])


def wider(a: Ends, b: Ends) -> Ends:
    return np.minimum(a[0], b[0]), np.maximum(a[1], b[1])


def around(center: Floats, parts: Sequence[WeightedRows]) -> Ends:
    """Returns Student's t interval of a weighted sum of means, laid around other centers; freedom by Welch 1947."""
    from scipy import special

    own = [(weight**2 * table.var(axis=1, ddof=1) / table.shape[1], table.shape[1] - 1) for table, weight in parts]
    total = np.asarray(sum(variance for variance, _ in own))
    whole = np.where(total > 0, total, 1.0)
    parted = np.asarray(sum((variance / whole) ** 2 / free for variance, free in own))
    freedom = 1 / np.where(total > 0, parted, 1.0)
    reach = special.stdtrit(freedom, (1 + LEVEL) / 2) * np.sqrt(total)
    return center - reach, center + reach


def of_means(parts: Sequence[WeightedRows], resamples: int) -> Ends:
    """Returns the interval of a weighted sum of means of independent samples: Student's t or the bootstrap-t, the wider
    on either side.

    The bootstrap-t (Efron 1982) asks how far resamples are from the sample in units of their own standard error: it
    follows the skew.
    """
    center, own, moved, within = (np.zeros(1) for _ in range(4))
    for stream, (table, weight) in enumerate(parts):
        n, middle, spread = table.shape[1], table.mean(axis=1), table.std(axis=1, ddof=1)
        unit = np.sort((table - middle[:, None]) / np.where(spread > 0, spread, 1.0)[:, None], axis=1)
        drawn = resampling(n, "mean", resamples, stream)
        mean, square, error = unit @ drawn, unit**2 @ drawn, (weight * spread) ** 2 / n
        center, own = center + weight * middle, own + error
        moved = moved + (weight * spread)[:, None] * mean
        within = within + error[:, None] * np.maximum(square - mean**2, 0) * n / (n - 1)
    error = np.sqrt(own)
    ratio = moved / np.where(error > 0, np.sqrt(np.maximum(within, LEAST_SPREAD**2 * own[:, None]).T), 1.0).T
    low, high = cut(ratio, np.asarray((1 - LEVEL) / 2))
    return wider((center - high * error, center - low * error), around(center, parts))
