"""A plotly figure that is replaced in place; `st.plotly_chart` is mounted anew, and flickers, each time."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from backend.figures import palette, q_tables
from pages.widgets import plotly_js

if TYPE_CHECKING:
    import plotly.graph_objects as go

_HERE = Path(__file__).parent
COLOURS = {q_tables.INK: "--st-text-color", q_tables.EDGE: "--st-border-color"}  # that a figure leaves to the page
_DARK = dict(zip(palette.LIGHT, palette.DARK, strict=True))


@st.cache_resource
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component(
        "raydeck_figure",
        html='<div class="raydeck-figure"></div>',
        css=".raydeck-figure { width: 100%; }",
        js=script(),
        isolate_styles=False,
    )


def figure_plot(figure: "go.Figure", key: str, *, in_run_colours: bool = False) -> None:
    """Shows a figure; one of the same `key` takes the place of the last. With `in_run_colours` a dark page gets the lighter ones."""
    shown(figure.to_json(), figure.layout.height, key, _DARK if in_run_colours else {})


def shown(figure: str, height: int, key: str, dark: Mapping[str, str]) -> None:
    """Shows a figure that is JSON already, as `figure_plot` does; on a dark page the colours of `dark` are others."""
    _component()(key=key, data=_given(plotly_js.url(), figure, height, dark), height="content")


def whole(figure: "go.Figure") -> dict[str, Any]:
    """Returns all that the script needs to draw a figure in the runs' colours on a page that has plotly.js."""
    return _given("", figure.to_json(), figure.layout.height, _DARK)


def script() -> str:
    """Returns the JavaScript module that draws, for pages of another server or none."""
    return (_HERE / "figure_plot.js").read_text()


def _given(plotly: str, figure: str, height: int, dark: Mapping[str, str]) -> dict[str, Any]:
    return {"plotly": plotly, "figure": figure, "colours": COLOURS, "height": height, "dark": dict(dark)}
