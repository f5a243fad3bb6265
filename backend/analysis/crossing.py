"""Where a curve first reaches a target, to the point: the buckets say in which of them, its points say where."""

from collections.abc import Callable

import numpy as np

from backend.analysis.answers.efficiency import CurveXY, reaches, steps_to
from backend.analysis.curves import by_x
from backend.model import Curve, Mode

ReadPoints = Callable[[Curve, float, float], Curve]  # reads a curve between two steps, both within, point by point


def line(curve: Curve, target: float, mode: Mode, read_points: ReadPoints) -> CurveXY:
    """Returns the best values of a curve's buckets by rising step, and before the first that reaches the target the
    step within it at which that is so.

    A mean over a bucket would hide a noisy curve that reaches the target again and again.
    """
    buckets = by_x(curve)
    if curve.width == 1 or not len(buckets.x):
        return buckets.x, buckets.mean
    steps, best = buckets.x, buckets.max if mode == "max" else buckets.min
    there = reaches(best, target, mode)
    if there.any():
        first = int(np.argmax(there))
        within = curve.records[curve.x == steps[first]]
        points = by_x(read_points(curve, float(within["step_min"].min()), float(within["step_max"].max())))
        exact = steps_to((points.x, points.max if mode == "max" else points.min), target, mode)
        steps = np.insert(steps, first, np.fmin(exact, steps[first]))
        best = np.insert(best, first, best[first])
    return steps, best
