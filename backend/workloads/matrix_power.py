"""How fast this machine multiplies matrices."""

import time

import numpy as np


def multiply(size: int = 512, repeats: int = 10) -> dict[str, float]:
    """Multiplies two random matrices and returns the rate in GFLOP/s: 2·size³ operations a product.

    Args:
        size: rows and columns of the matrices.
        repeats: products that are timed; the best one counts.
    """
    left, right = np.random.default_rng(0).random((2, size, size))
    took = []
    for _ in range(repeats):
        began = time.perf_counter()
        left @ right
        took.append(time.perf_counter() - began)
    return {"size": size, "gflops": 2e-9 * size**3 / min(took)}
