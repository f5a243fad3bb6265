"""Pictures of params against scores, across runs: plotly figures in the runs' colours. Plotly is imported where it is used."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from backend import words
from backend.analysis import params as analysis
from backend.analysis.params import Column, Correlation
from backend.figures import palette
from backend.figures.texts import plain, short
from backend.model import Floats

if TYPE_CHECKING:
    import plotly.graph_objects as go

GREY, EDGE, GRID = "#b9c0ca", "#8b95a5", "rgba(139,149,165,0.25)"
SCALE = [[0.0, GREY], [1.0, palette.LIGHT[0]]]  # seen on white and on black
HEIGHT = 460
MOST_NAMED = 12  # in a legend
LEVELS = 16  # of colour in the parallel coordinates: a trace each, not one for each point
MOST_TICKS = 6
SYMBOLS = ("circle", "diamond", "square", "x")  # so that groups that share a colour still differ, as dashes do
HALF = 0.28  # of a box's width
NARROW = 14  # letters of a value beside an axis


@dataclass(frozen=True)
class Owner:
    """A group: what it is called, and its colour's place."""

    label: str
    ordinal: int


def scatter(
    x: Column, y: Column, colour: Column | None, labels: Sequence[str], owners: Sequence[int], groups: Sequence[Owner],
    *, log_x: bool = False, log_y: bool = False,
) -> "go.Figure":  # fmt: skip
    """Draws a point for each member; coloured by its group, or by a third column."""
    import plotly.graph_objects as go

    figure = go.Figure()
    told = [plain(label) for label in labels]
    if colour is not None and colour.numbers is not None:
        bar = {"title": {"text": short(colour.title, 18), "font": {"size": 12}}, "thickness": 12, "outlinewidth": 0}
        marker = {"color": colour.numbers, "colorscale": SCALE, "colorbar": bar, "showscale": True}
        _dots(figure, x, y, np.arange(len(told)), told, "", marker, colour)
    else:
        for name, ordinal, places in _classes(colour, owners, groups):
            marker = {"color": palette.of_run(ordinal), "symbol": SYMBOLS[palette.DASHES.index(palette.dash_of(ordinal))]}
            _dots(figure, x, y, places, told, name, marker, colour)
    figure.update_xaxes(title=_title(x.title), type=_type(x, log_x))
    figure.update_yaxes(title=_title(y.title), type=_type(y, log_y))
    figure.update_layout(showlegend=1 < len(figure.data) <= MOST_NAMED)
    return _dressed(figure, f"{x.name} {y.name} {log_x} {log_y}")


def _classes(colour: Column | None, owners: Sequence[int], groups: Sequence[Owner]) -> list[tuple[str, int, Any]]:
    """Returns name, place in the palette and points of each group, or of each value of a column of texts."""
    if colour is None:
        places = np.array(owners)
        return [(plain(group.label), group.ordinal, np.flatnonzero(places == at)) for at, group in enumerate(groups)]
    texts = np.array(colour.texts, dtype=object)
    values = list(dict.fromkeys(colour.texts))
    return [(plain(value), at + 1, np.flatnonzero(texts == value)) for at, value in enumerate(values)]


def _dots(
    figure: "go.Figure", x: Column, y: Column, places: Any, told: Sequence[str], name: str, marker: dict[str, Any], colour: Column | None
) -> None:
    third = [f"<br>{plain(colour.title)}: {plain(value)}" for value in colour.told] if colour is not None else [""] * len(told)
    figure.add_scatter(
        x=_values(x, places), y=_values(y, places), mode="markers", name=name,
        marker={"size": 9, "opacity": 0.85, "line": {"width": 0.5, "color": EDGE}, **marker, "color": _own(marker["color"], places)},
        text=[f"{told[at]}<br>{plain(x.title)}: {plain(x.told[at])}<br>{plain(y.title)}: {plain(y.told[at])}{third[at]}" for at in places],
        hovertemplate="%{text}<extra></extra>",
    )  # fmt: skip


def _own(colour: Any, places: Any) -> Any:
    return colour if isinstance(colour, str) else colour[places]


def _values(column: Column, places: Any) -> Any:
    return column.numbers[places] if column.numbers is not None else [short(column.texts[at]) for at in places]


def _type(column: Column, log: bool) -> str:
    return "category" if column.numbers is None else "log" if log else "linear"


def parallel(columns: Sequence[Column], score: Column, mode: str) -> "go.Figure":
    """Draws a line for each point through its params and its score; the better the score, the stronger the colour.

    Points without a finite score, or without one of the numbers, are left out.
    """
    import plotly.graph_objects as go

    axes = [*columns, score]
    places = [_places(column) for column in axes]
    known = np.isfinite(np.array([at for at, _ in places])).all(axis=0)
    table = np.array([at[known] for at, _ in places])
    good = table[-1] if mode == "max" else 1 - table[-1]
    figure = go.Figure()
    levels = np.round(good * (LEVELS - 1)).astype(int)
    for level in sorted(set(levels.tolist())):
        rows = table[:, levels == level]
        y = np.vstack([rows, np.full(rows.shape[1], np.nan)]).T.ravel()
        share = level / (LEVELS - 1)
        figure.add_scatter(
            x=np.tile(np.append(np.arange(len(axes)), np.nan), rows.shape[1]), y=y, mode="lines", hoverinfo="skip", showlegend=False,
            opacity=0.4 + 0.55 * share, line={"color": palette.LIGHT[0] if share > 0.5 else GREY, "width": 1 + 1.5 * share},
        )  # fmt: skip
    for at, (column, (_, ticks)) in enumerate(zip(axes, places, strict=True)):
        _axis(figure, at, column, ticks)
    figure.update_xaxes(range=[-0.3, len(axes) - 0.4], visible=False, fixedrange=True)
    figure.update_yaxes(range=[-0.08, 1.12], visible=False, fixedrange=True)
    return _dressed(figure, " ".join(column.name for column in axes))


def _axis(figure: "go.Figure", at: int, column: Column, ticks: Sequence[tuple[float, str]]) -> None:
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, line={"color": EDGE, "width": 1.5})
    figure.add_annotation(x=at, y=1.05, text=short(column.title, 18), showarrow=False, yanchor="bottom", font={"size": 13})
    for place, said in ticks:  # on a ground of their own: lines run beneath
        figure.add_annotation(
            x=at, y=place, text=short(said, NARROW), showarrow=False, xanchor="left", xshift=4, font={"size": 11, "color": "#ffffff"},
            bgcolor="rgba(51,65,85,0.85)", borderpad=1,
        )  # fmt: skip


def _places(column: Column) -> tuple[Floats, list[tuple[float, str]]]:
    """Returns where each point crosses an axis, from 0 to 1 (NaN if nowhere), and the ticks beside it."""
    if column.numbers is None:
        values = sorted(set(column.texts))
        at = {value: place / max(1, len(values) - 1) if len(values) > 1 else 0.5 for place, value in enumerate(values)}
        shown = values if len(values) <= 2 * MOST_TICKS else [values[0], values[-1]]
        return np.array([at[text] for text in column.texts]), [(at[value], value) for value in shown]
    wide = analysis.is_wide(column.numbers)
    finite = np.where(np.isfinite(column.numbers), column.numbers, np.nan)
    on = np.log10(finite) if wide else finite
    if not np.isfinite(on).any():
        return on, []
    low, high = float(np.nanmin(on)), float(np.nanmax(on))
    if low == high:
        return np.where(np.isfinite(on), 0.5, np.nan), [(0.5, words.number(float(np.nanmin(finite))))]
    ends = np.linspace(low, high, MOST_TICKS)
    ticks = [((end - low) / (high - low), words.number(float(10**end if wide else end))) for end in ends]
    return (on - low) / (high - low), ticks


def correlation(found: Sequence[Correlation], target: str) -> "go.Figure":
    """Draws the rank correlation of each param with its interval."""
    import plotly.graph_objects as go

    names = [f"{short(each.name)}  (n = {each.n})" for each in found]
    rho = np.array([each.rho for each in found])
    bars = {
        "type": "data", "symmetric": False, "color": EDGE, "thickness": 1.5, "width": 4,
        "array": np.array([each.high - each.rho for each in found]), "arrayminus": np.array([each.rho - each.low for each in found]),
    }  # fmt: skip
    figure = go.Figure(go.Bar(x=rho, y=list(range(len(found))), orientation="h", marker_color=palette.LIGHT[0], opacity=0.85, error_x=bars))
    figure.update_traces(hovertemplate="%{x:.2f}<extra></extra>", width=0.55)
    figure.update_xaxes(range=[-1.05, 1.05], title=_title(f"Spearman's ρ with {target}"))
    figure.add_vline(x=0, line={"width": 1, "color": EDGE})
    return _rows(figure, names)


def importance(found: dict[str, float], target: str) -> "go.Figure":
    """Draws the share of importance of each param."""
    import plotly.graph_objects as go

    shares = list(found.values())
    figure = go.Figure(go.Bar(x=shares, y=list(range(len(found))), orientation="h", marker_color=palette.LIGHT[0], opacity=0.85))
    figure.update_traces(text=[f"{share:.0%}" for share in shares], textposition="outside", cliponaxis=False, width=0.55)
    figure.update_traces(hovertemplate="%{x:.1%}<extra></extra>")
    figure.update_xaxes(range=[0, max(shares) * 1.15], tickformat=".0%", title=_title(f"importance for {target}, all together 100 %"))
    return _rows(figure, [short(name) for name in found])


def _rows(figure: "go.Figure", names: Sequence[str]) -> "go.Figure":
    _dressed(figure, " ".join(names))
    figure.update_yaxes(tickvals=list(range(len(names))), ticktext=list(names), range=[len(names) - 0.5, -0.5], showgrid=False)
    return figure.update_layout(height=90 + 34 * len(names), showlegend=False)


def boxes(column: Column, values: Sequence[str], score: Column, labels: Sequence[str], *, log_y: bool = False) -> "go.Figure":
    """Draws a box for each value of a param, over the scores of the points that have it, which are drawn upon it.

    As Tukey 1977: the box from quartile to quartile with the median, whiskers to the last point within 1.5 times its height.
    """
    import plotly.graph_objects as go

    figure = go.Figure()
    numbers = score.numbers if score.numbers is not None else np.full(len(values), math.nan)
    known = [at for at, value in enumerate(values) if value and np.isfinite(numbers[at]) and (numbers[at] > 0 or not log_y)]
    order = sorted({values[at] for at in known}, key=lambda value: min(_rank(column, at) for at in known if values[at] == value))
    by_value = {value: [at for at in known if values[at] == value] for value in order}
    look: dict[str, Any] = {"mode": "lines", "hoverinfo": "skip", "showlegend": False, "line": {"width": 1.5, "color": palette.LIGHT[0]}}
    for place, own in enumerate(by_value.values()):
        x, y = _box(place, numbers[own])
        figure.add_scatter(x=x, y=y, fill="toself", fillcolor=GRID, **look)
    for place, own in enumerate(by_value.values()):
        figure.add_scatter(
            x=place + _beside(len(own)), y=numbers[own], mode="markers", showlegend=False, text=[plain(labels[at]) for at in own],
            marker={"color": palette.LIGHT[0], "size": 7, "opacity": 0.8}, hovertemplate="%{text}<br>%{y:.5g}<extra></extra>",
        )  # fmt: skip
    ticks = [f"{short(value, 20)}<br>n = {len(own)}" for value, own in by_value.items()]
    figure.update_xaxes(
        title=_title(column.title), tickvals=list(range(len(order))), ticktext=ticks, showgrid=False, range=[-0.6, len(order) - 0.4]
    )
    figure.update_yaxes(title=_title(score.title), type="log" if log_y else "linear")
    return _dressed(figure, f"{column.name} {score.name} {log_y}")


def _box(place: float, values: Floats) -> tuple[list[Any], list[Any]]:
    """Returns the outline of a box with its median and whiskers as one line with gaps; of fewer than three values just the median."""
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


def _rank(column: Column, at: int) -> Any:
    return float(column.numbers[at]) if column.numbers is not None else column.texts[at]


def _title(text: str) -> dict[str, Any]:
    return {"text": short(text, 60), "font": {"size": 12}}


def _dressed(figure: "go.Figure", revision: str) -> "go.Figure":
    """Takes off the ground; fonts are the page's. Zoom stays while the same is drawn (`revision`)."""
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "exponentformat": "power"}
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    return figure.update_layout(
        height=HEIGHT, margin={"l": 10, "r": 14, "t": 30, "b": 10}, paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}, uirevision=revision, hovermode="closest",
    )  # fmt: skip
