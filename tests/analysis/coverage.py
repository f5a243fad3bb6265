"""How often a 95 % interval holds the truth, on distributions whose truth is known: python -m tests.analysis.coverage
[REPETITIONS].

Prints the rows of backend/analysis/answers/coverage.py. Some minutes for 2,000 repetitions.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from statistics import median

import numpy as np

from backend.analysis.answers import improvement, rows
from backend.analysis.answers.coverage import HEAVY
from backend.model import Floats

Draw = Callable[[np.random.Generator, tuple[int, ...]], Floats]
SIZES = (2, 3, 4, 5, 7, 10, 15, 20, 30, 50)
REPETITIONS = 2000
RESAMPLES = 1000
TRUTH = 1_000_000


def failing(share: float) -> Draw:
    """Seeds that fail (about 0) and seeds that succeed (about 1)."""
    return lambda rng, size: np.where(rng.random(size) < share, rng.normal(0, 0.05, size), rng.normal(1, 0.1, size))


ONE: dict[str, Draw] = {
    "normal": lambda rng, size: rng.normal(size=size),
    "log-normal": lambda rng, size: rng.lognormal(0, 0.5, size),
    HEAVY: lambda rng, size: rng.lognormal(0, 1, size),
    "beta": lambda rng, size: rng.beta(2, 5, size),
    "near a ceiling": lambda rng, size: rng.beta(5, 1, size),
    "half of the seeds fail": failing(0.5),
}
TWO: dict[str, tuple[Draw, Draw]] = {
    "normal": (lambda rng, size: rng.normal(0.8, 1, size), ONE["normal"]),
    "one spreads three times as far": (lambda rng, size: rng.normal(0.8, 3, size), ONE["normal"]),
    "log-normal": (lambda rng, size: rng.lognormal(0.4, 0.5, size), ONE["log-normal"]),
    "near a ceiling": (ONE["near a ceiling"], lambda rng, size: rng.beta(2, 2, size)),
    "half of the seeds fail": (failing(0.5), failing(0.5)),
    "one in five fails, or half of the seeds": (failing(0.2), failing(0.5)),
    "half of one group's seeds fail": (failing(0.5), lambda rng, size: rng.normal(0.5, 0.2, size)),
}


@lru_cache(maxsize=1000)
def truth(draw: Draw, statistic: str) -> float:
    """Returns a statistic of the distribution itself."""
    values = np.sort(draw(np.random.default_rng(7), (TRUTH,)))
    quarter = TRUTH // 4
    return float(
        {"mean": values.mean(), "median": values[TRUTH // 2], "iqm": values[quarter : 3 * quarter].mean()}[statistic]
    )


@lru_cache(maxsize=100)
def wins(a: Draw, b: Draw) -> float:
    """Returns P(A > B) of two continuous distributions."""
    rng = np.random.default_rng(7)
    x, y = np.sort(a(rng, (TRUTH,))), np.sort(b(rng, (TRUTH,)))
    return 1 - float(np.searchsorted(x, y).mean()) / TRUTH


def of_one(name: str, statistic: str, n: int, repetitions: int = REPETITIONS) -> float:
    """Returns the share of samples of n seeds whose interval holds the truth."""
    table = ONE[name](np.random.default_rng([n, list(ONE).index(name)]), (repetitions, n))
    return _held(rows.interval(table, statistic, RESAMPLES), truth(ONE[name], statistic))  # type: ignore[arg-type]


def of_difference(name: str, statistic: str, n: int, repetitions: int = REPETITIONS) -> float:
    """As of_one, of the difference of two groups of n seeds."""
    x, y = _two(name, n, repetitions)
    real = truth(TWO[name][0], statistic) - truth(TWO[name][1], statistic)
    return _held(rows.difference_interval(x, y, statistic, RESAMPLES), real)  # type: ignore[arg-type]


def of_probability(name: str, n: int, repetitions: int = REPETITIONS) -> float:
    """As of_one, of the probability of improvement."""
    _, low, high = improvement.score_interval(*_two(name, n, repetitions))
    return _held((low, high), wins(*TWO[name]))


def _two(name: str, n: int, repetitions: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng([n, 100 + list(TWO).index(name)])
    a, b = TWO[name]
    return a(rng, (repetitions, n)), b(rng, (repetitions, n))


def _held(ends: tuple[Floats, Floats], real: float) -> float:
    return float(((ends[0] <= real) & (real <= ends[1])).mean())


def measured(repetitions: int) -> Iterator[tuple[str, int, Mapping[str, float]]]:
    """Yields for each quantity and number of seeds the coverage by distribution."""
    for n in SIZES:
        for statistic in ("mean", "median", "iqm"):
            yield statistic, n, {name: of_one(name, statistic, n, repetitions) for name in ONE}
            yield (
                f"difference of {statistic}s",
                n,
                {name: of_difference(name, statistic, n, repetitions) for name in TWO},
            )
        yield "probability", n, {name: of_probability(name, n, repetitions) for name in TWO}


if __name__ == "__main__":
    for what, n, found in sorted(
        measured(int(sys.argv[1]) if len(sys.argv) > 1 else REPETITIONS), key=lambda row: (row[0], row[1])
    ):
        usual = {name: each for name, each in found.items() if name != HEAVY}
        worst = min(found, key=found.__getitem__)
        print(f'    ("{what}", {n}, {median(usual.values()):.3f}, {found[worst]:.3f}, "{worst}"),', flush=True)
        print("  #", ", ".join(f"{name} {each:.3f}" for name, each in found.items()), file=sys.stderr, flush=True)
