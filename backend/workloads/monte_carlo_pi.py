"""π by Monte Carlo: the share of random darts in a quarter circle is π/4."""

import numpy as np


def estimate(seed: int, darts: int = 100_000) -> float:
    """Estimates π from `darts` random points.

    Args:
        seed: of the random numbers; another gives another estimate.
        darts: how many points are thrown. The error falls with the square root of it.
    """
    x, y = np.random.default_rng(seed).random((2, darts))
    return float(4 * np.mean(x * x + y * y < 1))
