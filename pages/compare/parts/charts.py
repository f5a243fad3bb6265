"""The charts of groups: one for each metric, zoomed together, each kept until there is something new to draw."""

import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from backend.analysis import group_bands
from backend.analysis.groups import Group, TrialKey, evidence
from backend.catalog import metrics
from backend.figures import group_lines
from backend.figures.group_lines import Bundle
from backend.figures.lines import HEIGHT, Chart, Display, Titles
from backend.model import Curve, Run
from pages.runs import chart_options, charts
from pages.runs.charts import Board, ChartWindow
from pages.widgets.live_plot import AxisRange, Picked
from pages.widgets.text import plain

SEVERAL_HEIGHT = 320  # pixels


@dataclass(frozen=True)
class ChartInput:
    """What is drawn of some groups; `opened` are the ids of those whose members are told apart."""

    runs: Sequence[Run]
    groups: Sequence[Group]
    axis: str
    display: Display
    opened: frozenset[str] = frozenset()

    @property
    def name(self) -> Hashable:
        ids = tuple((group.id, group.label, group.id in self.opened) for group in self.groups)
        return tuple(run.id for run in self.runs), ids, self.axis, self.display

    @property
    def state(self) -> Hashable:
        return charts.state_of(self.runs), tuple(len(group.members) for group in self.groups)


def show(board: Board, chart_input: ChartInput, keys: Sequence[str], picked: Picked) -> None:
    """Shows the metrics `keys` as charts beside each other."""
    plots = [board.linked(key, chart_input.axis) for key in keys]
    view = plots[0].view
    captions = []
    # A row of columns for each two: on a phone they stand below each other in the order of the metrics.
    cells = [cell for _ in keys[::2] for cell in st.columns(2)] if len(keys) > 1 else [st.container()]
    for cell, key, plot in zip(cells, keys, plots, strict=False):
        with cell:
            if len(keys) > 1:
                st.caption(f"**{plain(chart_options.said(key))}**")
            chart = chart_of(chart_input, key, plot.window)
            chart = looked_at(chart, plot.window, view.spans.get(key) if view else None, chart_input.display)
            plot.show(chart, HEIGHT if len(keys) == 1 else SEVERAL_HEIGHT, zooms=True, picked=picked)
            captions.append((st.empty(), chart.caption))
    for under, caption in captions:
        if any(other != caption for _, other in captions):
            under.caption(plain(caption))
    if len({caption for _, caption in captions}) == 1:
        st.caption(("In each: " if len(keys) > 1 else "") + plain(captions[0][1]))
    if view is not None:
        chart_options.keep_window(view.window, chart_input.axis)
        chart_options.keep_spans(view.spans)


def chart_of(chart_input: ChartInput, key: str, window: ChartWindow) -> Chart:
    """Returns the chart of one metric, made anew only if the runs have news."""
    return charts.chart_cache.get(
        ("groups", chart_input.name, key, window), lambda: _draw(chart_input, key, window), chart_input.state
    )


def by_member(runs: Sequence[Run], key: str, axis: str, window: ChartWindow = None) -> dict[TrialKey, Curve]:
    return {(curve.run_id, curve.trial): curve for curve in charts.read_curves(runs, key, axis, window)}


def _draw(chart_input: ChartInput, key: str, window: ChartWindow) -> Chart:
    whole = by_member(chart_input.runs, key, chart_input.axis)
    finer = by_member(chart_input.runs, key, chart_input.axis, window) if window else whole
    goals = {charts.solved_at(run, key) for run in chart_input.runs}
    title = metrics.axis(key)
    titles = Titles(
        charts.axis_title(chart_input.axis, chart_input.runs),
        title,
        goals.pop() if len(goals) == 1 else None,
        chart_input.axis == charts.DATE,
    )
    bundles = [_bundle(group, whole, finer, group.id in chart_input.opened) for group in chart_input.groups]
    return group_lines.draw(bundles, titles, chart_input.display)


def _bundle(group: Group, whole: Mapping[TrialKey, Curve], finer: Mapping[TrialKey, Curve], is_open: bool) -> Bundle:
    # a seed that was run again would make a band narrower than it is
    of_seed = {evidence(each): each for each in group.members if (each.run.id, each.trial.number) in whole}
    there = list(of_seed.values())
    places = [(member.run.id, member.trial.number) for member in there]
    common = group_bands.shared([whole[place] for place in places])
    curves = [finer.get(place, whole[place]) for place in places]
    return Bundle(group.id, group.label, group.ordinal, curves, [member.name for member in there], common, is_open)


def looked_at(chart: Chart, window: ChartWindow, span: AxisRange | None, display: Display) -> Chart:
    """Returns the chart with the parts of its axes that are looked at."""
    is_date = chart.layout["xaxis"]["type"] == "date"
    ends = {"xaxis": _ends(window, display.log_x and not is_date), "yaxis": _ends(span, display.log_y)}
    axes = {name: {**chart.layout[name], "range": end} for name, end in ends.items() if end is not None}
    return replace(chart, layout={**chart.layout, **axes}) if axes else chart


def _ends(span: AxisRange | None, is_log: bool) -> list[float] | None:
    if span is None or (is_log and span[0] <= 0):
        return None
    return [math.log10(end) for end in span] if is_log else list(span)
