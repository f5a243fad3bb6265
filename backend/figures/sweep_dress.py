"""How pictures of sweeps look: texts that plotly shows as they are, short names, colours, no title and no paper."""

import html
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import plotly.graph_objects as go

GREY, EDGE, GRID = "#b9c0ca", "#8b95a5", "rgba(139,149,165,0.35)"
DIM = "#4b5563"  # is GREY on a dark page


def plain(text: str) -> str:
    """Returns a text that plotly shows as it is: no tags, no templates, no formulas.

    Plotly knows few names of entities.
    """
    return html.escape(text, quote=False).replace("%{", "&#37;{").replace("$", "&#36;")


def tell(trace: Any, texts: Sequence[str], x: str, y: str = "") -> None:
    place = f"<br>{x}: %{{x}}" + (f"<br>{y}: %{{y}}" if y else "")
    trace.update(text=texts, hovertext=None, hoverinfo=None, hovertemplate=f"%{{text}}{place}<extra></extra>")


def short(name: str) -> str:
    text = html.unescape(name)
    return name if len(text) < 20 else plain(f"{text[:17]}…")


def square(figure: "go.Figure", names: Sequence[str]) -> "go.Figure":
    """Gives each pair a frame instead of a grid, which would also fill the empty diagonal."""
    figure.update_xaxes(showgrid=False, showline=True, mirror=True, linecolor=GRID)
    figure.update_yaxes(showgrid=False, showline=True, mirror=True, linecolor=GRID)
    named(figure.for_each_yaxis, names)
    named(figure.for_each_xaxis, names)
    return figure.update_layout(height=440 if len(names) == 2 else 60 + 180 * len(names))


def named(for_each: Callable[[Callable[[Any], Any]], Any], names: Sequence[str]) -> None:
    """Shortens the parameters' names where there is little room for them."""
    for_each(lambda axis: axis.title.update(text=short(axis.title.text)) if axis.title.text in names else None)


def mixed(one: str, other: str, share: float) -> str:
    """Returns a colour between two, `share` of the way from one to the other."""
    pairs = ((int(one[at : at + 2], 16), int(other[at : at + 2], 16)) for at in (1, 3, 5))
    return "#" + "".join(f"{round(low + (high - low) * share):02x}" for low, high in pairs)


def scale(colour: str) -> list[list[Any]]:
    """Returns a scale for lines and points: from a grey that is seen on white and on black to the run's colour."""
    return [[0.0, GREY], [1.0, colour]]


def ramp(colour: str) -> list[list[Any]]:
    """Returns a scale for areas, which hide what is behind them: from pale to dark."""
    return [[0.0, mixed("#ffffff", colour, 0.08)], [0.6, colour], [1.0, mixed(colour, "#000000", 0.45)]]


def dressed(figure: "go.Figure") -> "go.Figure":
    """Takes off title and paper; fonts and lines of the grid are the theme's, who draws it."""
    figure.update_layout(
        title=None,
        margin={"l": 10, "r": 10, "t": 24, "b": 10},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    # powers of ten, not what is between
    logs: dict[str, Any] = {"nticks": 3, "exponentformat": "power", "selector": {"type": "log"}}
    figure.update_xaxes(**logs).update_yaxes(**logs)
    figure.update_xaxes(automargin=True, gridcolor=GRID, zeroline=False)
    return figure.update_yaxes(automargin=True, gridcolor=GRID, zeroline=False)
