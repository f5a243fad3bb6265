"""What a person asks of the groups: baseline, what a seed's score is, which direction is better, which statistic.

All in the URL.
"""

from collections.abc import Sequence

import streamlit as st

from backend.analysis import asking, scores
from backend.analysis.asking import Question
from backend.analysis.groups import Group
from backend.analysis.scores import Rule
from backend.model import Mode
from pages.compare.parts.comparison import Comparison
from pages.runs.chart_options import choice, keep, titles

HOWS = {
    "share": "Mean of the last 10 %",
    "last": "Last value",
    "best": "Best value",
    "reports": "Mean of the last … reports",
}
MODES: dict[Mode, str] = {"max": "High is better", "min": "Low is better"}


def of(what: Comparison) -> Question:
    """Returns what the page's address asks, as it is now."""
    return asking.question(st.query_params.to_dict(), what.runs, what.groups, what.has)


def ask(what: Comparison, groups: Sequence[Group]) -> Question:
    """Lets a person say what is asked."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        now = of(what)
        _ask_baseline(now, groups)
        ask_score(now)
        ask_direction(now, what)
        _ask_statistic()
    return of(what)


def _ask_baseline(now: Question, groups: Sequence[Group]) -> None:
    labels = {group.id: group.label for group in groups}
    chosen = st.selectbox(
        "Baseline",
        list(labels),
        index=list(labels).index(now.baseline),
        format_func=labels.__getitem__,
        width=260,
        key=f"baseline_of_{hash(tuple(labels))}",
        help="Each other group is compared with this one.",
    )
    keep("baseline", chosen, groups[0].id)


def ask_score(now: Question) -> None:
    """Lets a person choose how a curve becomes one number."""
    default = scores.rule_of("", now.key)
    how = st.selectbox(
        "A seed's score",
        list(HOWS),
        index=list(HOWS).index(now.rule.how),
        format_func=HOWS.__getitem__,
        width=230,
        key=f"score_of_{now.key}",
        help="What each seed is judged by. Of a training curve the mean of its end; of an evaluation the last one.",
    )
    reports = now.rule.reports
    if how == "reports":
        reports = int(
            st.number_input("Reports", 1, scores.MOST_REPORTS, reports, key=f"reports_of_{now.key}", width=110)
        )
    rule = Rule(how, reports) if how == "reports" else Rule(how)  # type: ignore[arg-type]
    keep("score", str(rule), str(default))


def ask_direction(now: Question, what: Comparison) -> None:
    """Asks whether high or low is better, where nobody has said so."""
    if scores.direction(what.runs, now.key) is not None:
        return
    chosen = st.segmented_control(
        "Which is better?",
        list(MODES),
        format_func=MODES.__getitem__,
        key=f"better_{now.key}",
        default=now.mode if now.is_directed else None,
    )
    keep("better", chosen or "", "")


def _ask_statistic() -> None:
    about = (
        "IQM: interquartile mean, the mean of the middle half of the seeds, which one lucky or broken seed hardly"
        " moves."
    )
    choice("Difference of", titles(asking.STATISTICS), "statistic", "answers_statistic", shown=True, help=about)
