"""A Plotly chart that keeps zoom and legend through every update, and is sent only what is new.

`st.plotly_chart` is mounted anew, and sent whole, each time.
"""

import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from backend.figures import palette
from backend.figures.lines import Chart, Line
from backend.model import Floats
from pages.widgets import plotly_js
from pages.widgets.component import component, nothing, safe_key, tell

Picked = Callable[[Mapping[str, Any]], None]
AxisRange = tuple[float, float]

_DARK = dict(zip(palette.LIGHT, palette.DARK, strict=True))
FILES = ("widgets/plot_overlay.js", "widgets/live_plot.js", "widgets/plots.css")  # what draws, here and in a report
_mounted = component("plot", *FILES)


@dataclass
class ZoomView:
    """What charts that are zoomed together show: a part of the x axis, and of each, by name, one of the y axis."""

    link: str
    window: AxisRange | None = None
    spans: dict[str, AxisRange] = field(default_factory=dict)

    def zoom(self, name: str, ranges: Mapping[str, Any]) -> None:
        """Takes over what a person zoomed to in the chart called `name`."""
        self.window = _span(ranges.get("x"))
        if self.window is None:  # all is shown again, in all of them
            self.spans.clear()
        self.spans.pop(name, None)
        if (span := _span(ranges.get("y"))) is not None:
            self.spans[name] = span


def _span(ends: Any) -> AxisRange | None:
    return (float(min(ends)), float(max(ends))) if ends and None not in ends else None


class LivePlot:
    """One chart on one page of one session; it knows what the browser has, and sends what that lacks.

    Make it in the page's script, outside its fragment: a full run of the page then begins anew.
    """

    def __init__(self, key: str, opened: AxisRange | None = None, view: ZoomView | None = None, name: str = "") -> None:
        self.key = safe_key(key)
        self.view, self.name = view, name  # of a chart that is zoomed together with others, and what it is called there
        self.opened = opened  # the part of the x axis that the page's link asks for
        self._sent: Chart | None = None
        self._height = 0
        self._epoch = ""
        self._number = 0

    @property
    def window(self) -> AxisRange | None:
        """The part of the x axis that a person looks at; None for all of it."""
        if self.view is not None:
            return self.view.window
        state = st.session_state.get(self.key)
        ends = state.get("window") if state else None
        if ends is None:  # not touched so far
            return self.opened
        return (min(ends), max(ends)) if ends else None

    def show(self, chart: Chart, height: int, *, zooms: bool = False, picked: Picked | None = None) -> None:
        """Shows a chart, `height` pixels high; with `zooms`, `window` follows what a person zooms to.

        `picked` is called with what was clicked: {"x": its x, "name": its line's}.
        """
        message = self._message(chart, height)
        settings = {
            "plotly": plotly_js.url(),
            "dark": _DARK,
            "height": height,
            "zooms": zooms,
            "picks": picked is not None,
        }
        settings["link"] = self.view.link if self.view else ""
        _mounted(
            key=self.key,
            data=settings | message,
            default={"window": None},
            on_window_change=nothing,
            on_missed_change=self.forget,
            on_picked_change=lambda: tell(self.key, "picked", picked),
            on_zoomed_change=lambda: tell(self.key, "zoomed", self._zoom),
            height="content",
        )

    def _zoom(self, ranges: Mapping[str, Any]) -> None:
        if self.view is not None:
            self.view.zoom(self.name, ranges)

    def forget(self) -> None:
        """Sends everything with the next `show`: the browser missed a message, or its node is new."""
        self._sent = None

    def _message(self, chart: Chart, height: int) -> dict[str, Any]:
        before, self._sent = self._sent, chart
        if before is None or height != self._height or not _same_kind(before, chart):
            self._epoch, self._number, self._height = secrets.token_hex(4), 0, height
            changes = [{"line": place, "from": 0, **_columns(line, 0)} for place, line in enumerate(chart.lines)]
            layout = {**chart.layout, "height": height}
            return {
                "epoch": self._epoch,
                "number": 0,
                "layout": layout,
                "lines": [_style(line) for line in chart.lines],
                "changes": changes,
            }
        changes = [] if before is chart else list(_changes(before, chart))
        self._number += bool(changes)
        # Without news the last number is repeated, and the browser does nothing.
        return {"epoch": self._epoch, "number": self._number, "changes": changes}


def whole(chart: Chart, height: int, link: str = "") -> dict[str, Any]:
    """Returns all that the script needs to draw a chart that stays as it is, on a page that has plotly.js;
    see `link` in the script."""
    settings = {"plotly": "", "dark": _DARK, "height": height, "zooms": False, "picks": False, "link": link}
    return settings | LivePlot("")._message(chart, height)


def _style(line: Line) -> dict[str, Any]:
    return {
        "name": line.name, "colour": line.colour, "width": line.width, "opacity": line.opacity, "dash": line.dash,
        "look": line.look,
        "group": line.group, "legend": line.in_legend, "hover": line.in_hover,
        "label": line.label, "pick": line.pick, "merge": line.merge,
    }  # fmt: skip


def _same_kind(one: Chart, other: Chart) -> bool:
    return one.layout == other.layout and list(map(_style, one.lines)) == list(map(_style, other.lines))


def _changes(before: Chart, after: Chart) -> Iterator[dict[str, Any]]:
    """Yields of each line that differs the values from the first difference on."""
    for place, (old, new) in enumerate(zip(before.lines, after.lines, strict=True)):
        olds, news = _arrays(old), _arrays(new)
        same = min((_common(olds[name], news[name]) for name in news), default=0) if olds.keys() == news.keys() else 0
        if same < max(len(old.x), len(new.x)) or olds.keys() != news.keys():
            yield {"line": place, "from": same, **_columns(new, same)}


def _common(old: Floats, new: Floats) -> int:
    """Returns how many values two arrays have in common from their start; NaN is equal to NaN."""
    if old is new:
        return len(old)
    size = min(len(old), len(new))
    differs = (old[:size] != new[:size]) & ~(np.isnan(old[:size]) & np.isnan(new[:size]))
    return int(np.argmax(differs)) if differs.any() else size


def _arrays(line: Line) -> dict[str, Floats]:
    columns = {"x": line.x, "y": line.y, "low": line.low, "high": line.high}
    return {name: column for name, column in columns.items() if column is not None}


def _columns(line: Line, start: int) -> dict[str, str]:
    """Returns a line's arrays from `start` on as base64 of little-endian doubles."""
    return {name: b64encode(column[start:].astype("<f8").tobytes()).decode() for name, column in _arrays(line).items()}
