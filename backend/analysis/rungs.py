"""How far a trial came on ASHA's ladder."""

import math

from backend.model import Run
from backend.model.stored import stored

SHARE = 16  # of a whole trial, which each gets before it may be ended, if nobody said otherwise


def grace(grace_period: float | None, most: float, share: int = SHARE) -> int:
    """Returns how far a trial comes before it may be ended, in the units of `most`."""
    return int(min(most, grace_period or max(1, most // share)))


def rung(run: Run, iterations: int) -> int | None:
    """Returns how many times a trial was let go on; None where there is no ladder, or none of iterations."""
    spec = stored(run.spec)
    most, reduction = spec.number("max_iterations"), spec.number("reduction") or 0.0
    if spec.text("scheduler") != "asha" or most is None or reduction <= 1:
        return None
    first = grace(spec.number("grace"), most)
    return 0 if iterations < first else 1 + math.floor(math.log(iterations / first, reduction) + 1e-9)
