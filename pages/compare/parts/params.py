"""Compare: params against scores, across runs.

One picture at a time, computed when it is looked at; which, and of what, is in the URL.
"""

from collections.abc import Callable

import numpy as np
import streamlit as st

from backend.analysis import params as analysis
from backend.catalog import metrics
from pages.compare.parts import param_pictures, question
from pages.compare.parts.comparison import Comparison
from pages.compare.parts.param_pictures import GROUP, MOST_AXES, PICTURES, Log, Scatter, Sight, UrlAxis
from pages.runs.chart_options import choice, keep, keep_listed
from pages.runs.charts import Board
from pages.widgets.figure_plot import figure_plot
from pages.widgets.text import plain

MOST_NOTES = 8


def show(what: Comparison, _board: Board) -> None:
    """Shows one picture of params and scores."""
    if not any(group.members for group in what.groups):
        st.info("None of these runs has seeds or trials with scores.", icon=":material/hourglass_empty:")
        return
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = _picture()
        now = question.of(what)
        question.ask_score(now)
        question.ask_direction(now, what)
    posed_question = question.of(what)
    sight = param_pictures.sight(what, posed_question)
    if lack := sight.lack(name):
        st.info(plain(lack), icon=":material/tune:")
        return
    st.caption(PICTURES[name].tells)
    if name in _ASKED:
        _ASKED[name](sight)
    figure = PICTURES[name].draw(sight, st.query_params.to_dict())
    if figure is not None:
        figure_plot(figure, f"params_{name}", in_run_colours=True)
    if name in _TOLD:
        _TOLD[name](sight, figure is not None)
    st.caption(plain(f"{_counted(sight)} {metrics.title(what.key)}: {posed_question.rule.words}."))
    for note in [note for each in sight.scored for note in each.notes][:MOST_NOTES]:
        st.caption(f":material/warning: {plain(note)}")


def _picture() -> str:
    return choice(
        "Picture", {name: each.title for name, each in PICTURES.items()}, "picture", "params_picture", shown=True
    )


def _counted(sight: Sight) -> str:
    n, settings = len(sight.points.members), len(set(sight.points.repeats))
    repeats = f" of {settings} different settings" if settings < n else ""
    lost = int((~np.isfinite(param_pictures.numbers(sight.score))).sum())
    return f"{n} seeds and trials{repeats}{f', {lost} without a finite score' if lost else ''}."


def _choose(label: str, axis: UrlAxis, sight: Sight) -> None:
    """Lets a person choose an axis, kept in the URL."""
    labels = {GROUP: "group", **sight.names}
    options = list(axis.options)
    chosen = st.selectbox(
        label,
        options,
        index=options.index(axis.of(st.query_params)),
        width=230,
        format_func=lambda each: labels.get(each, each),
        key=f"{axis.name}_{hash(tuple(options))}_{axis.default}",
    )
    keep(axis.name, chosen, axis.default)


def _log(label: str, log: Log) -> None:
    """Lets a person choose a log axis, where there are numbers above 0."""
    chosen = st.toggle(
        label, value=log.of(st.query_params), key=f"{log.name}_{log.column.name}", disabled=not log.is_possible
    )
    keep(log.name, "1" if chosen else "0", "1" if log.default and log.is_possible else "0")


def _ask_scatter(sight: Sight) -> None:
    scatter = Scatter(sight, st.query_params)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        for label, axis in zip(("x", "y", "Colour"), scatter.axes, strict=True):
            _choose(label, axis, sight)
        for label, log in zip(("log x", "log y"), scatter.logs, strict=True):
            _log(label, log)


def _tell_scatter(sight: Sight, _is_drawn: bool) -> None:
    if hidden := Scatter(sight, st.query_params).hidden:
        st.caption(f"{hidden} at or below 0 cannot be on a log axis.")


def _ask_parallel(sight: Sight) -> None:
    names = sight.params
    chosen = st.multiselect(
        "Params",
        names,
        default=param_pictures.parallel_params(sight, st.query_params),
        format_func=sight.names.__getitem__,
        key=f"pp_{hash(tuple(names))}",
        label_visibility="collapsed",
        width=420,
        placeholder="Params: the first ones" if len(names) > MOST_AXES else "Params: all that differ",
    )
    keep_listed("pp", chosen)


def _tell_correlation(_sight: Sight, is_drawn: bool) -> None:
    if is_drawn:
        st.caption(
            "Repetitions, which differ in nothing but the seed, count once, at their mean. Spearman 1904; 95 %"
            " intervals by Fisher's z, Bonett & Wright 2000. Many params looked at: one of twenty that mean nothing"
            " seems to mean something."
        )
        return
    st.info(
        f"Says nothing below {analysis.FEWEST} different settings with a score, nor of params that are no numbers or"
        " scores that are all alike. Box plots tell of params that are words.",
        icon=":material/hourglass_empty:",
    )


def _tell_importance(sight: Sight, is_drawn: bool) -> None:
    _, n = param_pictures.importances(sight)
    if is_drawn:
        hint = f" Of fewer than {analysis.HINT} it is a hint at most." if n < analysis.HINT else ""
        st.caption(
            f"Over {n} different settings, repetitions at their mean; params that some runs do not have are left out. "
            f"PED-ANOVA, Watanabe et al. 2023.{hint}"
        )
        return
    st.info(
        f"There are {n} different settings with a score. Below {analysis.FEWEST} it says nothing; nor where all scores"
        " are alike, only one param differs, or nothing tells the params apart.",
        icon=":material/hourglass_empty:",
    )


def _ask_boxes(sight: Sight) -> None:
    param, log_y = param_pictures.boxes_axes(sight)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        _choose("Param", param, sight)
        _log("log y", log_y)


def _tell_boxes(sight: Sight, _is_drawn: bool) -> None:
    param, _ = param_pictures.boxes_axes(sight)
    _, binned = analysis.values_of(sight.column(param.of(st.query_params)))
    st.caption(
        "Box: quartiles and median; whiskers: the last point within 1.5 times its height."
        f" {binned}{'.' if binned else ''}"
    )


_ASKED: dict[str, Callable[[Sight], None]] = {"scatter": _ask_scatter, "parallel": _ask_parallel, "boxes": _ask_boxes}
_TOLD: dict[str, Callable[[Sight, bool], None]] = {
    "scatter": _tell_scatter,
    "correlation": _tell_correlation,
    "importance": _tell_importance,
    "boxes": _tell_boxes,
}
