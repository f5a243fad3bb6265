"""Pictures of params against scores, across runs: plotly figures in the runs' colours.

Plotly is imported where it is used.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.analysis.params import Column, Correlation
from backend.figures import palette
from backend.figures.params_dress import (
    EDGE,
    GRID,
    SCALE,
    axis_title,
    axis_type,
    colour_of,
    dressed,
    rank_of,
    values_of,
)
from backend.figures.texts import plain, short
from backend.model import Floats

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_NAMED = 12  # in a legend
SYMBOLS = ("circle", "diamond", "square", "x")  # so that groups that share a colour still differ, as dashes do
HALF = 0.28  # of a box's width


@dataclass(frozen=True)
class Owner:
    """A group: what it is called, and its colour's place."""

    label: str
    ordinal: int


def scatter(
    x: Column,
    y: Column,
    colour: Column | None,
    labels: Sequence[str],
    owners: Sequence[int],
    groups: Sequence[Owner],
    *,
    log_x: bool = False,
    log_y: bool = False,
) -> "go.Figure":
    """Draws a point for each member; coloured by its group, or by a third column."""
    import plotly.graph_objects as go

    figure = go.Figure()
    texts = [plain(label) for label in labels]
    if colour is not None and colour.numbers is not None:
        bar = {"title": {"text": short(colour.title, 18), "font": {"size": 12}}, "thickness": 12, "outlinewidth": 0}
        marker = {"color": colour.numbers, "colorscale": SCALE, "colorbar": bar, "showscale": True}
        _dots(figure, x, y, np.arange(len(texts)), texts, "", marker, colour)
    else:
        for name, ordinal, places in _classes(colour, owners, groups):
            marker = {
                "color": palette.of_run(ordinal),
                "symbol": SYMBOLS[palette.DASHES.index(palette.dash_of(ordinal))],
            }
            _dots(figure, x, y, places, texts, name, marker, colour)
    figure.update_xaxes(title=axis_title(x.title), type=axis_type(x, log_x))
    figure.update_yaxes(title=axis_title(y.title), type=axis_type(y, log_y))
    figure.update_layout(showlegend=1 < len(figure.data) <= MOST_NAMED)
    return dressed(figure, f"{x.name} {y.name} {log_x} {log_y}")


def _classes(colour: Column | None, owners: Sequence[int], groups: Sequence[Owner]) -> list[tuple[str, int, Any]]:
    """Returns name, place in the palette and points of each group, or of each value of a column of texts."""
    if colour is None:
        places = np.array(owners)
        return [(plain(group.label), group.ordinal, np.flatnonzero(places == at)) for at, group in enumerate(groups)]
    texts = np.array(colour.texts, dtype=object)
    values = list(dict.fromkeys(colour.texts))
    return [(plain(value), at + 1, np.flatnonzero(texts == value)) for at, value in enumerate(values)]


def _dots(
    figure: "go.Figure",
    x: Column,
    y: Column,
    places: Any,
    texts: Sequence[str],
    name: str,
    marker: dict[str, Any],
    colour: Column | None,
) -> None:
    third = (
        [f"<br>{plain(colour.title)}: {plain(value)}" for value in colour.told]
        if colour is not None
        else [""] * len(texts)
    )
    figure.add_scatter(
        x=values_of(x, places),
        y=values_of(y, places),
        mode="markers",
        name=name,
        marker={
            "size": 9,
            "opacity": 0.85,
            "line": {"width": 0.5, "color": EDGE},
            **marker,
            "color": colour_of(marker["color"], places),
        },
        text=[
            f"{texts[at]}<br>{plain(x.title)}: {plain(x.told[at])}<br>{plain(y.title)}: {plain(y.told[at])}{third[at]}"
            for at in places
        ],
        hovertemplate="%{text}<extra></extra>",
    )


def correlation(correlations: Sequence[Correlation], target: str) -> "go.Figure":
    """Draws the rank correlation of each param with its interval."""
    import plotly.graph_objects as go

    names = [f"{short(each.name)}  (n = {each.n})" for each in correlations]
    rho = np.array([each.rho for each in correlations])
    bars = {
        "type": "data",
        "symmetric": False,
        "color": EDGE,
        "thickness": 1.5,
        "width": 4,
        "array": np.array([each.high - each.rho for each in correlations]),
        "arrayminus": np.array([each.rho - each.low for each in correlations]),
    }
    figure = go.Figure(
        go.Bar(
            x=rho,
            y=list(range(len(correlations))),
            orientation="h",
            marker_color=palette.LIGHT[0],
            opacity=0.85,
            error_x=bars,
        )
    )
    figure.update_traces(hovertemplate="%{x:.2f}<extra></extra>", width=0.55)
    figure.update_xaxes(range=[-1.05, 1.05], title=axis_title(f"Spearman's ρ with {target}"))
    figure.add_vline(x=0, line={"width": 1, "color": EDGE})
    return _rows(figure, names)


def importance(importances: dict[str, float], target: str) -> "go.Figure":
    """Draws the share of importance of each param."""
    import plotly.graph_objects as go

    shares = list(importances.values())
    figure = go.Figure(
        go.Bar(x=shares, y=list(range(len(importances))), orientation="h", marker_color=palette.LIGHT[0], opacity=0.85)
    )
    figure.update_traces(
        text=[f"{share:.0%}" for share in shares], textposition="outside", cliponaxis=False, width=0.55
    )
    figure.update_traces(hovertemplate="%{x:.1%}<extra></extra>")
    figure.update_xaxes(
        range=[0, max(shares) * 1.15],
        tickformat=".0%",
        title=axis_title(f"importance for {target}, all together 100 %"),
    )
    return _rows(figure, [short(name) for name in importances])


def _rows(figure: "go.Figure", names: Sequence[str]) -> "go.Figure":
    dressed(figure, " ".join(names))
    figure.update_yaxes(
        tickvals=list(range(len(names))), ticktext=list(names), range=[len(names) - 0.5, -0.5], showgrid=False
    )
    return figure.update_layout(height=90 + 34 * len(names), showlegend=False)


def boxes(
    column: Column, values: Sequence[str], score: Column, labels: Sequence[str], *, log_y: bool = False
) -> "go.Figure":
    """Draws a box for each value of a param, over the scores of the points that have it, which are drawn upon it.

    As Tukey 1977: the box from quartile to quartile with the median, whiskers to the last point within 1.5 times its
    height.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    numbers = score.numbers if score.numbers is not None else np.full(len(values), math.nan)
    can_show = [bool(np.isfinite(number)) and (number > 0 or not log_y) for number in numbers]
    by_value = _by_value(column, values, [at for at, value in enumerate(values) if value and can_show[at]])
    look: dict[str, Any] = {
        "mode": "lines",
        "hoverinfo": "skip",
        "showlegend": False,
        "line": {"width": 1.5, "color": palette.LIGHT[0]},
    }
    for place, own in enumerate(by_value.values()):
        x, y = _box(place, numbers[own])
        figure.add_scatter(x=x, y=y, fill="toself", fillcolor=GRID, **look)
    for place, own in enumerate(by_value.values()):
        figure.add_scatter(
            x=place + _beside(len(own)),
            y=numbers[own],
            mode="markers",
            showlegend=False,
            text=[plain(labels[at]) for at in own],
            marker={"color": palette.LIGHT[0], "size": 7, "opacity": 0.8},
            hovertemplate="%{text}<br>%{y:.5g}<extra></extra>",
        )
    ticks = [f"{short(value, 20)}<br>n = {len(own)}" for value, own in by_value.items()]
    figure.update_xaxes(
        title=axis_title(column.title),
        tickvals=list(range(len(by_value))),
        ticktext=ticks,
        showgrid=False,
        range=[-0.6, len(by_value) - 0.4],
    )
    figure.update_yaxes(title=axis_title(score.title), type="log" if log_y else "linear")
    return dressed(figure, f"{column.name} {score.name} {log_y}")


def _by_value(column: Column, values: Sequence[str], places: Sequence[int]) -> dict[str, list[int]]:
    """Returns at which of the places each value stands, in the order of the param's own values."""
    order = sorted(
        {values[at] for at in places},
        key=lambda value: min(rank_of(column, at) for at in places if values[at] == value),
    )
    return {value: [at for at in places if values[at] == value] for value in order}


def _box(place: float, values: Floats) -> tuple[list[Any], list[Any]]:
    """Returns the outline of a box with its median and whiskers as one line with gaps; of fewer than
    three values just the median."""
    low, middle, high = (float(at) for at in np.quantile(values, [0.25, 0.5, 0.75]))
    left, right = place - HALF, place + HALF
    if len(values) < 3:
        return [left, right], [middle, middle]
    reach = 1.5 * (high - low)
    bottom, top = float(values[values >= low - reach].min()), float(values[values <= high + reach].max())
    x = [left, right, right, left, left, None, left, right, None, place, place, None, place, place]
    return x, [low, low, high, high, low, None, middle, middle, None, low, bottom, None, high, top]


def _beside(count: int) -> Floats:
    """Returns how far from the middle of its box each point is drawn, so that few lie upon each other."""
    return np.array([((at * 7) % 11 / 10 - 0.5) * HALF for at in range(count)])
