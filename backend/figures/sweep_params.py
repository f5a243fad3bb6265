"""Pictures of a sweep's parameters: parallel coordinates, importance, contour, slice, rank."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from backend.analysis import study as analysis
from backend.figures import palette
from backend.figures.sweep_dress import EDGE, GREY, mixed, named, ramp, scale, short, square, tell
from backend.figures.sweep_needs import complete
from backend.model import Run

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from optuna.study import Study
    from optuna.trial import FrozenTrial


PLACES = 32  # along an axis of the contour: Optuna's own grid has a cell for each pair of trials, 250,000 for 500
LEVELS = 16  # of colour in the parallel coordinates
ACROSS = 4  # slices in a row


@dataclass(frozen=True)
class PictureInput:
    """What a picture is drawn of, and how: names are already escaped, params are those to draw."""

    run: Run
    objectives: tuple[str, ...]
    objective: int
    params: list[str] = field(default_factory=list)

    @property
    def target(self) -> str:
        return self.objectives[self.objective]

    @property
    def colour(self) -> str:
        return palette.of_run(self.run.ordinal)


def parallel(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw
    import plotly.graph_objects as go

    figure = draw.plot_parallel_coordinate(study, inputs.params, target_name=inputs.target)
    *lines, legend = figure.data
    names = [inputs.target, *inputs.params]
    levels: dict[int, list[Any]] = {}
    for line in lines:
        good = float(line.y[0]) if is_up(study) else 1.0 - float(line.y[0])
        levels.setdefault(round(good * (LEVELS - 1)), []).append(line)
    legend.marker.colorscale = scale(inputs.colour)
    # One trace for each level of colour, the best last and on top; Optuna makes one for each trial, which a browser
    # feels.
    figure = go.Figure(
        [*(_bundle(levels[level], level, names, inputs.colour) for level in sorted(levels)), legend], figure.layout
    )
    figure.update_xaxes(ticktext=[short(name) for name in names])
    # What the values are stands on top of the lines, so it needs a ground; this one is read on white and on black.
    figure.update_annotations(font={"color": "#ffffff"}, bgcolor="rgba(51,65,85,0.85)", borderpad=1)
    return figure.update_layout(height=400)


def _bundle(lines: Sequence[Any], level: int, names: Sequence[str], colour: str) -> "go.Scatter":
    """Returns the lines of several trials as one, with gaps."""
    import plotly.graph_objects as go

    good = level / (LEVELS - 1)
    y = [value for line in lines for value in (*line.y, None)]
    customdata = [
        pair
        for line in lines
        for pair in (*([name, text] for name, (_, text) in zip(names, line.customdata, strict=True)), None)
    ]
    return go.Scatter(
        x=[*range(len(names)), None] * len(lines),
        y=y,
        customdata=customdata,
        mode="lines",
        line={"color": mixed(GREY, colour, good), "width": 1.2 + good},
        opacity=0.4 + 0.5 * good,
        showlegend=False,
        hovertemplate="%{customdata[0]}: %{customdata[1]}<extra></extra>",
    )


def importance(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_param_importances(study, evaluator=analysis.evaluator(), target_name=inputs.target)
    figure.update_traces(marker_color=inputs.colour, textposition="outside")
    figure.update_xaxes(title_text=f"importance for {inputs.target}, all together 1", rangemode="tozero")
    figure.update_yaxes(title_text=None, showgrid=False)
    return figure.update_layout(height=110 + 28 * len(figure.data[0].y))


def contour(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_contour(_snapped(study, inputs.params), inputs.params, target_name=inputs.target)
    trials, names = complete(study), inputs.params
    pairs = [(x, y) for x in names for y in names if x != y] if len(names) > 2 else [(names[0], names[1])]
    scatters = [trace for trace in figure.data if trace.type == "scatter" and trace.x is not None and len(trace.x)]
    for trace, (x, y) in zip(scatters, pairs, strict=True):
        for axis, name in (("x", x), ("y", y)):
            if not isinstance(trace[axis][0], str):
                trace[axis] = [trial.params[name] for trial in trials]  # the points stay where they were
        tell(trace, [told_of(trial, inputs) for trial in trials], x, y)
        trace.marker = {
            "color": "#1f2937",
            "size": 5 if len(trials) < 150 else 3,
            "line": {"width": 0.8, "color": "#ffffff"},
        }
    figure.update_traces(colorscale=ramp(inputs.colour), line_width=0.5, selector={"type": "contour"})
    return square(figure, names)


def _snapped(study: "Study", params: Sequence[str]) -> "Study":
    """Returns the finished trials with every number moved to one of PLACES, so that the grid
    of a contour stays small."""
    import optuna
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    copy = optuna.create_study(direction=study.directions[0])
    trials = complete(study)
    columns: dict[str, list[Any]] = {name: [trial.params[name] for trial in trials] for name in params}
    distributions = {name: trials[0].distributions[name] for name in params}
    for name, distribution in distributions.items():
        if isinstance(distribution, CategoricalDistribution) or len(set(columns[name])) <= PLACES:
            continue
        is_log = isinstance(distribution, FloatDistribution | IntDistribution) and distribution.log
        values = np.log(columns[name]) if is_log else np.array(columns[name], float)
        places = np.linspace(values.min(), values.max(), PLACES)
        nearest = places[np.abs(values[:, None] - places).argmin(axis=1)]
        columns[name] = (np.exp(nearest) if is_log else nearest).tolist()
        distributions[name] = FloatDistribution(min(columns[name]), max(columns[name]), log=is_log)
    for row, trial in enumerate(trials):
        at = {name: column[row] for name, column in columns.items()}
        copy.add_trial(optuna.trial.create_trial(value=trial.value, params=at, distributions=distributions))
    return copy


def slices(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_slice(study, inputs.params, target_name=inputs.target)
    texts = {trial.number: told_of(trial, inputs) for trial in complete(study)}
    for index, (trace, name) in enumerate(zip(figure.data, inputs.params, strict=True)):
        _unquote(trace, figure.layout[f"xaxis{index + 1 if index else ''}"])
        tell(trace, [texts[number] for number in trace.marker.color], name)
    bar = {"title": "trial", "x": 1.0, "xpad": 12, "thickness": 12}
    figure.update_traces(
        marker={
            "colorscale": scale(inputs.colour),
            "size": 6,
            "line": {"width": 0.5, "color": EDGE},
            "colorbar": bar,
        }
    )
    return _in_rows(figure, inputs.params)


def _unquote(trace: Any, axis: Any) -> None:
    """Shows choices that are texts without Python's quotes, unless one of them then looks like another."""
    if axis.type != "category" or not axis.categoryarray:
        return
    bare = {shown: shown[1:-1] if shown[0] in "'\"" else shown for shown in axis.categoryarray}
    if len(set(bare.values())) == len(bare):
        axis.categoryarray = list(bare.values())
        trace.x = [bare[shown] for shown in trace.x]


def _in_rows(figure: "go.Figure", names: Sequence[str]) -> "go.Figure":
    """Lays slices, which Optuna puts side by side however many, into rows."""
    count = len(names)
    rows, columns = math.ceil(count / ACROSS), min(count, ACROSS)
    gap, wide, high = 0.03, 1 / columns, 1 / rows
    for index in range(count if count > 1 else 0):
        row, column = divmod(index, ACROSS)
        suffix = str(index + 1) if index else ""
        top, left = 1 - row * high, column * wide
        figure.layout[f"xaxis{suffix}"].domain = [left + (gap if column else 0), left + wide]
        figure.layout[f"yaxis{suffix}"].domain = [max(0.0, top - high + (0.22 * high if rows > 1 else 0)), top]
        if column == 0:
            figure.layout[f"yaxis{suffix}"].update(showticklabels=True, title={"text": figure.layout.yaxis.title.text})
    named(figure.for_each_xaxis, names)
    return figure.update_layout(width=None, height=60 + 280 * rows)


def rank(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_rank(study, inputs.params, target_name=inputs.target)
    trials, names = complete(study), inputs.params
    values = np.array([trial.value for trial in trials])
    ranks = np.searchsorted(np.sort(values), values, side="right") / len(values)
    texts = [told_of(trial, inputs) for trial in trials]
    pairs = [(x, y) for x in names for y in names] if len(names) != 2 else [(names[0], names[1])]
    *scatters, legend = figure.data
    colours = (
        scale(inputs.colour) if is_up(study) else [[1 - at, colour] for at, colour in reversed(scale(inputs.colour))]
    )
    for trace, (x, y) in zip(scatters, pairs, strict=True):
        edge = {"width": 0.5, "color": EDGE}
        trace.marker = {"color": ranks, "colorscale": colours, "cmin": 0, "cmax": 1, "size": 6, "line": edge}
        tell(trace, texts, x, y)
        if x == y:
            trace.visible = False  # a parameter against itself is a diagonal; its name stands at the edge
    legend.marker.colorscale = colours
    return square(figure, names)


def told_of(trial: "FrozenTrial", inputs: PictureInput) -> str:
    """Returns what is said of a trial under the pointer."""
    names = inputs.objectives if len(trial.values or ()) > 1 else (inputs.target,)
    values = [f"{name}: {value:.6g}" for name, value in zip(names, trial.values or (), strict=False)]
    return "<br>".join([f"trial {trial.number}", *values])


def is_up(study: "Study") -> bool:
    return study.directions[0].name == "MAXIMIZE"
