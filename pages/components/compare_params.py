"""Compare: params against scores, across runs. One picture at a time, computed when it is looked at; which, and of what, is in the URL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import streamlit as st

from backend import api_answers
from backend.analysis import params as analysis
from backend.analysis import scores
from backend.analysis.params import Column, Floats, Points
from backend.analysis.scores import Scored
from backend.catalog import metrics
from backend.catalog.metrics import Mode
from backend.figures import params as figures
from backend.figures.params import Owner
from pages.components import compare_answers_ask
from pages.components.chart_options import choice, keep, listed
from pages.components.charts import Board
from pages.components.comparison import Comparison
from pages.components.figure_plot import figure_plot
from pages.components.text import plain

METRIC = "metrics."
GROUP = "group"  # as a colour: each group has its own
MOST_AXES = 7  # params of the parallel coordinates, unless asked for
MOST_NOTES = 8
KEPT = 32


@dataclass(frozen=True, eq=False)
class Sight:
    """What a picture is drawn of: the points of all groups, and the score of each."""

    what: Comparison
    scored: tuple[Scored, ...]
    points: Points
    score: Column
    mode: Mode

    @property
    def owners(self) -> list[Owner]:
        return [Owner(each.group.label, each.group.ordinal) for each in self.scored]

    @property
    def names(self) -> dict[str, str]:
        """What can be an axis, by what it is called in the URL, with what a person reads."""
        keys = dict.fromkeys([self.what.key, *self.what.keys])
        return {column.name: column.title for column in self.points.params} | {METRIC + key: metrics.title(key) for key in keys}

    def column(self, name: str) -> Column:
        """Returns a param, or the scores of a metric."""
        if not name.startswith(METRIC):
            return next(column for column in self.points.params if column.name == name)
        if name == self.score.name:
            return self.score
        key = name.removeprefix(METRIC)
        groups = [each.group for each in self.scored]
        return _scores(key, api_answers.scored(groups, key, scores.rule_of("", key), scores.direction(self.what.runs, key) or "max"))


def show(what: Comparison, _board: Board) -> None:
    """Shows one picture of params and scores."""
    groups = [group for group in what.groups if group.members]
    if not groups:
        st.info("None of these runs has seeds or trials with scores.", icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _picture()
        rule = compare_answers_ask.score(what.key)
        mode = compare_answers_ask.direction(what)
    scored = api_answers.scored(groups, what.key, rule, mode or "max")
    sight = Sight(what, tuple(scored), analysis.points(scored), _scores(what.key, scored), mode or "max")
    if lack := _lack(sight, name, mode):
        st.info(plain(lack), icon=":material/tune:")
        return
    st.caption(PICTURES[name].tells)
    PICTURES[name].draw(sight)
    st.caption(plain(f"{_counted(sight)} {metrics.title(what.key)}: {rule.words}."))
    for note in [note for each in scored for note in each.notes][:MOST_NOTES]:
        st.caption(f":material/warning: {plain(note)}")


def _picture() -> str:
    return choice("Picture", {name: each.title for name, each in PICTURES.items()}, "picture", "params_picture", shown=True)


def _scores(key: str, scored: Sequence[Scored]) -> Column:
    return Column(METRIC + key, np.array([score.value for each in scored for score in each.scores], np.float64), heading=metrics.title(key))


def _numbers(column: Column) -> Floats:
    return column.numbers if column.numbers is not None else np.full(len(column.texts), np.nan)


def _lack(sight: Sight, name: str, mode: Mode | None) -> str:
    """Returns what there is too little of for any picture, or for this one; empty if there is enough."""
    if not np.isfinite(_numbers(sight.score)).any():
        return f"None of these runs has a finite score of {metrics.title(sight.what.key)} so far."
    if not sight.points.params:
        return f"All {len(sight.points.members)} points have the same settings: there is no param to compare by. Add runs with other ones."
    if mode is None and PICTURES[name].directed:
        return "Say above whether high or low values of this metric are better."
    return ""


def _counted(sight: Sight) -> str:
    n, settings = len(sight.points.members), len(set(sight.points.repeats))
    repeats = f" of {settings} different settings" if settings < n else ""
    lost = int((~np.isfinite(_numbers(sight.score))).sum())
    return f"{n} seeds and trials{repeats}{f', {lost} without a finite score' if lost else ''}."


def _choose(label: str, options: Sequence[str], default: str, name: str, sight: Sight) -> str:
    """Lets a person choose an axis; kept in the URL under `name`."""
    told = {GROUP: "group", **sight.names}
    asked = st.query_params.get(name, default)
    chosen = st.selectbox(
        label, list(options), index=list(options).index(asked) if asked in options else list(options).index(default), width=230,
        format_func=lambda each: told.get(each, each), key=f"{name}_{hash(tuple(options))}_{default}",
    )  # fmt: skip
    return keep(name, chosen, default)


def _log(label: str, name: str, column: Column, *, default: bool = False) -> bool:
    """Lets a person choose a log axis, where there are numbers above 0."""
    possible = column.numbers is not None and bool((column.numbers > 0).any())
    asked = st.query_params.get(name, "1" if default else "0") == "1"
    chosen = st.toggle(label, value=asked and possible, key=f"{name}_{column.name}", disabled=not possible)
    keep(name, "1" if chosen else "0", "1" if default and possible else "0")
    return bool(chosen)


def _scatter(sight: Sight) -> None:
    every = list(sight.names)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        x = sight.column(_choose("x", every, every[0], "px", sight))
        y = sight.column(_choose("y", every, sight.score.name, "py", sight))
        third = _choose("Colour", [GROUP, *every], GROUP, "pc", sight)
        log_x = _log("log x", "plx", x, default=x.numbers is not None and analysis.is_wide(x.numbers))
        log_y = _log("log y", "ply", y)
    colour = None if third == GROUP else sight.column(third)
    points = sight.points
    figure = figures.scatter(x, y, colour, points.labels, points.owners, sight.owners, log_x=log_x, log_y=log_y)
    figure_plot(figure, "params_scatter", in_run_colours=True)
    hidden = sum(int((_numbers(column) <= 0).sum()) for column, log in ((x, log_x), (y, log_y)) if log)
    if hidden:
        st.caption(f"{hidden} at or below 0 cannot be on a log axis.")


def _parallel(sight: Sight) -> None:
    names = [column.name for column in sight.points.params]
    asked = [part for part in listed("pp") if part in names]
    chosen = st.multiselect(
        "Params", names, default=asked, format_func=sight.names.__getitem__, key=f"pp_{hash(tuple(names))}", label_visibility="collapsed",
        placeholder="Params: the first ones" if len(names) > MOST_AXES else "Params: all that differ", width=420,
    )  # fmt: skip
    keep("pp", ",".join(chosen), "")
    columns = [sight.column(name) for name in chosen or names[:MOST_AXES]]
    figure_plot(figures.parallel(columns, sight.score, sight.mode), "params_parallel", in_run_colours=True)


def _correlation(sight: Sight) -> None:
    found = analysis.correlations(sight.points, _numbers(sight.score))
    if found:
        figure_plot(figures.correlation(found, sight.score.title), "params_correlation", in_run_colours=True)
        st.caption(
            "Repetitions, which differ in nothing but the seed, count once, at their mean. Spearman 1904; 95 % intervals by "
            "Fisher's z, Bonett & Wright 2000. Many params looked at: one of twenty that mean nothing seems to mean something."
        )
        return
    st.info(
        f"Says nothing below {analysis.FEWEST} different settings with a score, nor of params that are no numbers or scores that are all "
        "alike. Box plots tell of params that are words.", icon=":material/hourglass_empty:",
    )  # fmt: skip


def _importance(sight: Sight) -> None:
    ids = tuple(run.id for run in sight.what.runs)
    found, n = _importances(ids, sight.score.name, sight.mode, tuple(_numbers(sight.score).tolist()), sight.points.repeats, _sight=sight)
    if found:
        figure_plot(figures.importance(found, sight.score.title), "params_importance", in_run_colours=True)
        hint = f" Of fewer than {analysis.HINT} it is a hint at most." if n < analysis.HINT else ""
        st.caption(
            f"Over {n} different settings, repetitions at their mean; params that some runs do not have are left out. "
            f"PED-ANOVA, Watanabe et al. 2023.{hint}"
        )
        return
    st.info(
        f"There are {n} different settings with a score. Below {analysis.FEWEST} it says nothing; nor where all scores are alike, only one "
        "param differs, or nothing tells the params apart.", icon=":material/hourglass_empty:",
    )  # fmt: skip


@st.cache_data(max_entries=KEPT, show_spinner="Computing …")
def _importances(
    ids: tuple[str, ...], key: str, mode: Mode, values: tuple[float, ...], repeats: tuple[str, ...], *, _sight: Sight
) -> tuple[dict[str, float], int]:
    """Returns importances; computed anew only if what they are of is another."""
    return analysis.importances(_sight.points, np.array(values), mode)


def _boxes(sight: Sight) -> None:
    names = [column.name for column in sight.points.params]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        column = sight.column(_choose("Param", names, names[0], "pb", sight))
        log_y = _log("log y", "plb", sight.score)
    values, binned = analysis.values_of(column)
    figure = figures.boxes(column, values, sight.score, sight.points.labels, log_y=log_y)
    figure_plot(figure, "params_boxes", in_run_colours=True)
    st.caption(f"Box: quartiles and median; whiskers: the last point within 1.5 times its height. {binned}{'.' if binned else ''}")


@dataclass(frozen=True)
class Picture:
    """One kind of picture; `directed` if it must know whether high or low is better."""

    title: str
    tells: str
    draw: Callable[[Sight], None]
    directed: bool = False


PICTURES = {
    "scatter": Picture("Scatter", "A point for each seed or trial: any param or metric against any other.", _scatter),
    "parallel": Picture(
        "Parallel coordinates",
        "Each line is a seed or trial and passes through its params to its score: strong lines that run together show what goes with "
        "good scores.",
        _parallel,
        directed=True,
    ),
    "correlation": Picture(
        "Correlation",
        "How regularly the score rises (right) or falls (left) with each param, from −1 to 1. Nothing is said of why.",
        _correlation,
    ),
    "importance": Picture(
        "Importance",
        "The longer the bar, the more this param sets the best quarter of the settings apart from all of them.",
        _importance,
        directed=True,
    ),
    "boxes": Picture("Box plots", "The scores of all seeds and trials that have the same value of a param.", _boxes),
}
