"""How pictures of params look: colours, axes, titles, what a value is called."""

from typing import TYPE_CHECKING, Any

from backend.analysis.params import Column
from backend.figures import palette
from backend.figures.texts import short

if TYPE_CHECKING:
    import plotly.graph_objects as go


GREY, EDGE, GRID = "#b9c0ca", "#8b95a5", "rgba(139,149,165,0.25)"
SCALE = [[0.0, GREY], [1.0, palette.LIGHT[0]]]  # seen on white and on black
HEIGHT = 460


def colour_of(colour: Any, places: Any) -> Any:
    return colour if isinstance(colour, str) else colour[places]


def values_of(column: Column, places: Any) -> Any:
    return column.numbers[places] if column.numbers is not None else [short(column.texts[at]) for at in places]


def axis_type(column: Column, log: bool) -> str:
    return "category" if column.numbers is None else "log" if log else "linear"


def rank_of(column: Column, at: int) -> Any:
    return float(column.numbers[at]) if column.numbers is not None else column.texts[at]


def axis_title(text: str) -> dict[str, Any]:
    return {"text": short(text, 60), "font": {"size": 12}}


def dressed(figure: "go.Figure", revision: str) -> "go.Figure":
    """Takes off the ground; fonts are the page's. Zoom stays while the same is drawn (`revision`)."""
    axis = {"gridcolor": GRID, "zeroline": False, "automargin": True, "exponentformat": "power"}
    figure.update_xaxes(axis)
    figure.update_yaxes(axis)
    return figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 14, "t": 30, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        uirevision=revision,
        hovermode="closest",
    )
