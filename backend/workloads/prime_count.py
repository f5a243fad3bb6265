"""Counts primes by a segmented sieve of Eratosthenes."""

from math import isqrt

import numpy as np


def count(start: int, size: int = 100_000) -> int:
    """Counts the primes p with start <= p < start + size.

    Args:
        start: first number of the stretch, at least 0.
        size: how many numbers it holds.
    """
    stop = start + size
    is_prime = np.ones(size, bool)
    is_prime[: max(0, 2 - start)] = False
    for factor in primes_up_to(isqrt(stop)):
        first = max(factor * factor, -(-start // factor) * factor)
        is_prime[first - start :: factor] = False
    return int(is_prime.sum())


def primes_up_to(limit: int) -> list[int]:
    """Returns the primes from 2 to `limit`."""
    sieve = np.ones(limit + 1, bool)
    sieve[:2] = False
    for number in range(2, isqrt(limit) + 1):
        if sieve[number]:
            sieve[number * number :: number] = False
    return [int(number) for number in np.flatnonzero(sieve)]
