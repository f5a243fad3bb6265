"""Sample efficiency: how many steps the seeds of each group need to reach a target, and how many of them do."""

import math

import pandas as pd
import streamlit as st

from backend.analysis import words
from backend.analysis.answering import Answers, Reached
from backend.analysis.answers.samples import Estimate, percent
from backend.catalog import metrics
from pages.components.chart_options import keep
from pages.components.comparison import Comparison
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
    rows = [_row(each, steps, several) for each in found.reached]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content")
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


def _row(each: Reached, steps: str, several: bool) -> dict[str, str]:
    got = each.efficiency
    where = {"environment": each.environment, "target": words.number(got.target)} if several else {}
    return {
        "group": each.group.label, **where, "seeds that reached it": f"{got.reached} of {len(got.steps)}",
        "share": _interval(got.share, as_percent=True), f"{steps}, median": _interval(got.median), f"{steps}, IQM": _interval(got.iqm),
        "ended early": str(got.ended_early or "–"),
    }  # fmt: skip


def _interval(each: Estimate, *, as_percent: bool = False) -> str:
    def said(value: float) -> str:
        if math.isinf(value):
            return "never"
        return percent(value) if as_percent else words.number(value)

    return f"{said(each.center)} [{said(each.low)}, {said(each.high)}]" if each.has_interval else said(each.center)


def _said(found: Answers, title: str, steps: str) -> None:
    first = found.reached[0].efficiency
    parts = [f"Within {words.number(first.budget)} {steps}, which a seed of each group has done"] if len(found.targets) == 1 else []
    parts.append("in brackets 95 % intervals")
    if any(each.efficiency.reached < len(each.efficiency.steps) for each in found.reached):
        parts.append("seeds that never reached it count in the IQM with all of these steps, so the true value is larger")
    said = "; ".join(parts)
    st.caption(plain(f"{said[0].upper()}{said[1:]}. {first.share.method}; {first.median.method}."))
