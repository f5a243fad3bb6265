"""Line charts: curves in, lines and a layout out, which the browser draws with Plotly.

A line is arrays and a few words rather than a Plotly trace: a live page sends what was added to its arrays, and a
hundred traces of Plotly's own classes take longer to make than to read.
"""

import html
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backend.analysis import curves as analysis
from backend.analysis import group_bands
from backend.analysis import seeds as seeds_analysis
from backend.analysis.group_bands import Shared
from backend.analysis.seeds import Statistic
from backend.figures import palette
from backend.model import Curve, Floats

HEIGHT, SMALL_HEIGHT = 440, 260  # pixels
FAINT = 0.55
BAND_SHARE = 0.35  # of the height of what was measured, that intervals may take above it, and below
CUT = "where the interval is much wider than all that was measured it is cut at the edge: zoom out to see it whole"
MANY = 12  # from here on single seeds are told from each other no more, and share one colour


@dataclass(frozen=True, eq=False)
class Line:
    """One line: x, y and, where a bucket holds several points, their lowest and highest. Gaps are NaN."""

    name: str
    colour: str
    x: Floats
    y: Floats
    low: Floats | None = None
    high: Floats | None = None
    width: float = 1.5
    opacity: float = 1.0
    dash: str = "solid"
    # "marks": crosses at the foot, y counts; "steps": a histogram's outline; "points"; "spans": see tasks.timeline
    look: str = "line"
    group: str = ""  # lines of one group are switched on and off together
    in_legend: bool = True
    in_hover: bool = True
    label: str = ""  # what is written at its end
    pick: str = ""  # what a click on that label names
    merge: str = ""  # lines that share this are drawn as one, with gaps: hundreds of them cost as little as one


@dataclass(frozen=True, eq=False)
class Chart:
    """What is drawn: lines, Plotly's layout, and what is said beneath."""

    lines: tuple[Line, ...]
    layout: dict[str, Any]
    caption: str


@dataclass(frozen=True)
class Display:
    """How a person wants lines to be drawn."""

    smoothing: str = ""  # "" for none, "ema" or "mean"
    strength: float = 0.9  # of the ema, the weight of the past; of the mean, the share of what is drawn
    log_x: bool = False
    log_y: bool = False
    statistic: Statistic = "mean"  # over seeds
    members: bool = True  # of a group, faint behind its band
    aside: bool = False  # with what resumed attempts repeated, see figures.aside


@dataclass(frozen=True)
class Titles:
    x: str
    y: str
    threshold: float | None = None  # where the environment counts as solved
    dates: bool = False  # x is milliseconds since 1970


@dataclass(frozen=True)
class CurveGroup:
    """The curves of one run, drawn in its colour: `names` are those of the trials, in the order of `curves`."""

    label: str
    ordinal: int
    curves: Sequence[Curve]
    names: Sequence[str]


def seeds(group: CurveGroup, titles: Titles, display: Display, trial: str = "seed") -> Chart:
    """Draws one run: a line for each trial, faint if there are several, and their mean bold."""
    alone, many = len(group.curves) == 1, len(group.curves) > MANY
    own, of_trial = palette.of_run(group.ordinal), colours(group)
    lines: list[Line] = []
    bold: list[Line] = []
    for curve, name in zip(group.curves, group.names, strict=True):
        colour = of_trial[curve.trial]
        line = of_curve(curve, name, colour, width=2.5 if alone else 1.2, opacity=1.0 if alone else FAINT)
        if many:
            line = replace(line, group="trials", in_legend=False, in_hover=False)
        lines += smoothed(line, display) if alone else [line]
    if alone or not group.curves:
        return chart_of(lines, group.curves, titles, display)
    common = group_bands.shared(group.curves)
    what = f"{seeds_analysis.STATISTICS[display.statistic]} of {len(common.used)} {trial}s"
    if (band := group_bands.band(group.curves, common, display.statistic)) is not None:
        bold = smoothed(Line(what, own, band.x, band.center, low=band.low, high=band.high, width=3), display)
    chart = chart_of([*lines, *bold], group.curves, titles, display)
    return with_room(
        replace(chart, caption=" · ".join([chart.caption, *_of_bold(what, trial, common, bold)])), bold, display
    )


def colours(group: CurveGroup) -> dict[int, str]:
    """Returns the colour of each trial of a run: the run's own where it is alone, or one of many."""
    own = palette.of_run(group.ordinal)
    others = [own] if not 1 < len(group.curves) <= MANY else [each for each in palette.LIGHT if each != own]
    return {curve.trial: others[index % len(others)] for index, curve in enumerate(group.curves)}


def _of_bold(what: str, trial: str, common: Shared, bold: Sequence[Line]) -> Iterator[str]:
    if bold:
        yield f"bold: {what}, with its 95 % interval by bootstrap, in the range that they all have"
        if common.early:
            yield f"{len(common.early)} that came less far {'is' if len(common.early) == 1 else 'are'} not in it"
    else:
        yield f"a bold line follows as soon as two {trial}s have come far enough"


def with_room(chart: Chart, bands: Iterable[Line], display: Display) -> Chart:
    """Returns a chart whose y axis shows what was measured, and of intervals as much as leaves that readable; then it
    says so.

    With two seeds an interval may be many times as wide as all that was measured. Nothing that was measured is ever
    cut.

    Args:
        bands: those of the chart's lines whose low and high are intervals.
    """
    intervals = [line for line in bands if line.low is not None]
    own = {id(line) for line in intervals}
    measured = [
        part for line in chart.lines if line.look == "line" for part in _measured(line, is_interval=id(line) in own)
    ]
    low, high = _ends([*measured, *(np.array([shape["y0"]], np.float64) for shape in chart.layout.get("shapes", ()))])
    least, most = _ends(part for line in intervals for part in (line.low, line.high) if part is not None)
    if display.log_y or not intervals or not 0 < high - low < math.inf:
        return chart
    step = 10.0 ** math.floor(math.log10(high - low))  # ends that seldom change: another layout is sent whole
    bottom = math.floor((low - BAND_SHARE * (high - low)) / step) * step
    top = math.ceil((high + BAND_SHARE * (high - low)) / step) * step
    beyond = (("clipmin", bottom, least < bottom), ("clipmax", top, most > top))
    clips = {name: end for name, end, is_beyond in beyond if is_beyond}
    if not clips:
        return chart
    yaxis = {**chart.layout["yaxis"], "autorangeoptions": clips}
    return replace(chart, layout={**chart.layout, "yaxis": yaxis}, caption=f"{chart.caption} · {CUT}")


def _measured(line: Line, *, is_interval: bool) -> list[Floats]:
    return [line.y] if is_interval or line.low is None or line.high is None else [line.y, line.low, line.high]


def _ends(parts: Iterable[Floats]) -> tuple[float, float]:
    """Returns the lowest and the highest finite value; NaN twice if there is none."""
    values = np.concatenate([np.empty(0), *(part[np.isfinite(part)] for part in parts)])
    return (float(values.min()), float(values.max())) if len(values) else (math.nan, math.nan)


def of_curve(curve: Curve, name: str, colour: str, **look: Any) -> Line:
    """Returns a curve's line, with low and high only where a bucket holds more than one point."""
    band: dict[str, Any] = {"low": curve.min, "high": curve.max} if curve.width > 1 else {}
    return Line(html.escape(name), colour, curve.x, curve.mean, **band, **look)  # Plotly reads some tags in names


def smoothed(line: Line, display: Display) -> list[Line]:
    """Returns the line, or if smoothing is on the smooth one with the raw one faint behind it."""
    if not display.smoothing:
        return [line]
    smooth = smoother(display, len(line.y))(line.y)
    group = line.group or line.name
    raw = replace(
        line,
        name=f"{line.name}, raw",
        opacity=line.opacity * 0.3,
        width=1,
        group=group,
        in_legend=False,
        in_hover=False,
        label="",
    )
    return [raw, replace(line, y=smooth, low=None, high=None, group=group)]


def smoother(display: Display, length: int) -> Callable[[Floats], Floats]:
    if display.smoothing == "ema":
        return lambda y: analysis.exponential_mean(y, display.strength)
    return lambda y: analysis.window_mean(y, window_size(display, length))


def window_size(display: Display, length: int) -> int:
    """Returns how many neighbours the window mean takes: up to a fifth of what is drawn."""
    return max(3, round(length * display.strength / 5))


def chart_of(lines: Sequence[Line], curves: Sequence[Curve], titles: Titles, display: Display) -> Chart:
    odd = [mark for curve in curves if (mark := marks(curve))]
    return Chart((*lines, *odd), layout_of(titles, display), caption(curves, display))


def marks(curve: Curve) -> Line | None:
    """Returns marks where values were NaN or infinite."""
    there = curve.not_finite > 0
    if not there.any():
        return None
    counts = curve.not_finite[there].astype(np.float64)
    return Line(
        "not finite",
        palette.ALARM,
        curve.x[there],
        counts,
        look="marks",
        group="not finite",
        in_legend=False,
        merge="not finite",
    )


def caption(curves: Sequence[Curve], display: Display) -> str:
    """Returns what is said under a chart: how many points are drawn of how many, and what was done to them."""
    total = sum(curve.length for curve in curves)
    if not total:
        return "The first report has not come yet."
    drawn = sum(len(curve.x) for curve in curves)
    whole = all(curve.width == 1 for curve in curves)
    shown = sum(int(curve.records["points"].sum()) for curve in curves)
    inside = "" if shown == total else f" (of {total:,} in all)"
    said = [f"all {shown:,} points{inside}" if whole else f"{drawn:,} of {shown:,} points, extremes kept{inside}"]
    if display.smoothing == "ema":
        said.append(f"EMA {display.strength:g} (debiased) over what is drawn, the raw line faint")
    elif display.smoothing:
        said.append(f"window mean over {display.strength / 5:.0%} of what is drawn, the raw line faint")
    if odd := sum(int(curve.not_finite.sum()) for curve in curves):
        said.append(f"{odd:,} NaN or infinite, marked × at the foot")
    if display.log_y and (hidden := sum(int((curve.min <= 0).sum()) for curve in curves)):
        said.append(f"{hidden:,} at or below 0 cannot be on a log axis")
    return " · ".join(said)


def x_type(titles: Titles, display: Display) -> str:
    return "date" if titles.dates else "log" if display.log_x else "linear"


def layout_of(titles: Titles, display: Display) -> dict[str, Any]:
    """Returns Plotly's layout for a chart of lines."""
    title = {"font": {"size": 12}}
    layout: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 58, "r": 12, "t": 36, "b": 48},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "hovermode": "x unified",
        "uirevision": f"{titles.x} {display.log_x} {display.log_y}",  # zoom and legend survive every tick
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
        "xaxis": {
            "title": {"text": html.escape(titles.x), **title},
            "zeroline": False,
            "type": x_type(titles, display),
        },
        "yaxis": {
            "title": {"text": html.escape(titles.y), **title},
            "zeroline": False,
            "type": "log" if display.log_y else "linear",
        },
        "yaxis2": {"overlaying": "y", "range": [0, 1], "visible": False, "fixedrange": True},  # for marks at the foot
    }
    if layout["xaxis"]["type"] == "linear":
        layout["xaxis"]["rangemode"] = "tozero"
    if titles.threshold is not None and not (display.log_y and titles.threshold <= 0):
        label = {
            "text": f"solved at {titles.threshold:g}",
            "textposition": "start",
            "yanchor": "top",
            "font": {"size": 11},
        }
        line = {"width": 1, "dash": "dash", "color": "#8b95a5"}
        place = {"type": "line", "xref": "x domain", "x0": 0, "x1": 1, "y0": titles.threshold, "y1": titles.threshold}
        layout["shapes"] = [{**place, "line": line, "label": label}]
    return layout
