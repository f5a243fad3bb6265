"""Line charts: values in, a Plotly figure out."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from backend.analysis.curves import Curve, mean_across, thinned
from backend.figures import palette

HEIGHT, SMALL_HEIGHT = 440, 260  # pixels
POINTS_PER_CHART = 20_000
FAINT = 0.55
MANY = 12  # from here on single seeds are told from each other no more, and share one colour


@dataclass(frozen=True)
class Group:
    """The curves of one run, drawn in its colour: `names` are those of the trials, in the order of `curves`."""

    label: str
    ordinal: int
    curves: Sequence[Curve]
    names: Sequence[str]


def seeds(group: Group, x_title: str, y_title: str, threshold: float | None = None) -> go.Figure:
    """Draws one run: a faint line for each trial, its mean bold; a dashed line where the environment counts as solved."""
    figure = go.Figure()
    budget = POINTS_PER_CHART // max(1, len(group.curves))
    alone = len(group.curves) == 1
    own = palette.of_run(group.ordinal)
    others = [colour for colour in palette.LIGHT if colour != own]
    for index, (curve, name) in enumerate(zip(group.curves, group.names, strict=True)):
        colour = own if alone or len(group.curves) > MANY else others[index % len(others)]
        figure.add_trace(_line(thinned(curve, budget), name, colour, 2.5 if alone else 1.2, 1.0 if alone else FAINT))
    mean = mean_across(group.curves) if len(group.curves) > 1 else None
    if mean is not None:
        figure.add_trace(_line(thinned(mean, budget), "mean", palette.of_run(group.ordinal), 3, 1.0))
    return _dressed(figure, x_title, y_title, threshold)


def overlay(groups: Sequence[Group], x_title: str, y_title: str, threshold: float | None = None) -> go.Figure:
    """Draws several runs: the mean of each bold in the run's colour, its trials faint behind."""
    figure = go.Figure()
    budget = POINTS_PER_CHART // max(1, sum(len(group.curves) for group in groups))
    for group in groups:
        colour, dash = palette.of_run(group.ordinal), palette.dash_of(group.ordinal)
        for curve, name in zip(group.curves, group.names, strict=True):
            if len(group.curves) > 1:
                trace = _line(thinned(curve, budget), f"{group.label} · {name}", colour, 1, 0.4)
                figure.add_trace(trace.update(legendgroup=str(group.ordinal), showlegend=False, hoverinfo="skip", hovertemplate=None))
        mean = mean_across(group.curves)
        if mean is not None:
            figure.add_trace(_line(thinned(mean, budget), group.label, colour, 2.5, 1.0, dash).update(legendgroup=str(group.ordinal)))
    return _dressed(figure, x_title, y_title, threshold)


def caption(curves: Sequence[Curve]) -> str:
    """Returns what is said under a chart: how many points are drawn of how many."""
    total = sum(len(curve.y) for curve in curves)
    budget = POINTS_PER_CHART // max(1, len(curves))
    drawn = sum(len(thinned(curve, budget).y) for curve in curves)
    return f"all {total:,} points" if drawn == total else f"{drawn:,} of {total:,} points, extremes kept"


def _line(curve: Curve, name: str, colour: str, width: float, opacity: float, dash: str = "solid") -> go.Scatter:
    return go.Scatter(
        x=curve.x,
        y=curve.y,
        name=html.escape(name),  # Plotly reads some tags in names
        mode="lines+markers" if len(curve.y) == 1 else "lines",
        opacity=opacity,
        line={"color": colour, "width": width, "dash": dash},
        hovertemplate="%{y:.4g}<extra>%{fullData.name}</extra>",
    )


def _dressed(figure: go.Figure, x_title: str, y_title: str, threshold: float | None) -> go.Figure:
    figure.update_layout(
        template="none",
        height=HEIGHT,
        margin={"l": 58, "r": 12, "t": 36, "b": 48},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        hovermode="x unified",
        uirevision="keep",  # zoom and legend survive every tick
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "itemsizing": "constant"},
        xaxis={"title": {"text": html.escape(x_title), "font": {"size": 12}}, "zeroline": False, "rangemode": "tozero"},
        yaxis={"title": {"text": html.escape(y_title), "font": {"size": 12}}, "zeroline": False},
    )
    if threshold is not None:
        label = {"text": f"solved at {threshold:g}", "textposition": "start", "yanchor": "top", "font": {"size": 11}}
        figure.add_hline(y=threshold, line={"width": 1, "dash": "dash", "color": "#8b95a5"}, label=label)
    return figure
