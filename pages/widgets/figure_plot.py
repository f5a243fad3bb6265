"""A plotly figure that is replaced in place; `st.plotly_chart` is mounted anew, and flickers, each time."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from backend.figures import palette, q_grids
from pages.widgets import plotly_js
from pages.widgets.component import component, safe_key

if TYPE_CHECKING:
    import plotly.graph_objects as go

COLOURS = {q_grids.INK: "--st-text-color", q_grids.EDGE: "--st-border-color"}  # that a figure leaves to the page
_DARK = dict(zip(palette.LIGHT, palette.DARK, strict=True))
FILES = ("widgets/figure_plot.js", "widgets/plots.css")  # what draws, here and in a report
_mounted = component("figure", *FILES)


def figure_plot(figure: "go.Figure", key: str, *, in_run_colours: bool = False) -> None:
    """Shows a figure; one of the same `key` takes the place of the last.

    With `in_run_colours` a dark page gets the lighter ones.
    """
    shown(figure.to_json(), figure.layout.height, key, _DARK if in_run_colours else {})


def shown(figure: str, height: int, key: str, dark: Mapping[str, str]) -> None:
    """Shows a figure that is JSON already, as `figure_plot` does; on a dark page the colours of `dark` are others."""
    _mounted(key=safe_key(key), data=_given(plotly_js.url(), figure, height, dark), height="content")


def whole(figure: "go.Figure") -> dict[str, Any]:
    """Returns all that the script needs to draw a figure in the runs' colours on a page that has plotly.js."""
    return _given("", figure.to_json(), figure.layout.height, _DARK)


def _given(plotly: str, figure: str, height: int, dark: Mapping[str, str]) -> dict[str, Any]:
    return {"plotly": plotly, "figure": figure, "colours": COLOURS, "height": height, "dark": dict(dark)}
