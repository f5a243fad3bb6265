"""What a person asks of the groups: baseline, what a seed's score is, which direction is better, which statistic. All in the URL."""

from collections.abc import Sequence

import streamlit as st

from backend.analysis import scores
from backend.analysis.answering import Question
from backend.analysis.answers import Statistic
from backend.analysis.groups import Group
from backend.analysis.scores import Rule
from backend.model import Mode
from pages.compare.parts.comparison import Comparison
from pages.runs.chart_options import choice, keep

HOWS = {"share": "Mean of the last 10 %", "last": "Last value", "best": "Best value", "reports": "Mean of the last … reports"}
STATISTICS: dict[Statistic, str] = {"iqm": "IQM", "mean": "Mean", "median": "Median"}
MODES: dict[Mode, str] = {"max": "High is better", "min": "Low is better"}


def ask(what: Comparison, found: Sequence[Group]) -> Question | None:
    """Lets a person say what is asked; None until it is known which direction is better."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        baseline = _baseline(found)
        rule = score(what.key)
        mode = direction(what)
        statistic = _statistic()
    return Question(what.key, rule, mode, statistic, baseline, target()) if mode else None


def _baseline(found: Sequence[Group]) -> str:
    labels = {group.id: group.label for group in found}
    first = found[0].id
    asked = st.query_params.get("baseline", first)
    chosen = st.selectbox(
        "Baseline", list(labels), index=list(labels).index(asked) if asked in labels else 0, format_func=labels.__getitem__, width=260,
        key=f"baseline_of_{hash(tuple(labels))}", help="Each other group is compared with this one.",
    )  # fmt: skip
    return keep("baseline", chosen, first)


def score(key: str) -> Rule:
    """Lets a person choose how a curve becomes one number."""
    default = scores.rule_of("", key)
    now = scores.rule_of(st.query_params.get("score", ""), key)
    how = st.selectbox(
        "A seed's score", list(HOWS), index=list(HOWS).index(now.how), format_func=HOWS.__getitem__, key=f"score_of_{key}", width=230,
        help="What each seed is judged by. Of a training curve the mean of its end; of an evaluation the last one.",
    )  # fmt: skip
    reports = now.reports
    if how == "reports":
        reports = int(st.number_input("Reports", 1, scores.MOST_REPORTS, now.reports, key=f"reports_of_{key}", width=110))
    rule = Rule(how, reports) if how == "reports" else Rule(how)  # type: ignore[arg-type]
    keep("score", str(rule), str(default))
    return rule


def direction(what: Comparison) -> Mode | None:
    """Returns whether high or low is better; a person is asked where nobody has said so."""
    known = scores.direction(what.runs, what.key)
    if known is not None:
        return known
    asked = st.query_params.get("better")
    chosen = st.segmented_control(
        "Which is better?", list(MODES), format_func=MODES.__getitem__, default=asked if asked in MODES else None, key=f"better_{what.key}"
    )
    keep("better", chosen or "", "")
    return chosen


def _statistic() -> Statistic:
    about = "IQM: interquartile mean, the mean of the middle half of the seeds, which one lucky or broken seed hardly moves."
    return choice("Difference of", STATISTICS, "statistic", "answers_statistic", shown=True, help=about)


def target() -> float | None:
    """Returns the value that is to be reached, as the URL says; None if it says none."""
    try:
        value = float(st.query_params.get("target", ""))
    except ValueError:
        return None
    return value if abs(value) < 1e300 else None
