"""Charts of a fan-out: durations, results, and what each worker was doing when."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from backend.figures import palette
from backend.figures.lines import Chart, Display, Line, Titles, layout_of
from backend.model import Curve, Floats
from backend.store.fanout.summary import PER_DECADE, Durations, Histogram, Moments

SHADES = (0.9, 0.6, 0.3, 0.0)  # shares of the time a worker was busy, from which on a bar has the next shade
BAR = 14  # pixels


def empty(said: str) -> Chart:
    """Returns a chart of nothing, and why."""
    return _chart([], Titles("", ""), said)


def durations(seconds: Durations, ordinal: int) -> Chart:
    """Draws how many tasks took how long, on a logarithmic axis of seconds."""
    if not seconds.counts:
        return _chart([], Titles("seconds", "tasks"), "No task has succeeded yet.", Display(log_x=True))
    places = np.array(sorted(map(int, seconds.counts)))
    first, last = int(places[0]), int(places[-1])
    counts = np.array([seconds.counts.get(str(place), 0) for place in range(first, last + 1)], float)
    edges: Floats = np.power(10.0, np.arange(first, last + 2) / PER_DECADE)
    chart = _chart(
        [_steps(edges, counts, ordinal)],
        Titles("duration", "tasks"),
        f"{int(counts.sum()):,} tasks",
        Display(log_x=True),
    )
    # 1 ms, 10 ms, 100 ms, 1 s
    chart.layout["xaxis"] |= {"dtick": 1, "exponentformat": "SI", "minexponent": 0, "ticksuffix": "s"}
    return chart


def results(numbers: Histogram, ordinal: int) -> Chart:
    """Draws how often which result came."""
    if numbers.width == 0.0:
        text = f"All {numbers.counts[0]:,} results are {numbers.low:.6g}." if numbers.counts else "No result so far."
        return _chart([], Titles("result", "tasks"), text)
    counts = np.array(numbers.counts, float)
    there = np.flatnonzero(counts)
    first, last = int(there[0]), int(there[-1])
    edges = numbers.low + numbers.width * np.arange(first, last + 2)
    caption = f"{int(counts.sum()):,} results, every one of them counted"
    return _chart([_steps(edges, counts[first : last + 1], ordinal)], Titles("result", "tasks"), caption)


def _steps(edges: Any, counts: Any, ordinal: int) -> Line:
    x, y = np.concatenate([edges[:1], edges]), np.concatenate([[0.0], counts, [0.0]])
    return Line("tasks", palette.of_run(ordinal), x, y, look="steps", in_legend=False)


def running_mean(mean: Curve, low: Curve, high: Curve, moments: Moments, ordinal: int) -> Chart:
    """Draws the mean of the results with its 95 % interval, over the tasks done: it narrows as they come."""
    line = Line(
        "mean", palette.of_run(ordinal), mean.x, mean.last, low=low.last, high=high.last, width=2.5, in_legend=False
    )
    caption = f"mean {_with_digits(moments)} (95 %, normal) of {moments.count:,} results"
    return _chart([line], Titles("tasks done", "mean result"), caption)


def _with_digits(moments: Moments) -> str:
    """Returns mean and half width, the mean with the digits that the interval leaves certain, and one more."""
    mean, half = moments.mean, moments.half_width
    if not (math.isfinite(half) and 1e-12 < half < 1e6):
        return f"{mean:.6g} ± {half:.2g}"
    digits = max(0, 1 - math.floor(math.log10(half)))
    return f"{mean:.{digits}f} ± {half:.{digits}f}"


def scatter(
    pairs: Sequence[tuple[float, float]], stride: int, total: int, names: tuple[str, str], ordinal: int
) -> Chart:
    """Draws results that are two numbers as points: of all tasks, or of every `stride`th."""
    table = np.array(pairs, float).reshape(-1, 2)
    width = 7 if len(pairs) < 300 else 4
    line = Line(
        "result",
        palette.of_run(ordinal),
        table[:, 0],
        table[:, 1],
        look="points",
        width=width,
        opacity=0.7,
        in_legend=False,
    )
    caption = f"{len(pairs):,} of {total:,} results"
    if stride > 1:
        caption += f": those of every {stride:,}th task, over the whole run"
    elif len(pairs) == total:
        caption = f"all {total:,} results"
    return _chart([line], Titles(*names), caption)


def timeline(busy: Sequence[tuple[int, Curve]], began: float, ordinal: int) -> Chart:
    """Draws for each worker when it was busy, in seconds since `began`.

    A bar is a chunk of tasks; on long runs it stands for several, from the first one's start to the last one's end, and
    its shade says which share of that time the worker was busy.
    """
    spans = [_spans(worker, curve, began) for worker, curve in busy if len(curve.records)]
    whole = np.concatenate(spans) if spans else np.empty((0, 5))
    share = np.clip(whole[:, 3] / np.maximum(whole[:, 2] - whole[:, 1], 1e-9), 0, 1)
    lines = []
    for least, most in zip(SHADES, (2.0, *SHADES), strict=False):
        chosen = whole[(share >= least) & (share < most)]
        if len(chosen):
            lines.append(_bars(chosen, palette.of_run(ordinal), 0.25 + 0.7 * min(1.0, (least + 0.1))))
    chunks, bars = int(whole[:, 4].sum()), len(whole)
    caption = (
        f"{chunks:,} chunks of tasks"
        if chunks == bars
        else f"{chunks:,} chunks of tasks in {bars:,} bars; faint where the worker waited"
    )
    chart = _chart(
        lines, Titles("seconds since the start", "worker"), caption if chunks else "No chunk has come back yet."
    )
    chart.layout["yaxis"] |= {"dtick": 1 if len(busy) < 16 else None, "autorange": "reversed"}
    return chart


def _spans(worker: int, curve: Curve, began: float) -> Any:
    """Returns worker, start, end, busy seconds and number of chunks of each bar."""
    records = curve.records
    seconds = np.where(records["count"] > 0, records["mean"] * records["count"], 0.0)
    starts = records["time_min"] - began
    ends = np.maximum(records["time_max"] - began + records["last"], starts + 1e-6)
    return np.column_stack([np.full(len(records), worker), starts, ends, seconds, records["points"]]).astype(float)


def _bars(spans: Any, colour: str, opacity: float) -> Line:
    gap = np.full(len(spans), np.nan)
    x = np.column_stack([spans[:, 1], spans[:, 2], gap]).ravel()
    y = np.column_stack([spans[:, 0], spans[:, 0], gap]).ravel()
    busy, chunks = (np.repeat(spans[:, column], 3) for column in (3, 4))
    return Line("busy", colour, x, y, low=busy, high=chunks, look="spans", width=BAR, opacity=opacity, in_legend=False)


def _chart(lines: list[Line], titles: Titles, caption: str, display: Display | None = None) -> Chart:
    layout = layout_of(titles, display or Display()) | {"showlegend": False, "hovermode": "closest"}
    layout["xaxis"].pop("rangemode", None)
    layout["margin"] |= {"t": 12}  # no legend stands there
    # as wide as 3.1416 or 150k need
    layout["yaxis"] |= {"automargin": True, "title": {**layout["yaxis"]["title"], "standoff": 8}}
    return Chart(tuple(lines), layout, caption)
