"""A Plotly chart that keeps zoom and legend through every update (st.plotly_chart is mounted anew each time)."""

import shutil
from pathlib import Path

import plotly
import streamlit as st

from backend.figures import palette

_HERE = Path(__file__).parent
_STATIC = _HERE.parent.parent / "static" / "plotly.min.js"
_URL = f"/app/static/plotly.min.js?v={plotly.__version__}"
_DARK = dict(zip(palette.LIGHT, palette.DARK, strict=True))
_CSS = """
.raydeck-plot { width: 100%; }
.raydeck-plot .modebar { opacity: 0; transition: opacity .15s; }
.raydeck-plot:hover .modebar, .raydeck-plot:focus-within .modebar { opacity: 1; }
"""


@st.cache_resource
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component(
        "raydeck_plot",
        html='<div class="raydeck-plot"></div>',
        css=_CSS,
        js=(_HERE / "live_plot.js").read_text(),
        isolate_styles=False,
    )


def live_plot(figure: str, key: str, height: int) -> None:
    """Shows a figure given as JSON, `height` pixels high; drawing the same JSON again does nothing."""
    _component()(key=key, data={"figure": figure, "plotly": _URL, "dark": _DARK, "height": height}, height="content")


def provide_plotly() -> None:
    """Copies plotly.js from the installed package to where the browser gets it; nothing is downloaded."""
    source = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
    if not _STATIC.exists() or _STATIC.stat().st_size != source.stat().st_size:
        _STATIC.parent.mkdir(exist_ok=True)
        part = _STATIC.with_suffix(".part")
        shutil.copyfile(source, part)
        part.replace(_STATIC)
