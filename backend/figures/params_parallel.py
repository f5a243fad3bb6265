"""Parallel coordinates: an axis for each param, a line for each setting."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from backend import words
from backend.analysis import params as analysis
from backend.analysis.params import Column
from backend.figures import palette
from backend.figures.params_dress import (
    EDGE,
    GREY,
    dressed,
)
from backend.figures.texts import short
from backend.model import Floats

if TYPE_CHECKING:
    import plotly.graph_objects as go


LEVELS = 16  # of colour in the parallel coordinates: a trace each, not one for each point
MOST_TICKS = 6
NARROW = 14  # letters of a value beside an axis


def parallel(columns: Sequence[Column], score: Column, mode: str) -> "go.Figure":
    """Draws a line for each point through its params and its score; the better the score, the stronger the colour.

    Points without a finite score, or without one of the numbers, are left out.
    """
    import plotly.graph_objects as go

    axes = [*columns, score]
    places = [_places(column) for column in axes]
    is_complete = np.isfinite(np.array([at for at, _ in places])).all(axis=0)
    table = np.array([at[is_complete] for at, _ in places])
    good = table[-1] if mode == "max" else 1 - table[-1]
    figure = go.Figure()
    levels = np.round(good * (LEVELS - 1)).astype(int)
    for level in sorted(set(levels.tolist())):
        rows = table[:, levels == level]
        y = np.vstack([rows, np.full(rows.shape[1], np.nan)]).T.ravel()
        share = level / (LEVELS - 1)
        figure.add_scatter(
            x=np.tile(np.append(np.arange(len(axes)), np.nan), rows.shape[1]),
            y=y,
            mode="lines",
            hoverinfo="skip",
            showlegend=False,
            opacity=0.4 + 0.55 * share,
            line={"color": palette.LIGHT[0] if share > 0.5 else GREY, "width": 1 + 1.5 * share},
        )
    for at, (column, (_, ticks)) in enumerate(zip(axes, places, strict=True)):
        _axis(figure, at, column, ticks)
    figure.update_xaxes(range=[-0.3, len(axes) - 0.4], visible=False, fixedrange=True)
    figure.update_yaxes(range=[-0.08, 1.12], visible=False, fixedrange=True)
    return dressed(figure, " ".join(column.name for column in axes))


def _axis(figure: "go.Figure", at: int, column: Column, ticks: Sequence[tuple[float, str]]) -> None:
    figure.add_shape(type="line", x0=at, x1=at, y0=0, y1=1, line={"color": EDGE, "width": 1.5})
    figure.add_annotation(
        x=at, y=1.05, text=short(column.title, 18), showarrow=False, yanchor="bottom", font={"size": 13}
    )
    for place, said in ticks:  # on a ground of their own: lines run beneath
        figure.add_annotation(
            x=at,
            y=place,
            text=short(said, NARROW),
            showarrow=False,
            xanchor="left",
            xshift=4,
            font={"size": 11, "color": "#ffffff"},
            bgcolor="rgba(51,65,85,0.85)",
            borderpad=1,
        )


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
