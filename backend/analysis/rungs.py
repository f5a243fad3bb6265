"""How far a trial came on ASHA's ladder."""

import math

from backend.store.values import Run

SHARE = 16  # of a whole trial, which each gets before it may be ended, if nobody said otherwise


def grace(asked: int | None, most: float, share: int = SHARE) -> int:
    """Returns how far a trial comes before it may be ended, in the units of `most`."""
    return int(min(most, asked or max(1, most // share)))


def rung(run: Run, iterations: int) -> int | None:
    """Returns how many times a trial was let go on; None where there is no ladder, or none of iterations."""
    most = run.spec.get("max_iterations")
    if run.spec.get("scheduler") != "asha" or most is None:
        return None
    first = grace(run.spec.get("grace"), most)
    return 0 if iterations < first else 1 + math.floor(math.log(iterations / first, run.spec["reduction"]) + 1e-9)
