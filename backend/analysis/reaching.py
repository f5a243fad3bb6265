"""How soon a target is reached, in words: the same on the page of answers and in the report on them."""

import math
from collections.abc import Callable

from backend import words
from backend.analysis.answering import Answers, Reached
from backend.analysis.answers.samples import Estimate, percent

Cell = tuple[str, str]  # a value, and its interval; the latter empty where there is none


def names(answers: Answers, steps: str) -> list[str]:
    """Returns the headings of `cells`, that of the group first; `steps` is what steps are called in all runs."""
    several = ["Environment", "Target"] * (len(answers.targets) > 1)
    return ["Group", *several, "Reached it", "Share of seeds", f"{steps}, median", f"{steps}, IQM", "Ended early"]


def cells(answers: Answers, each: Reached) -> list[Cell]:
    """Returns what is told of one group in one environment."""
    got = each.efficiency
    target_cells = [(each.environment, ""), (words.number(got.target), "")] if len(answers.targets) > 1 else []
    return [
        *target_cells, (f"{got.reached} of {len(got.steps)}", ""), _interval(got.share, percent), _interval(got.median),
        _interval(got.iqm),
        (str(got.ended_early or "–"), ""),
    ]  # fmt: skip


def about(answers: Answers, steps: str) -> str:
    """Returns how the numbers are to be read, and by which methods they were found."""
    first = answers.reached[0].efficiency
    parts = (
        [f"Within {words.number(first.budget)} {steps}, which a seed of each group has done"]
        if len(answers.targets) == 1
        else []
    )
    parts.append("in brackets 95 % intervals")
    if any(each.efficiency.reached < len(each.efficiency.steps) for each in answers.reached):
        parts.append(
            "seeds that never reached it count in the IQM with all of these steps, so the true value is larger"
        )
    said = "; ".join(parts)
    return f"{said[0].upper()}{said[1:]}. {first.share.method}; {first.median.method}."


def _interval(each: Estimate, said: Callable[[float], str] = words.number) -> Cell:
    values = (each.center, each.low, each.high) if each.has_interval else (each.center,)  # one seed has no ends
    center, *ends = ("never" if math.isinf(value) else said(value) for value in values)
    return center, " to ".join(ends)
