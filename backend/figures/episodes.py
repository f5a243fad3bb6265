"""Charts of one episode that an agent played: its return as it grew, and what the agent did."""

from typing import Any

import numpy as np

from backend.figures import palette
from backend.figures.lines import Chart, Display, Line, Titles, layout_of


def returns(rewards: list[float], ordinal: int) -> Chart:
    """Draws the sum of the rewards up to each env step."""
    steps, sums = np.arange(1, len(rewards) + 1, dtype=float), np.cumsum(np.asarray(rewards, float))
    line = Line("return", palette.of_run(ordinal), steps, sums, in_legend=False)
    return _chart((line,), Titles("env step", "return so far"))


def actions(taken: list[Any], ordinal: int) -> Chart:
    """Draws the action of each env step: the number of a discrete one, each component of a continuous one."""
    table = np.asarray(taken, float).reshape(len(taken), -1)
    steps = np.arange(1, len(table) + 1, dtype=float)
    is_many, is_whole = table.shape[1] > 1, all(isinstance(each, int) for each in taken)
    look: dict[str, Any] = {"look": "points", "width": 4} if is_whole else {}  # a line between 0 and 1 would be a bar
    lines = tuple(
        Line(
            f"action {place}" if is_many else "action",
            palette.of_run(ordinal + place),
            steps,
            column,
            in_legend=is_many,
            **look,
        )
        for place, column in enumerate(table.T)
    )
    return _chart(lines, Titles("env step", "action"))


def _chart(lines: tuple[Line, ...], titles: Titles) -> Chart:
    return Chart(lines, layout_of(titles, Display()), "")
