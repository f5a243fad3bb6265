"""One group: mean, median, interquartile mean or optimality gap over its seeds, with a 95 % interval."""

import math
from typing import Literal

import numpy as np

from backend.analysis.answers import resample, rows
from backend.analysis.answers.samples import LEVEL, Aggregate, Estimate, Method, Scores
from backend.model import Floats

Peak = Literal["best", "percentile"]
PERCENTILE = Method("stratified percentile bootstrap", "Agarwal et al. 2021")
EXPANDED = Method("stratified bootstrap, expanded percentile", "Agarwal et al. 2021; Hesterberg 2015")
STUDENTISED = Method("stratified bootstrap-t, or Student's t where that is wider", "Efron 1982; Hesterberg 2015")
ONE_SEED = "One seed: no interval, because nothing says how much luck there was."
ALL_EQUAL = "All seeds came to the same value: how much others would differ cannot be known from them."


def point(scores: Scores, statistic: Aggregate) -> float:
    """Returns a statistic of finite scores; NaN of none."""
    finite_scores = finite(scores)
    return (
        float(resample.statistic_of([each[None] for each in finite_scores.values()], statistic)[0])
        if finite_scores
        else math.nan
    )


def estimate(scores: Scores, statistic: Aggregate, how: Peak = "best", resamples: int = resample.RESAMPLES) -> Estimate:
    """Returns a statistic of the finite scores with its interval. `percentile` is rliable's, which is too narrow for
    few seeds.

    Best is the bootstrap-t for means (it follows the skew) and the expanded percentile for medians and interquartile
    means.
    """
    finite_scores = finite(scores)
    lost = sum(map(len, scores.values())) - sum(map(len, finite_scores.values()))
    note = f"{lost} without a finite score left out. " if lost else ""
    fewest = min(map(len, finite_scores.values()), default=0)
    center = point(finite_scores, statistic)
    if fewest < 2:
        return Estimate(center, math.nan, math.nan, fewest, EXPANDED, note + (ONE_SEED if fewest else "No score."))
    if all(np.ptp(each) == 0 for each in finite_scores.values()):
        note += ALL_EQUAL
    if how == "percentile":
        return Estimate(
            center,
            *resample.ends(distribution(finite_scores, statistic, resamples), (1 - LEVEL) / 2),
            fewest,
            PERCENTILE,
            note.strip(),
        )
    return Estimate(center, *_best(finite_scores, statistic, resamples), fewest, method_of(statistic), note.strip())


def method_of(statistic: Aggregate) -> Method:
    return STUDENTISED if statistic in ("mean", "optimality_gap") else EXPANDED


def finite(scores: Scores) -> dict[str, Floats]:
    """Returns the finite scores, without environments that have none."""
    finite_scores = {name: each[np.isfinite(each)] for name, each in scores.items()}
    return {name: each for name, each in finite_scores.items() if len(each)}


def _best(scores: Scores, statistic: Aggregate, resamples: int) -> tuple[float, float]:
    """Returns the ends of the interval whose measured coverage is best: see coverage.py."""
    if statistic == "optimality_gap":
        low, high = _best(
            {name: np.minimum(each, resample.GAP_FROM) for name, each in scores.items()}, "mean", resamples
        )
        return max(0.0, resample.GAP_FROM - high), resample.GAP_FROM - low
    if len(scores) == 1:
        ends = rows.interval(next(iter(scores.values()))[None], statistic, resamples)
    elif statistic == "mean":
        ends = rows.of_means([(each[None], 1 / len(scores)) for each in scores.values()], resamples)
    else:
        return resample.ends(distribution(scores, statistic, resamples), float(resample.tails(*looseness(scores))))
    return float(ends[0][0]), float(ends[1][0])


def distribution(scores: Scores, statistic: Aggregate, resamples: int, stream: int = 0) -> Floats:
    """Returns the statistic of each resample: (resamples,). Groups that are compared take different streams."""
    rng = np.random.default_rng([resample.SEED, stream])
    return resample.statistic_of(resample.resampled(scores, resamples, rng), statistic)


def looseness(scores: Scores) -> tuple[float, float]:
    """Returns the degrees of freedom of a group's spread, and by how much its variance is larger
    than that of its resamples."""
    sizes = np.array([len(each) for each in scores.values()], float)
    return float((sizes - 1).sum()), float((1 / (sizes - 1)).sum() / (1 / sizes).sum())
