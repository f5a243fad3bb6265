"""Sample efficiency: how many steps the seeds of each group need to reach a target, and how many of them do."""

import math
from collections.abc import Callable
from typing import Any

import streamlit as st

from backend.analysis import words
from backend.analysis.answering import Answers, Reached
from backend.analysis.answers.samples import Estimate, percent
from backend.catalog import metrics
from backend.figures import palette
from pages.components.chart_options import keep
from pages.components.comparison import Comparison
from pages.components.markup import markup
from pages.components.text import plain


def show(what: Comparison, found: Answers) -> None:
    """Asks for the target, unless each environment has its own, and shows who reached it when."""
    title = metrics.title(found.question.key)
    if len(found.environments) < 2:
        _ask(found, title)
    if not found.reached:
        several = len(found.environments) > 1
        st.caption("These environments have no score that counts as solved." if several else f"Say which {plain(title)} is to be reached.")
        return
    steps = "env steps" if all(run.kind == "rl" for run in what.runs) else "steps"
    several = len(found.targets) > 1
    names = [
        "Group",
        *["Environment", "Target"] * several,
        "Reached it",
        "Share of seeds",
        f"{steps}, median",
        f"{steps}, IQM",
        "Ended early",
    ]
    markup("compare_reached", "reached", names=names, rows=[_row(each, several) for each in found.reached])
    _said(found, title, steps)


def _ask(found: Answers, title: str) -> None:
    solved = next(iter(found.targets.values()), None) if found.question.target is None else None
    key = f"target_of_{found.question.key}"
    st.number_input(
        f"Target: {title} of at {'least' if found.question.mode == 'max' else 'most'}", value=found.question.target, format="%g", width=260,
        placeholder="a value to reach" if solved is None else f"{solved:g}, which counts as solved", key=key, on_change=_keep, args=(key,),
    )  # fmt: skip


def _keep(key: str) -> None:
    value = st.session_state[key]
    keep("target", "" if value is None else f"{value:.10g}", "")


def _row(each: Reached, several: bool) -> dict[str, Any]:
    got = each.efficiency
    told = [(each.environment, ""), (words.number(got.target), "")] if several else []
    told += [
        (f"{got.reached} of {len(got.steps)}", ""), _interval(got.share, percent), _interval(got.median), _interval(got.iqm),
        (str(got.ended_early or "–"), ""),
    ]  # fmt: skip
    return {"label": each.group.label, "colour": palette.dot(each.group.ordinal), "told": told}


def _interval(each: Estimate, said: Callable[[float], str] = words.number) -> tuple[str, str]:
    """Returns a number and its interval; empty where there is none."""
    center, low, high = ("never" if math.isinf(value) else said(value) for value in (each.center, each.low, each.high))
    return center, f"{low} to {high}" if each.has_interval else ""


def _said(found: Answers, title: str, steps: str) -> None:
    first = found.reached[0].efficiency
    parts = [f"Within {words.number(first.budget)} {steps}, which a seed of each group has done"] if len(found.targets) == 1 else []
    parts.append("in brackets 95 % intervals")
    if any(each.efficiency.reached < len(each.efficiency.steps) for each in found.reached):
        parts.append("seeds that never reached it count in the IQM with all of these steps, so the true value is larger")
    said = "; ".join(parts)
    st.caption(plain(f"{said[0].upper()}{said[1:]}. {first.share.method}; {first.median.method}."))
