"""What is drawn upon the cells of a grid world: letters, numbers, arrows, and what they tell."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backend.analysis.q_tables import Map
from backend.catalog.grids import MEANINGS, Grid

if TYPE_CHECKING:
    import plotly.graph_objects as go


INK, EDGE = "#0a0b0c", "#0c0b0a"
NOTHING = "rgba(128,128,128,0.10)"
NAMES = {(-1, 0): "up", (1, 0): "down", (0, -1): "left", (0, 1): "right"}
ANGLES = {(-1, 0): 0, (0, 1): 90, (1, 0): 180, (0, -1): 270}
APART = 0.2  # of a cell between its middle and an arrow, where several are as good
LIFT = 0.12  # of a cell by which arrows stand above its middle, to leave room for the number
WORDY = 64  # cells at most in which numbers are written


Numbers = npt.NDArray[np.floating[Any]]


def is_wide(grid: Grid) -> bool:
    """Whether a map is better shown at the whole width of a page."""
    return grid.columns >= 2 * grid.rows


def is_wordy(grid: Grid) -> bool:
    """Whether there is room for numbers in the cells; they stand for the bar of colour."""
    return grid.rows * grid.columns <= WORDY


def borders(grid: Grid) -> tuple[Numbers, Numbers]:
    return np.arange(grid.columns + 1) - 0.5, np.arange(grid.rows + 1) - 0.5


def written(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def in_short(count: float) -> str:
    for limit, letter in ((1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g}{letter}"
    return f"{count:.3g}"


def on_grid(figure: "go.Figure", grid: Grid) -> "go.Figure":
    """Adds what the map is: a frame around each cell, walls, letters, and where episodes end."""
    shapes: list[dict[str, Any]] = []
    for row in range(grid.rows):
        for column in range(grid.columns):
            fill = NOTHING if (row, column) in grid.ends else "rgba(0,0,0,0)"
            shapes.append(
                _box(row, column)
                | {
                    "type": "rect",
                    "line": {"color": EDGE, "width": 1},
                    "fillcolor": fill,
                    "layer": "below",
                }
            )
    for row, column in grid.walls:
        shapes.append(
            {
                "type": "line",
                "x0": column + 0.5,
                "x1": column + 0.5,
                "y0": row - 0.5,
                "y1": row + 0.5,
                "line": {"color": INK, "width": 3},
            }
        )
    figure.update_layout(shapes=shapes)
    _letters(figure, grid)
    figure.update_xaxes(visible=False, range=[-0.55, grid.columns - 0.45], constrain="domain")
    figure.update_yaxes(
        visible=False, range=[grid.rows - 0.45, -0.55], scaleanchor="x", constrain="domain", constraintoward="top"
    )
    return figure.update_layout(height=360 if is_wide(grid) else 440)


def _box(row: int, column: int) -> dict[str, float]:
    return {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}


def _letters(figure: "go.Figure", grid: Grid) -> None:
    """Writes the letters: in the middle of cells where episodes end, else in a corner."""
    for ends, shift, size in ((True, 0.0, 15), (False, -0.46, 12)):
        cells = [cell for cell in grid.letters if (cell in grid.ends) == ends]
        figure.add_scatter(
            x=[column + shift for _, column in cells],
            y=[row + shift for row, _ in cells],
            text=[f"<b>{grid.letters[cell]}</b>" for cell in cells],
            mode="text",
            textfont={"size": size, "color": INK},
            showlegend=False,
            textposition="middle center" if ends else "bottom right",
            cliponaxis=False,
            hovertext=[MEANINGS.get(grid.letters[cell], grid.letters[cell]) for cell in cells],
            hovertemplate="%{hovertext}<extra></extra>" if ends else None,
            hoverinfo=None if ends else "skip",
        )


def numbers(figure: "go.Figure", values: Numbers, grid: Grid, *, short: bool = False) -> None:
    """Writes the numbers into the cells: in the middle, or at the bottom where arrows are."""
    if not is_wordy(grid):
        return
    rows, columns = np.nonzero(np.isfinite(values))
    texts = [in_short(value) if short else written(value) for value in values[rows, columns]]
    figure.add_scatter(
        x=columns,
        y=rows + (0.0 if short else 0.33),
        text=texts,
        mode="text",
        hoverinfo="skip",
        showlegend=False,
        textfont={"size": 10 if grid.columns > 6 else 12, "color": INK},
    )


def arrows(figure: "go.Figure", shown: Map, grid: Grid) -> None:
    places: list[tuple[float, float, int]] = []
    acts: list[tuple[int, int, str]] = []
    for row, column in np.argwhere(shown.best.any(axis=2) & np.isfinite(shown.values)).tolist():
        if (row, column) in grid.ends:
            continue
        best = np.flatnonzero(shown.best[row, column]).tolist()
        apart = APART if len(best) > 1 else 0.0
        for action in best:
            if action in grid.moves:
                down, right = grid.moves[action]
                places.append((column + right * apart, row - LIFT + down * apart, ANGLES[grid.moves[action]]))
        if names := [grid.acts[action] for action in best if action in grid.acts and len(best) < shown.q.shape[2]]:
            acts.append((column, row, "<br>".join(names)))
    figure.add_scatter(
        x=[place[0] for place in places],
        y=[place[1] for place in places],
        mode="markers",
        hoverinfo="skip",
        showlegend=False,
        marker={
            "symbol": "triangle-up",
            "angle": [place[2] for place in places],
            "size": 12 if grid.columns < 8 else 9,
            "color": INK,
        },
        name="policy",
    )
    figure.add_scatter(
        x=[place[0] for place in acts],
        y=[place[1] - LIFT for place in acts],
        text=[place[2] for place in acts],
        mode="text",
        textfont={"size": 12, "color": INK},
        hoverinfo="skip",
        showlegend=False,
    )


def told(shown: Map, grid: Grid) -> list[list[str]]:
    """Returns what is said of each cell under the pointer: the value of each action, and how
    often the agent acted there."""
    names = _action_names(grid)
    return [
        [
            f"row {row + 1}, column {column + 1}<br>"
            + "<br>".join(
                f"{'<b>' if shown.best[row, column, action] else ''}{name}: {shown.q[row, column, action]:.4g}"
                f"{'</b>' if shown.best[row, column, action] else ''}"
                for action, name in names.items()
                if action < shown.q.shape[2]
            )
            + f"<br>{int(shown.visits[row, column]):,} visits"
            for column in range(grid.columns)
        ]
        for row in range(grid.rows)
    ]


def _action_names(grid: Grid) -> Mapping[int, str]:
    return {action: NAMES[move] for action, move in grid.moves.items()} | dict(grid.acts)
