"""Pictures of a sweep, drawn by Optuna and dressed for the page: plotly figures without titles, in the run's colour.

Optuna and plotly are imported where they are used. Names and texts are escaped before Optuna sees them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from backend.analysis import study as analysis
from backend.catalog import metrics
from backend.figures import palette
from backend.figures.sweep_dress import DIM, EDGE, GREY, dressed, mixed, plain
from backend.figures.sweep_needs import PictureNeeds, complete, lack, number, searched, varied
from backend.figures.sweep_params import LEVELS, PictureInput, contour, importance, parallel, rank, slices, told_of
from backend.model import Run, Trial, TrialState

if TYPE_CHECKING:
    import plotly.graph_objects as go
    from optuna.study import Study


MOST = 4  # parameters of a picture of pairs, unless asked for: more are slow and too small to read
ENDS = {"COMPLETE": ("succeeded", "#0f9d76"), "PRUNED": ("pruned", "#b58100"), "FAIL": ("failed", palette.ALARM)}


@dataclass(frozen=True)
class SweepPicture:
    """One kind of picture: what it is called, what it tells, what it needs, and who draws it."""

    title: str
    tells: str
    needs: PictureNeeds
    draw: Callable[["Study", PictureInput], "go.Figure"]


def picture(run: Run, name: str, params: Sequence[str] = (), objective: int = 0) -> "go.Figure | str":
    """Returns one of PICTURES of a sweep, or a sentence that says what it lacks.

    `params` are those to draw, of pictures that draw parameters; without any it is all of them, of pictures of pairs
    the most important ones. `objective` is the one to draw, where there are several; "pareto" draws all.

    Raises:
        KeyError: there is no such picture.
    """
    kind = PICTURES[name]
    goals = analysis.objectives(run)
    if not 0 <= objective < len(goals):
        return f"There is no objective {objective + 1}; this sweep has {number(len(goals))}."
    # On the timeline each repeat had a time of its own.
    changes = (
        {"spec": {**run.spec, "repeats": 1}} if name == "timeline" else {"trials": tuple(map(with_pruned, run.trials))}
    )
    run = replace(run, **changes)
    study = analysis.study(run, None if kind.needs.objectives else objective, plain)
    if missing := lack(kind.needs, study, len(goals)):
        return missing
    there = varied(study) if kind.needs.varied else searched(study)
    wanted = [shown for param in params if (shown := plain(param)) in there]
    if kind.needs.varied and len(wanted) < kind.needs.varied and len(there) > MOST:
        important = [*analysis.importances_of(study), *there]
        wanted = [name for name in dict.fromkeys([*wanted, *important]) if name in there][:MOST]
    elif len(wanted) < max(1, kind.needs.varied):
        wanted = there
    if name == "importance" and not analysis.importances_of(study):
        return (
            "The finished trials do not tell the parameters apart: their values, or their parameters, are too much"
            " alike."
        )
    inputs = PictureInput(run, tuple(plain(metrics.title(goal.key)) for goal in goals), objective, sorted(wanted))
    return dressed(kind.draw(study, inputs))


def dark(run: Run) -> dict[str, str]:
    """Returns which colours of a run's pictures are others on a dark page, where grey must not
    outshine the run's colour."""
    light, lighter = palette.of_run(run.ordinal), dict(zip(palette.LIGHT, palette.DARK, strict=True))
    levels = [level / (LEVELS - 1) for level in range(LEVELS)]
    return lighter | {mixed(GREY, light, share): mixed(DIM, lighter[light], share) for share in levels}


def with_pruned(trial: Trial) -> Trial:
    """Counts a pruned trial with the best it reached, as the search does; where most are
    pruned, the others tell little."""
    return (
        replace(trial, state=TrialState.SUCCEEDED)
        if trial.state is TrialState.PRUNED and trial.best is not None
        else trial
    )


def _edf(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_edf(study, target_name=inputs.target)
    figure.update_traces(line={"color": inputs.colour, "width": 2.5, "shape": "hv"}, showlegend=False)
    figure.update_traces(hovertemplate=f"%{{y:.0%}} of the trials: {inputs.target} %{{x:.5g}} or less<extra></extra>")
    figure.update_yaxes(title_text="share of the trials", tickformat=".0%", range=[0, 1.02])
    return figure.update_layout(height=360)


def _timeline(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_timeline(study)
    texts = {trial.number: told_of(trial, inputs) for trial in study.get_trials(deepcopy=False)}
    for trace in figure.data:
        name, colour = ENDS[trace.name]
        trace.update(
            name=name,
            marker={"color": colour, "line": {"width": 0}},
            width=0.85,
            text=[texts[number] for number in trace.y],
        )
        trace.hovertemplate = f"%{{text}}<extra>{name}</extra>"
    figure.update_xaxes(title_text=None)
    figure.update_yaxes(title_text="trial", autorange="reversed")
    legend = {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0}
    return figure.update_layout(height=min(720, max(260, 90 + 14 * len(texts))), legend=legend, barmode="overlay")


def _pareto(study: "Study", inputs: PictureInput) -> "go.Figure":
    import optuna.visualization as draw

    figure = draw.plot_pareto_front(study, target_names=list(inputs.objectives))
    texts = {trial.number: told_of(trial, inputs) for trial in complete(study)}
    looks = (("others", GREY, 7), ("nothing is better in all", inputs.colour, 10))
    for trace, (name, colour, size) in zip(figure.data, looks, strict=True):
        trace.text = [texts[number] for number in trace.marker.color]
        trace.marker = {
            "color": colour,
            "size": size / 2 if trace.type == "scatter3d" else size,
            "line": {"width": 0.5, "color": EDGE},
        }
        trace.update(name=name, showlegend=True, hovertemplate="%{text}<extra></extra>")
    return figure.update_layout(height=460, legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0})


PICTURES: dict[str, SweepPicture] = {
    "parallel": SweepPicture(
        "Parallel coordinates",
        "Each line is a trial and passes through the values it tried: coloured lines that run together show what goes"
        " with good results.",
        PictureNeeds(params=1),
        parallel,
    ),
    "importance": SweepPicture(
        "Importance",
        "The longer the bar, the more this parameter sets the best quarter of the trials apart from all of them"
        " (PED-ANOVA).",
        PictureNeeds(trials=analysis.FEWEST, params=2),
        importance,
    ),
    "contour": SweepPicture(
        "Contour",
        "A map of two parameters at a time: the colour is the result, filled in between the trials, which are the"
        " points.",
        PictureNeeds(varied=2),
        contour,
    ),
    "slice": SweepPicture(
        "Slice",
        "One parameter at a time against the result: a slope or a hump shows where good values lie; later trials are in"
        " stronger colour.",
        PictureNeeds(params=1),
        slices,
    ),
    "rank": SweepPicture(
        "Rank",
        "Two parameters at a time, a point for each trial, coloured by its place among all: one bad outlier does not"
        " hide the rest.",
        PictureNeeds(varied=2),
        rank,
    ),
    "edf": SweepPicture(
        "Share of trials",
        "How large a share of the trials came out at a value or below it (empirical distribution function): "
        "a steep part means that many trials came out alike.",
        PictureNeeds(),
        _edf,
    ),
    "timeline": SweepPicture(
        "Timeline",
        "When each trial began and ended, and how: it shows what ran side by side, and how much time pruning saved.",
        PictureNeeds(trials=0, over=1),
        _timeline,
    ),
    "pareto": SweepPicture(
        "Pareto front",
        "The coloured trials are those that no other one beats in every objective at once: choosing among them is a"
        " matter of taste.",
        PictureNeeds(trials=1, objectives=(2, 3)),
        _pareto,
    ),
}
