"""Sample efficiency: how many steps a group's seeds need to reach a target, and how many of them ever do."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backend import words
from backend.analysis.answers.estimates import ONE_SEED, estimate
from backend.analysis.answers.profiles import WILSON, wilson
from backend.analysis.answers.resample import TRIMMED
from backend.analysis.answers.samples import LEVEL, Estimate, Method, Scores
from backend.model import Floats, Mode

CurveXY = tuple[Floats, Floats]  # x rising, y of the same length; not finite y reach nothing
ORDER = Method("order statistics of all seeds", "Thompson 1936; Conover 1999")
CENSORED = "Seeds that have not reached it count with the budget: the true value is at least this."


@dataclass(frozen=True, eq=False)
class Efficiency:
    """Steps to a target, of one group in one environment.

    `steps` are those of each seed, NaN if it never reached the target within the budget. `median` is infinite when half
    of the seeds or more never did, and so is its upper end when it may be that many. In `iqm` and `restricted_mean`
    they count with the budget.
    """

    target: float
    budget: float
    steps: Floats
    share: Estimate
    median: Estimate
    iqm: Estimate
    restricted_mean: Estimate
    ended_early: int

    @property
    def reached(self) -> int:
        return int(np.isfinite(self.steps).sum())

    @property
    def sentence(self) -> str:
        """The answer in words."""
        said = (
            f"{self.reached} of {len(self.steps)} seeds reached {words.number(self.target)} within"
            f" {words.number(self.budget)} steps"
        )
        if math.isfinite(self.median.center):
            said += f", half of all by step {words.number(self.median.center)}"
        early = (
            f" {self.ended_early} ended before the budget and count as not having reached it."
            if self.ended_early
            else ""
        )
        return f"{said}.{early}"


def efficiency(
    curves: Sequence[CurveXY], target: float, mode: Mode = "max", budget: float | None = None
) -> Efficiency | None:
    """Returns how soon the seeds of a group reach a target; None of no curve.

    The budget is the x up to which all could have reached it: by default the largest x of these curves; give the same
    to all groups that are compared (common_budget). A seed that does not reach the target within it, whether it ran on,
    ended early or diverged, has not
    reached it: seeds that break are not taken for seeds that would have done as the others (no Kaplan–Meier).
    """
    arrays = [(np.asarray(x, float), np.asarray(y, float)) for x, y in curves]
    if not arrays:
        return None
    end = budget if budget is not None else max((float(x[-1]) for x, _ in arrays if len(x)), default=0.0)
    steps = np.array([steps_to(curve, target, mode, end) for curve in arrays])
    never = ~np.isfinite(steps)
    early = sum(bool(lost) and (not len(x) or float(x[-1]) < end) for lost, (x, _) in zip(never, arrays, strict=True))
    restricted: Scores = {"": np.where(never, end, steps)}
    iqm, mean = estimate(restricted, "iqm"), estimate(restricted, "mean")
    if never.any():
        mean = _noted(mean, CENSORED, end)
        iqm = _noted(iqm, CENSORED if never.sum() > int(TRIMMED * len(steps)) else "", end)
    return Efficiency(target, end, steps, _share(steps), _median(steps), iqm, mean, early)


def steps_to(curve: CurveXY, target: float, mode: Mode = "max", budget: float = math.inf) -> float:
    """Returns the first x at which a curve has reached the target; NaN if it has not within the budget."""
    x, y = curve
    there = reaches(y, target, mode) & (x <= budget)
    return float(x[int(np.argmax(there))]) if there.any() else math.nan


def reaches(values: Floats, target: float, mode: Mode) -> NDArray[np.bool_]:
    """Returns which values are as good as the target; what is not finite is not."""
    with np.errstate(invalid="ignore"):
        return np.isfinite(values) & (values >= target if mode == "max" else values <= target)


def common_budget(groups: Sequence[Sequence[CurveXY]]) -> float:
    """Returns the x up to which every group has at least one curve: the budget in which all can be compared."""
    longest = [max((float(np.max(x)) for x, _ in curves if len(x)), default=0.0) for curves in groups]
    return min(longest, default=0.0)


def _share(steps: Floats) -> Estimate:
    n, p = len(steps), float(np.isfinite(steps).mean())
    low, high = wilson(np.array([p]), n)
    return (
        Estimate(p, float(low[0]), float(high[0]), n, WILSON)
        if n > 1
        else Estimate(p, math.nan, math.nan, n, WILSON, ONE_SEED)
    )


def _median(steps: Floats) -> Estimate:
    """Returns the median of all seeds, infinite ones last, between the two whose ranks hold 95
    % (as far as so few can)."""
    from scipy import special

    ordered, n = np.sort(np.where(np.isfinite(steps), steps, np.inf)), len(steps)
    low, high = float(ordered[(n - 1) // 2]), float(ordered[n // 2])
    center = high if math.isinf(high) or low == high else (low + high) / 2
    if n < 2:
        return Estimate(center, math.nan, math.nan, n, ORDER, ONE_SEED)
    # the chance that the median lies outside the (k + 1)-th value of either side
    beyond = special.bdtr(np.arange(n), n, 0.5)
    rank = max(int(np.searchsorted(beyond, (1 - LEVEL) / 2, side="right")), 1)
    held = 1 - 2 * float(beyond[rank - 1])
    note = f"So few seeds hold it with {held:.1%} only." if held < LEVEL else ""
    return Estimate(center, float(ordered[rank - 1]), float(ordered[n - rank]), n, ORDER, note)


def _noted(each: Estimate, note: str, top: float) -> Estimate:
    return Estimate(
        each.center, max(each.low, 0.0), min(each.high, top), each.n, each.method, f"{each.note} {note}".strip()
    )
