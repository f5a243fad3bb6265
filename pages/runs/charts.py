"""Charts of runs: read, lines, live plot. A chart is computed once for each state of its data, for all tabs."""

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import streamlit as st

from backend import api, words
from backend.analysis import solved
from backend.api import kinds
from backend.cache import Cache
from backend.catalog import metrics
from backend.figures import aside, lines, trials
from backend.figures.lines import Chart, Display, Titles
from backend.model import Curve, Run, goals
from pages.runs import chart_options
from pages.runs.chart_options import STEP
from pages.widgets.live_plot import LivePlot, Picked, ZoomView

DATE = "date"  # an x axis of days and hours, on which runs lie where they were
_AXIS_TITLES = {
    DATE: "date",
    "iteration": "iteration",
    "time_s": "training time (s)",
    "time": "time since the start (s)",
}
NAMED_BY = 3  # params in a line's name, at most
CHARTS_KEPT = 64  # for all tabs
POINTS = 1000  # buckets a curve, at most
RECENT = 50  # trials that are looked at for news that no report tells

ChartWindow = tuple[float, float] | None
# Each in the newest state of its data: a live page makes a new one each second.
chart_cache: Cache[Chart] = Cache(CHARTS_KEPT)


class Board:
    """The charts of one page; make it in the page's script, so that a full run begins anew."""

    def __init__(self) -> None:
        self._plots: dict[str, LivePlot] = {}
        self._views: dict[str, ZoomView] = {}
        self._drawn: set[str] = set()
        self._drawing: set[str] = set()

    def begin(self) -> None:
        """Call at the start of each run of the page's fragment: a chart that was not drawn the
        last time is sent whole."""
        self._drawn, self._drawing = self._drawing, set()

    def plot(self, key: str, axis: str = STEP, *, zooms: bool = True) -> LivePlot:
        """Returns the plot called `key`; with another x axis it is another one, so that no zoom goes
        over from one to the next."""
        key = key if axis == STEP else f"{key}_{axis}"
        if key not in self._plots:
            self._plots[key] = LivePlot(key, chart_options.window(axis) if zooms else None)
        plot = self._plots[key]
        return self._in_use(plot)

    def linked(self, name: str, axis: str) -> LivePlot:
        """Returns the plot of the metric called `name`; all those of one x axis are zoomed together."""
        key = f"linked_{name}_{axis}"
        if axis not in self._views:
            self._views[axis] = ZoomView(f"linked_{axis}", chart_options.window(axis), chart_options.spans())
        if key not in self._plots:
            self._plots[key] = LivePlot(key, view=self._views[axis], name=name)
        return self._in_use(self._plots[key])

    def _in_use(self, plot: LivePlot) -> LivePlot:
        if plot.key not in self._drawn:
            plot.forget()
        self._drawing.add(plot.key)
        return plot


def axes_of(runs: Sequence[Run]) -> dict[str, str]:
    """Returns the x axes that make sense for all of some runs, key to title."""
    return {axis.key: axis.title for axis in kinds.axes_of(runs)}


def run_chart(
    board: Board,
    run: Run,
    key: str,
    axis: str,
    display: Display,
    plot_key: str,
    *,
    small: bool = False,
    picked: Picked | None = None,
) -> None:
    """Shows one metric of a run: a line for each trial and their mean."""
    plot = board.plot(plot_key, axis, zooms=not small)
    title = metrics.title(key) if small else metrics.axis(key)
    titles = Titles(axis_title(axis, [run]), title, solved_at(run, key))
    what = (key, axis, plot.window, titles, display)
    chart = chart_cache.get((run.id, "run", *what), lambda: _run_chart(run, *what), state_of([run]))
    _show(plot, chart, display, axis, small=small, picked=picked)


def sweep_chart(
    board: Board, run: Run, key: str, axis: str, display: Display, plot_key: str, *, small: bool = False
) -> None:
    """Shows one metric of a sweep: the learning curves of all trials in a few lines, the best one bold."""
    plot = board.plot(plot_key, axis, zooms=not small)
    what = (key, axis, plot.window, display)
    chart = chart_cache.get((run.id, "trials", *what), lambda: _sweep_chart(run, *what), news(run))
    _show(plot, chart, display, axis, small=small)


def news(run: Run) -> Hashable:
    """Returns what changes when there is something new to draw of a sweep."""
    return run.recorded, run.state, tuple((trial.state, trial.best) for trial in run.trials[-RECENT:]), run.best


def figure(
    board: Board,
    plot_key: str,
    name: tuple[Hashable, ...],
    state: Hashable,
    make: Callable[[], Chart],
    *,
    tall: bool = True,
) -> None:
    """Shows a chart that is made anew only when `state` is another."""
    chart = chart_cache.get(name, make, state)
    board.plot(plot_key, zooms=False).show(chart, lines.HEIGHT if tall else lines.SMALL_HEIGHT)
    st.caption(chart.caption)


def _show(
    plot: LivePlot, chart: Chart, display: Display, axis: str, *, small: bool = False, picked: Picked | None = None
) -> None:
    if not small:
        chart_options.keep_window(plot.window, axis)
    plot.show(
        opened(chart, plot.opened, display),
        lines.SMALL_HEIGHT if small else lines.HEIGHT,
        zooms=not small,
        picked=picked,
    )
    st.caption(chart.caption)


def opened(chart: Chart, window: ChartWindow, display: Display) -> Chart:
    """Returns the chart with the x axis of the page's link.

    It stays that: Plotly keeps what a person does from there.
    """
    if window is None or (display.log_x and window[0] <= 0):
        return chart
    ends = [math.log10(end) for end in window] if display.log_x else list(window)
    return replace(chart, layout={**chart.layout, "xaxis": {**chart.layout["xaxis"], "range": ends}})


def state_of(runs: Sequence[Run]) -> Hashable:
    """Returns what changes when there is something new to draw of some runs."""
    return tuple((run.name, run.recorded, run.started_at, len(run.trials)) for run in runs)


def _run_chart(run: Run, key: str, axis: str, window: ChartWindow, titles: Titles, display: Display) -> Chart:
    word = kinds.kind(run).part
    curves = read_curves([run], key, axis, window)
    names = _trial_names(run, word) if len(run.trials) > 1 or word == "seed" else {0: metrics.title(key)}
    group = lines.CurveGroup("", run.ordinal, curves, [names[curve.trial] for curve in curves])
    apart = read_apart(run, key, axis) if display.aside else ()
    return aside.added(lines.seeds(group, titles, display, word), apart, lines.colours(group))


def _sweep_chart(run: Run, key: str, axis: str, window: ChartWindow, display: Display) -> Chart:
    curves, best = read_curves([run], key, axis, window), run.best_trial
    bold = next((curve for curve in curves if best and curve.trial == best.number), None)
    if best and window is None and axis == STEP:  # it comes in full, whatever the others have to share
        bold = next(iter(api.trial_curves(run, best, [key])), bold)
    x = "iteration" if axis == STEP else axis_title(axis, [run])
    apart = read_apart(run, key, axis) if display.aside else ()
    return aside.added(trials.curves(run, curves, bold, metrics.title(key), display, x), apart)


def read_apart(run: Run, key: str, axis: str, trial: int | None = None) -> list[Curve]:
    """Reads what resumed attempts repeated of a run, or of one of its trials."""
    apart = [each.curve for each in api.set_aside([run], [key], axis, trial=trial, points=POINTS)]
    start = run.started_at or run.created_at
    return [replace(curve, x=curve.x - start) for curve in apart] if axis == "time" else apart


def read_curves(runs: Sequence[Run], key: str, axis: str, window: ChartWindow) -> list[Curve]:
    """Reads curves; time is counted from each run's start, dates are milliseconds since 1970
    on this machine's clock."""
    if axis == DATE:
        ahead = datetime.now().astimezone().utcoffset() or timedelta()
        span = (
            None
            if window is None
            else (window[0] / 1000 - ahead.total_seconds(), window[1] / 1000 - ahead.total_seconds())
        )
        curves = api.curves(runs, [key], "time", window=span, points=POINTS)
        return [replace(curve, x=(curve.x + ahead.total_seconds()) * 1000) for curve in curves]
    if axis != "time":
        return api.curves(runs, [key], axis, window=window, points=POINTS)
    starts = {run.id: run.started_at or run.created_at for run in runs}
    if window is None:
        curves = api.curves(runs, [key], axis, points=POINTS)
    else:
        spans = {run.id: (window[0] + starts[run.id], window[1] + starts[run.id]) for run in runs}
        curves = [
            curve for run in runs for curve in api.curves([run], [key], axis, window=spans[run.id], points=POINTS)
        ]
    return [replace(curve, x=curve.x - starts[curve.run_id]) for curve in curves]


def _trial_names(run: Run, word: str) -> dict[int, str]:
    """Returns what tells each trial from the others: its seed, else the params in which they
    differ, else its number."""
    if None not in (seeds := {trial.seed for trial in run.trials}) and len(seeds) == len(run.trials):
        return {trial.number: f"seed {trial.seed}" for trial in run.trials}
    values: dict[str, set[str]] = {}
    for trial in run.trials:
        for name, value in trial.params.items():
            values.setdefault(name, set()).add(repr(value))
    telling = [name for name, different in values.items() if len(different) > 1][:NAMED_BY]
    return {
        trial.number: ", ".join(_said(name, trial.params.get(name)) for name in telling) or f"{word} {trial.number}"
        for trial in run.trials
    }


def _said(name: str, value: object) -> str:
    return f"{name} {words.number(value) if isinstance(value, float) else value}"


def axis_title(axis: str, runs: Sequence[Run]) -> str:
    if axis == "step":
        return kinds.axes_of(runs)[0].unit or "step"
    return _AXIS_TITLES.get(axis) or metrics.title(axis)


def solved_at(run: Run, key: str) -> float | None:
    return solved.solved_at(run) if key in (goals.REWARD, goals.evaluated(goals.REWARD)) else None
