"""Statistics: ten thousand resamples of two groups of ten seeds, beside rliable, and the band of a live chart."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from backend.analysis import answers, seeds
from backend.analysis.answers import rows

ROUNDS = 5
RESAMPLES = 10_000
PLACES, LIVE = 150, 0.05


def main() -> None:
    from tests.analysis.reference import library, metrics

    a, b = (np.random.default_rng(stream).beta(4, 2, (10, 1)) for stream in (1, 2))
    ours, theirs = (answers.sample("", each).scores for each in (a, b))
    print(f"Comparing 2 × 10 seeds, {RESAMPLES:,} resamples, CPU time (medians of {ROUNDS})")
    took = _took(lambda: answers.difference(ours, theirs, "iqm", resamples=RESAMPLES))
    print(f"  interquartile means and their difference  {took * 1000:7.1f} ms   {took:.2f} of the 1 s allowed")
    several = _took(lambda: answers.difference(*_environments(6), "iqm", resamples=RESAMPLES))
    print(f"  the same over six environments            {several * 1000:7.1f} ms   {several:.2f} of the 1 s allowed")
    whole = _took(lambda: answers.compare(answers.sample("a", a), answers.sample("b", b)))
    print(f"  a whole verdict                           {whole * 1000:7.1f} ms")
    peer = _took(
        lambda: library.get_interval_estimates(
            {"a": a}, lambda x: np.array([metrics.aggregate_iqm(x)]), reps=RESAMPLES
        ),
        1,
    )
    print(f"  rliable, interquartile mean of one group  {peer * 1000:7.1f} ms   {peer / took:.0f} × ours of two")
    for statistic, name in seeds.STATISTICS.items():
        table = np.random.default_rng(0).normal(size=(PLACES, 10))
        band = _took(
            lambda table=table, statistic=statistic: rows.interval(table, statistic, seeds.RESAMPLES), fresh=False
        )  # type: ignore[misc]
        print(
            f"  band of a live chart, {name:20}{band * 1000:7.1f} ms   {band / LIVE:.2f} of the {LIVE * 1000:.0f} ms"
            " allowed"
        )


def _environments(count: int) -> list[answers.Scores]:
    rng = np.random.default_rng(3)
    return [{str(number): rng.beta(4, 2, 10) for number in range(count)} for _ in range(2)]


def _took(what: Callable[[], Any], rounds: int = ROUNDS, *, fresh: bool = True) -> float:
    """Returns seconds of CPU, with imports not counted; `fresh` draws the resamples anew each time."""
    if rounds > 1:
        what()
    spent = []
    for _ in range(rounds):
        if fresh:
            rows.resampling.cache_clear()
        start = time.process_time()
        what()
        spent.append(time.process_time() - start)
    return statistics.median(spent)
