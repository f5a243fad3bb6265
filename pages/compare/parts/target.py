"""Sample efficiency: how many steps the seeds of each group need to reach a target, and how many of them do."""

from typing import Any

import streamlit as st

from backend.analysis import reaching
from backend.analysis.answering import Answers, Reached
from backend.api import kinds
from backend.catalog import metrics
from backend.figures import palette
from pages.runs.chart_options import keep
from pages.widgets.markup import markup
from pages.widgets.text import plain


def show(analysis: Answers) -> None:
    """Asks for the target, unless each environment has its own, and shows who reached it when."""
    title = metrics.title(analysis.question.key)
    several = len(analysis.environments) > 1
    if not several:
        _ask(analysis, title)
    if not analysis.reached:
        st.caption(
            "These environments have no score that counts as solved."
            if several
            else f"Say which {plain(title)} is to be reached."
        )
        return
    steps = kinds.steps_of(run for each in analysis.scored for run in each.group.runs)
    markup(
        "compare/parts/reached",
        "reached",
        names=reaching.names(analysis, steps),
        rows=[_row(analysis, each) for each in analysis.reached],
    )
    st.caption(plain(reaching.about(analysis, steps)))


def _ask(analysis: Answers, title: str) -> None:
    solved = next(iter(analysis.targets.values()), None) if analysis.question.target is None else None
    key = f"target_of_{analysis.question.key}"
    st.number_input(
        f"Target: {title} of at {'least' if analysis.question.mode == 'max' else 'most'}",
        value=analysis.question.target,
        format="%g",
        width=260,
        placeholder="a value to reach" if solved is None else f"{solved:g}, which counts as solved",
        key=key,
        on_change=_keep,
        args=(key,),
    )


def _keep(key: str) -> None:
    value = st.session_state[key]
    keep("target", "" if value is None else f"{value:.10g}", "")


def _row(analysis: Answers, each: Reached) -> dict[str, Any]:
    return {
        "label": each.group.label,
        "colour": palette.dot(each.group.ordinal),
        "told": reaching.cells(analysis, each),
    }
