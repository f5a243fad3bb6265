"""Pictures of a tabular agent's table: plotly figures whose cells are bars, since the small plotly.js knows no heat
maps.

Colours are translucent, so that they are right on a light and on a dark page; INK and EDGE stand for the page's own
text and border, which whoever shows a figure puts in.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from backend.analysis.q_tables import Map, Slice
from backend.catalog.grids import Grid
from backend.figures import palette
from backend.figures.q_grids import EDGE, Numbers, arrows, borders, in_short, is_wordy, numbers, on_grid, told, written

if TYPE_CHECKING:
    import plotly.graph_objects as go

VISITS = "#0f9d76"


def value_map(shown: Map, grid: Grid, ordinal: int) -> "go.Figure":
    """Draws the value of each cell, with an arrow for each action that is as good as any, and the map's letters."""
    figure = _cells(*borders(grid), shown.values, palette.of_run(ordinal), told(shown, grid), bar=not is_wordy(grid))
    numbers(figure, shown.values, grid)
    arrows(figure, shown, grid)
    return on_grid(figure, grid)


def visit_map(shown: Map, grid: Grid) -> "go.Figure":
    """Draws how often the agent acted in each cell, on a logarithmic scale of colour."""
    counts = np.where(shown.visits > 0, shown.visits, np.nan).astype(np.float64)
    figure = _cells(*borders(grid), counts, VISITS, told(shown, grid), bar=not is_wordy(grid), is_log=True)
    numbers(figure, counts, grid, short=True)
    return on_grid(figure, grid)


def value_slice(shown: Slice, names: Sequence[str], actions: Sequence[str], ordinal: int) -> "go.Figure":
    """Draws the values over two dimensions of the observation."""
    return _named(
        _cells(shown.x, shown.y, shown.values, palette.of_run(ordinal), _told_slice(shown, names, actions), bar=True),
        names,
        shown,
    )


def visit_slice(shown: Slice, names: Sequence[str], actions: Sequence[str]) -> "go.Figure":
    """Draws how often the agent was where, on a logarithmic scale of colour."""
    counts = np.where(shown.visits > 0, shown.visits, np.nan)
    return _named(
        _cells(shown.x, shown.y, counts, VISITS, _told_slice(shown, names, actions), bar=True, is_log=True),
        names,
        shown,
    )


def policy_slice(shown: Slice, names: Sequence[str], actions: Sequence[str]) -> "go.Figure":
    """Draws the greedy action over two dimensions of the observation, a colour for each."""
    import plotly.graph_objects as go

    figure = go.Figure()
    texts = _told_slice(shown, names, actions)
    for action, name in enumerate(actions):
        colour = palette.LIGHT[action % len(palette.LIGHT)]
        there = shown.best == action
        figure.add_bar(
            **_bars(shown.x, shown.y, there, texts),
            marker={"color": _faded(colour, 0.6), "line": {"width": 0}},
            name=name,
        )
    figure.update_traces(showlegend=True)
    legend = {"orientation": "h", "yref": "container", "y": 0, "yanchor": "bottom", "x": 0}
    return _named(_dressed(figure), names, shown).update_layout(showlegend=True, legend=legend, margin={"b": 64})


def plain_table(shown: Map, actions: Sequence[str], first: int, ordinal: int) -> "go.Figure":
    """Draws a table as it is: a row a state, a column an action."""
    rows, columns = shown.values.shape
    edges = np.arange(columns + 1) - 0.5, first + np.arange(rows + 1) - 0.5
    texts = [
        [
            f"state {first + row}, {actions[column]}:"
            f" {written(shown.values[row, column])}<br>{shown.visits[row, column]:,} visits"
            for column in range(columns)
        ]
        for row in range(rows)
    ]
    figure = _cells(*edges, shown.values, palette.of_run(ordinal), texts, bar=True)
    figure.update_xaxes(tickvals=list(range(columns)), ticktext=list(actions), side="top")
    return figure.update_yaxes(title_text="state", autorange="reversed").update_layout(height=120 + 16 * rows)


# ---- cells


def _bars(x: Numbers, y: Numbers, there: npt.NDArray[np.bool_], texts: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Returns a bar for each cell of a grid that is there; x and y are edges."""
    rows, columns = np.nonzero(there)
    return {
        "x": ((x[:-1] + x[1:]) / 2)[columns],
        "width": np.diff(x)[columns],
        "base": y[:-1][rows],
        "y": np.diff(y)[rows],
        "hovertext": [texts[row][column] for row, column in np.argwhere(there).tolist()],
        "hovertemplate": "%{hovertext}<extra></extra>",
        "textposition": "none",
        "showlegend": False,
    }


def _cells(
    x: Numbers,
    y: Numbers,
    values: Numbers,
    colour: str,
    texts: Sequence[Sequence[str]],
    *,
    bar: bool,
    is_log: bool = False,
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
        legend |= {"tickvals": powers, "ticktext": [in_short(10**power) for power in powers]}
    marker = {
        "color": levels,
        "cmin": low,
        "cmax": high,
        "colorscale": [[0, _faded(colour, 0.06)], [1, _faded(colour, 0.72)]],
        "line": {"width": 0},
        "showscale": bar and len(np.unique(levels)) > 1,
        "colorbar": legend,
    }
    return _dressed(go.Figure(go.Bar(**_bars(x, y, there, texts), marker=marker)))


def _dressed(figure: "go.Figure") -> "go.Figure":
    figure.update_layout(
        margin={"l": 4, "r": 4, "t": 8, "b": 4},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        bargap=0,
        barmode="overlay",
        showlegend=False,
        hovermode="closest",
        height=440,
        dragmode=False,
    )
    figure.update_xaxes(showgrid=False, zeroline=False, automargin=True, fixedrange=True)
    return figure.update_yaxes(showgrid=False, zeroline=False, automargin=True, fixedrange=True)


def _named(figure: "go.Figure", names: Sequence[str], shown: Slice) -> "go.Figure":
    for update, name, edges in ((figure.update_xaxes, names[0], shown.x), (figure.update_yaxes, names[1], shown.y)):
        update(title_text=name, range=[edges[0], edges[-1]], showline=True, mirror=True, linecolor=EDGE)
    return figure


def _faded(colour: str, opacity: float) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


# ---- on a map


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
