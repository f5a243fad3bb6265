"""Pictures of a tabular agent's table: plotly figures whose cells are bars, since the small plotly.js knows no heat maps.

Colours are translucent, so that they are right on a light and on a dark page; INK and EDGE stand for the page's own text and
border, which whoever shows a figure puts in.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backend.analysis.q_tables import Map, Slice
from backend.catalog.grids import MEANINGS, Grid
from backend.figures import palette

if TYPE_CHECKING:
    import plotly.graph_objects as go

INK, EDGE = "#0a0b0c", "#0c0b0a"
VISITS = "#0f9d76"
NOTHING = "rgba(128,128,128,0.10)"
NAMES = {(-1, 0): "up", (1, 0): "down", (0, -1): "left", (0, 1): "right"}
ANGLES = {(-1, 0): 0, (0, 1): 90, (1, 0): 180, (0, -1): 270}
APART = 0.2  # of a cell between its middle and an arrow, where several are as good
LIFT = 0.12  # of a cell by which arrows stand above its middle, to leave room for the number
WORDY = 64  # cells at most in which numbers are written

Numbers = npt.NDArray[np.floating[Any]]


def value_map(shown: Map, grid: Grid, ordinal: int) -> "go.Figure":
    """Draws the value of each cell, with an arrow for each action that is as good as any, and the map's letters."""
    figure = _cells(*_edges(grid), shown.values, palette.of_run(ordinal), _told(shown, grid), bar=not _is_wordy(grid))
    _numbers(figure, shown.values, grid)
    _arrows(figure, shown, grid)
    return _on_grid(figure, grid)


def visit_map(shown: Map, grid: Grid) -> "go.Figure":
    """Draws how often the agent acted in each cell, on a logarithmic scale of colour."""
    counts = np.where(shown.visits > 0, shown.visits, np.nan).astype(np.float64)
    figure = _cells(*_edges(grid), counts, VISITS, _told(shown, grid), bar=not _is_wordy(grid), is_log=True)
    _numbers(figure, counts, grid, short=True)
    return _on_grid(figure, grid)


def value_slice(shown: Slice, names: Sequence[str], actions: Sequence[str], ordinal: int) -> "go.Figure":
    """Draws the values over two dimensions of the observation."""
    return _named(
        _cells(shown.x, shown.y, shown.values, palette.of_run(ordinal), _told_slice(shown, names, actions), bar=True), names, shown
    )


def visit_slice(shown: Slice, names: Sequence[str], actions: Sequence[str]) -> "go.Figure":
    """Draws how often the agent was where, on a logarithmic scale of colour."""
    counts = np.where(shown.visits > 0, shown.visits, np.nan)
    return _named(_cells(shown.x, shown.y, counts, VISITS, _told_slice(shown, names, actions), bar=True, is_log=True), names, shown)


def policy_slice(shown: Slice, names: Sequence[str], actions: Sequence[str]) -> "go.Figure":
    """Draws the greedy action over two dimensions of the observation, a colour for each."""
    import plotly.graph_objects as go

    figure = go.Figure()
    told = _told_slice(shown, names, actions)
    for action, name in enumerate(actions):
        colour = palette.LIGHT[action % len(palette.LIGHT)]
        there = shown.best == action
        figure.add_bar(**_bars(shown.x, shown.y, there, told), marker={"color": _faded(colour, 0.6), "line": {"width": 0}}, name=name)
    figure.update_traces(showlegend=True)
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
    return _named(_dressed(figure), names, shown).update_layout(showlegend=True, legend=legend, margin={"b": 64})


def plain_table(shown: Map, actions: Sequence[str], first: int, ordinal: int) -> "go.Figure":
    """Draws a table as it is: a row a state, a column an action."""
    rows, columns = shown.values.shape
    edges = np.arange(columns + 1) - 0.5, first + np.arange(rows + 1) - 0.5
    told = [[f"state {first + row}, {actions[column]}: {_number(shown.values[row, column])}<br>{shown.visits[row, column]:,} visits"
             for column in range(columns)] for row in range(rows)]  # fmt: skip
    figure = _cells(*edges, shown.values, palette.of_run(ordinal), told, bar=True)
    figure.update_xaxes(tickvals=list(range(columns)), ticktext=list(actions), side="top")
    return figure.update_yaxes(title_text="state", autorange="reversed").update_layout(height=120 + 16 * rows)


# ---- cells


def is_wide(grid: Grid) -> bool:
    """Whether a map is better shown at the whole width of a page."""
    return grid.columns >= 2 * grid.rows


def _is_wordy(grid: Grid) -> bool:
    """Whether there is room for numbers in the cells; they stand for the bar of colour."""
    return grid.rows * grid.columns <= WORDY


def _edges(grid: Grid) -> tuple[Numbers, Numbers]:
    return np.arange(grid.columns + 1) - 0.5, np.arange(grid.rows + 1) - 0.5


def _bars(x: Numbers, y: Numbers, there: npt.NDArray[np.bool_], told: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Returns a bar for each cell of a grid that is there; x and y are edges."""
    rows, columns = np.nonzero(there)
    return {
        "x": ((x[:-1] + x[1:]) / 2)[columns],
        "width": np.diff(x)[columns],
        "base": y[:-1][rows],
        "y": np.diff(y)[rows],
        "hovertext": [told[row][column] for row, column in np.argwhere(there).tolist()],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "textposition": "none",
        "showlegend": False,
    }


def _cells(
    x: Numbers, y: Numbers, values: Numbers, colour: str, told: Sequence[Sequence[str]], *, bar: bool, is_log: bool = False
) -> "go.Figure":
    """Returns a heat map, with a bar of its colours at its right if asked for."""
    import plotly.graph_objects as go

    there = np.isfinite(values)
    shown = values[there]
    levels = np.log10(shown) if is_log else shown
    low, high = (float(levels.min()), float(levels.max())) if len(levels) else (0.0, 1.0)
    high = high if high > low else low + 1e-9 + abs(low) * 1e-6
    legend: dict[str, Any] = {"thickness": 10, "len": 1, "outlinewidth": 0, "nticks": 6}
    if is_log:
        powers = np.arange(np.ceil(low), np.floor(high) + 1)
        legend |= {"tickvals": powers, "ticktext": [_short(10**power) for power in powers]}
    marker = {
        "color": levels, "cmin": low, "cmax": high, "colorscale": [[0, _faded(colour, 0.06)], [1, _faded(colour, 0.72)]],
        "line": {"width": 0}, "showscale": bar and len(np.unique(levels)) > 1, "colorbar": legend,
    }  # fmt: skip
    return _dressed(go.Figure(go.Bar(**_bars(x, y, there, told), marker=marker)))


def _dressed(figure: "go.Figure") -> "go.Figure":
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 8, "b": 4}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)", bargap=0, barmode="overlay",
        showlegend=False, hovermode="closest", height=440, dragmode=False,
    )  # fmt: skip
    figure.update_xaxes(showgrid=False, zeroline=False, automargin=True, fixedrange=True)
    return figure.update_yaxes(showgrid=False, zeroline=False, automargin=True, fixedrange=True)


def _named(figure: "go.Figure", names: Sequence[str], shown: Slice) -> "go.Figure":
    for update, name, edges in ((figure.update_xaxes, names[0], shown.x), (figure.update_yaxes, names[1], shown.y)):
        update(title_text=name, range=[edges[0], edges[-1]], showline=True, mirror=True, linecolor=EDGE)
    return figure


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.0f}"


def _short(count: float) -> str:
    for limit, letter in ((1e6, "M"), (1e3, "k")):
        if count >= limit:
            return f"{count / limit:.3g}{letter}"
    return f"{count:.3g}"


# ---- on a map


def _on_grid(figure: "go.Figure", grid: Grid) -> "go.Figure":
    """Adds what the map is: a frame around each cell, walls, letters, and where episodes end."""
    shapes: list[dict[str, Any]] = []
    for row in range(grid.rows):
        for column in range(grid.columns):
            fill = NOTHING if (row, column) in grid.ends else "rgba(0,0,0,0)"
            shapes.append(_box(row, column) | {"type": "rect", "line": {"color": EDGE, "width": 1}, "fillcolor": fill, "layer": "below"})
    for row, column in grid.walls:
        shapes.append({"type": "line", "x0": column + 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5,
                       "line": {"color": INK, "width": 3}})  # fmt: skip
    figure.update_layout(shapes=shapes)
    _letters(figure, grid)
    figure.update_xaxes(visible=False, range=[-0.55, grid.columns - 0.45], constrain="domain")
    figure.update_yaxes(visible=False, range=[grid.rows - 0.45, -0.55], scaleanchor="x", constrain="domain", constraintoward="top")
    return figure.update_layout(height=360 if is_wide(grid) else 440)


def _box(row: int, column: int) -> dict[str, float]:
    return {"x0": column - 0.5, "x1": column + 0.5, "y0": row - 0.5, "y1": row + 0.5}


def _letters(figure: "go.Figure", grid: Grid) -> None:
    """Writes the letters: in the middle of cells where episodes end, else in a corner."""
    for ends, shift, size in ((True, 0.0, 15), (False, -0.46, 12)):
        cells = [cell for cell in grid.letters if (cell in grid.ends) == ends]
        figure.add_scatter(
            x=[column + shift for _, column in cells], y=[row + shift for row, _ in cells],
            text=[f"<b>{grid.letters[cell]}</b>" for cell in cells], mode="text", textfont={"size": size, "color": INK}, showlegend=False,
            textposition="middle center" if ends else "bottom right", cliponaxis=False,
            hovertext=[MEANINGS.get(grid.letters[cell], grid.letters[cell]) for cell in cells],
            hovertemplate="%{hovertext}<extra></extra>" if ends else None, hoverinfo=None if ends else "skip",
        )  # fmt: skip


def _numbers(figure: "go.Figure", values: Numbers, grid: Grid, *, short: bool = False) -> None:
    """Writes the numbers into the cells: in the middle, or at the bottom where arrows are."""
    if not _is_wordy(grid):
        return
    rows, columns = np.nonzero(np.isfinite(values))
    told = [_short(value) if short else _number(value) for value in values[rows, columns]]
    figure.add_scatter(
        x=columns, y=rows + (0.0 if short else 0.33), text=told, mode="text", hoverinfo="skip", showlegend=False,
        textfont={"size": 10 if grid.columns > 6 else 12, "color": INK},
    )  # fmt: skip


def _arrows(figure: "go.Figure", shown: Map, grid: Grid) -> None:
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
        x=[place[0] for place in places], y=[place[1] for place in places], mode="markers", hoverinfo="skip", showlegend=False,
        marker={"symbol": "triangle-up", "angle": [place[2] for place in places], "size": 12 if grid.columns < 8 else 9, "color": INK},
        name="policy",
    )  # fmt: skip
    figure.add_scatter(
        x=[place[0] for place in acts], y=[place[1] - LIFT for place in acts], text=[place[2] for place in acts], mode="text",
        textfont={"size": 12, "color": INK}, hoverinfo="skip", showlegend=False,
    )  # fmt: skip


def _told(shown: Map, grid: Grid) -> list[list[str]]:
    """Returns what is said of each cell under the pointer: the value of each action, and how often the agent acted there."""
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


def _told_slice(shown: Slice, names: Sequence[str], actions: Sequence[str]) -> list[list[str]]:
    x, y = (shown.x[:-1] + shown.x[1:]) / 2, (shown.y[:-1] + shown.y[1:]) / 2
    return [
        [
            f"{names[0]} {x[column]:.3g}, {names[1]} {y[row]:.3g}<br>"
            + "<br>".join(f"{name}: {value:.4g}" for name, value in zip(actions, shown.q[row, column], strict=False))
            + f"<br>{shown.visits[row, column]:,.0f} visits"
            for column in range(len(x))
        ]
        for row in range(len(y))
    ]
