"""Fails and dawdles at random, for trying what a fan-out does with failures."""

import random
import time


def flaky(number: int, fails: float = 0.2, seconds: float = 0.05) -> float:
    """Returns the square root of `number`, unless it fails. Another attempt draws again.

    Args:
        number: what the root is taken of.
        fails: share of attempts that raise, 0 to 1.
        seconds: mean time it takes.
    """
    time.sleep(random.expovariate(1 / seconds) if seconds > 0 else 0)
    if random.random() < fails:
        raise random.choice([ConnectionError("the service hung up"), ValueError(f"{number} was not in the mood")])
    return float(number**0.5)
