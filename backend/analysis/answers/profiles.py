"""Performance profiles: which share of runs reaches a score, for each score. Dolan & Moré 2002; Agarwal et al. 2021."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from backend.analysis.answers import resample
from backend.analysis.answers.estimates import PERCENTILE, Peak
from backend.analysis.answers.samples import LEVEL, Method, Sample, Scores, ranked
from backend.model import Floats, Mode

WILSON = Method("Wilson's interval at each score", "Wilson 1927; over environments Zou & Donner 2008")
PLACES = 101


@dataclass(frozen=True, eq=False)
class Profile:
    """The share of runs that score at least `score`, with pointwise 95 % bands; all of one length.

    NaN bands of fewer than two seeds.
    """

    score: Floats
    share: Floats
    low: Floats
    high: Floats
    method: Method


def places(samples: Sequence[Sample], count: int = PLACES) -> Floats:
    """Returns scores evenly spread from the lowest to the highest finite one of all groups: (count,);
    empty if there are none."""
    every = np.concatenate([np.empty(0), *(each for sample in samples for each in sample.scores.values())])
    scores = every[np.isfinite(every)]
    return np.linspace(scores.min(), scores.max(), count) if len(scores) else np.empty(0)


def profile(scores: Scores, at: Floats, mode: Mode = "max", how: Peak = "best", resamples: int = 2000) -> Profile:
    """Returns the share of runs that score at least as well as each of `at`, the mean over environments.

    A seed without a finite score reaches none. The bands are Wilson's, which are right for few seeds and never of zero
    width; `percentile` is the bootstrap of rliable.
    """
    ours = ranked(scores, mode)
    bar = at if mode == "max" else -at
    reached = [(each[:, None] >= bar).astype(float) for each in ours.values()]
    if not reached or min(map(len, reached)) < 2:
        share = np.mean([each.mean(axis=0) for each in reached], axis=0) if reached else np.full(len(at), np.nan)
        return Profile(at, share, np.full(len(at), np.nan), np.full(len(at), np.nan), WILSON)
    share = np.mean([each.mean(axis=0) for each in reached], axis=0)
    if how == "percentile":
        return Profile(at, share, *_percentile(reached, resamples), PERCENTILE)
    below, above = np.zeros(len(at)), np.zeros(len(at))
    for each in reached:
        p, (low, high) = each.mean(axis=0), wilson(each.mean(axis=0), len(each))
        below, above = below + (p - low) ** 2, above + (high - p) ** 2
    return Profile(at, share, share - np.sqrt(below) / len(reached), share + np.sqrt(above) / len(reached), WILSON)


def wilson(p: Floats, n: int) -> tuple[Floats, Floats]:
    """Returns the ends of the 95 % interval of shares p of n, Wilson 1927."""
    from scipy import special

    z2 = float(special.ndtri((1 + LEVEL) / 2)) ** 2
    middle, half = p + z2 / (2 * n), np.sqrt(z2 * (p * (1 - p) / n + z2 / (4 * n * n)))
    low, high = (middle - half) / (1 + z2 / n), (middle + half) / (1 + z2 / n)
    return np.asarray(np.where(p <= 0, 0.0, low)), np.asarray(np.where(p >= 1, 1.0, high))


def _percentile(reached: Sequence[Floats], resamples: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([resample.SEED, 0])
    total = sum(resample.counts(rng, len(each), resamples) @ each / len(each) for each in reached) / len(reached)
    low, high = np.quantile(total, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0)
    return low, high
