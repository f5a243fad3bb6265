"""Compare: is it better, how sure is that, what would settle it."""

from typing import Any

import streamlit as st

from backend import words
from backend.analysis import answers as statistics
from backend.analysis.answering import Answers, Pair
from backend.analysis.answers import Verdict
from backend.analysis.answers.samples import Estimate, percent
from backend.analysis.groups import Group
from backend.api import answers
from backend.catalog import metrics
from backend.figures import answers as figures
from backend.figures import palette
from backend.figures.lines import Chart
from backend.model import goals
from pages.compare.parts import more_seeds, question, target
from pages.compare.parts.comparison import Comparison
from pages.runs import charts
from pages.runs.charts import Board
from pages.widgets import live
from pages.widgets.markup import markup
from pages.widgets.text import plain

MOST_NOTES = 12
SEVERAL = 3  # comparisons at once, from which on chance is worth a word
SHORT = {"iqm": "IQM", "mean": "mean", "median": "median"}
PAPER = (
    "The statistics are those of rliable: Agarwal et al. 2021, Deep Reinforcement Learning at the Edge of the"
    " Statistical Precipice."
)
WAIT = 0.4  # seconds between two looks at the progress


def show(what: Comparison, board: Board) -> None:
    """Shows each group against a baseline: verdict, intervals, profile, steps to a target."""
    groups = [group for group in what.groups if group.members]
    if len(groups) < 2:
        _one_group(what)
        return
    posed_question = question.ask(what, groups)
    if not posed_question.is_directed:
        st.info("Say above whether high or low values of this metric are better.", icon=":material/swap_vert:")
        return
    standing = answers.standing(groups, posed_question)
    if standing.answers is not None:
        _show(what, standing.answers, board)
    if standing.answers is not None and what.is_live:
        st.caption("Runs are going on: what they report next is counted some seconds later.")
    elif standing.progress is not None:
        st.progress(standing.progress.done, f"Computing: {plain(standing.progress.doing)} …")
        live.again(WAIT)


def _one_group(what: Comparison) -> None:
    said = "All of these runs are one group: they differ in nothing but the seed."
    if not any(group.members for group in what.groups):
        said = "None of these runs has seeds or trials."
    elif st.query_params.get("by"):
        said = "All of these runs are one group by the settings chosen above."
    st.info(f"{said} Add a run to compare with, or group by a setting in which they differ.", icon=":material/balance:")


def _show(what: Comparison, analysis: Answers, board: Board) -> None:
    if len(analysis.present) < 2:
        _nothing_shared(what, analysis)
        return
    _table(analysis)
    for note in analysis.notes[:MOST_NOTES]:
        st.caption(f":material/warning: {plain(note)}")
    if len(analysis.notes) > MOST_NOTES:
        st.caption(f"and {len(analysis.notes) - MOST_NOTES} notes more.")
    if analysis.scale:
        out = f" Left out, because not all groups have it: {', '.join(analysis.left_out)}." if analysis.left_out else ""
        st.caption(
            plain(f"Scores over {len(analysis.environments)} environments, on one scale. {analysis.scale}.{out}")
        )
    if len(analysis.pairs) >= SEVERAL:
        st.caption(
            f"These are {len(analysis.pairs)} comparisons, each with its own 95 % interval; nothing corrects for their"
            " number. Of twenty such intervals, about one misses the truth by chance."
        )
    _coverage(analysis)
    more_seeds.offers(analysis)
    st.subheader("Performance profile")
    _profile(analysis, board)
    st.subheader("Sample efficiency")
    target.show(analysis)
    _method(analysis)


def _nothing_shared(what: Comparison, analysis: Answers) -> None:
    by_group = [set.intersection(*(set(what.has[run.id]) for run in group.runs)) for group in what.groups]
    shared = sorted(key for key in set.intersection(*by_group) if key not in goals.COUNTERS)
    which = (
        f"All of them have: {', '.join(metrics.title(key) for key in shared)}."
        if shared
        else "They share no metric at all."
    )
    who = ", ".join(f"“{group.label}”" for group in analysis.present)
    st.info(
        plain(f"Only {who or 'none'} of these groups has reported “{metrics.title(analysis.question.key)}”. {which}"),
        icon=":material/link_off:",
    )


def _table(analysis: Answers) -> None:
    estimates = {scored.group: estimate for scored, estimate in zip(analysis.scored, analysis.estimates, strict=True)}
    seeds = {scored.group: len(scored.counted) for scored in analysis.scored}

    def row(group: Group) -> dict[str, Any]:
        estimate_texts = _estimate(estimates[group])
        return {
            "label": group.label,
            "colour": palette.dot(group.ordinal),
            "n": seeds[group],
            "estimate": estimate_texts,
        }

    rows = [row(pair.group) | _told(pair) for pair in analysis.pairs]
    markup(
        "compare/parts/answers",
        "answers",
        baseline=row(analysis.baseline),
        rows=rows,
        statistic=SHORT[analysis.question.statistic],
    )


def _told(pair: Pair) -> dict[str, Any]:
    verdict = pair.verdict
    if verdict is None:
        return {"kind": "refused", "refused": pair.refused}
    chance = verdict.probability
    kind = "open" if verdict.winner is None else "better" if verdict.winner == verdict.a else "worse"
    has_interval = chance.has_interval
    return {
        "kind": kind, "refused": "", "chance": _percent(chance), "center": 100 * chance.center,
        "low": 100 * chance.low if has_interval else None, "high": 100 * chance.high if has_interval else None,
        "ties": _ties(verdict),
        "difference": _estimate(verdict.difference, signed=True), "sentence": verdict.sentence, "notes": verdict.notes,
    }  # fmt: skip


def _ties(verdict: Verdict) -> str:
    """Says what the share is made of, where seeds are equal: half of these count as won."""
    wins, ties, losses = verdict.outcomes
    return f"wins {percent(wins)}, ties {percent(ties)}, loses {percent(losses)}" if ties else ""


def _percent(chance: Estimate) -> tuple[str, str]:
    """Returns a share and its interval; empty where there is none."""
    span = f"{percent(chance.low, unit=False)}–{percent(chance.high)}" if chance.has_interval else ""
    return percent(chance.center), span


def _estimate(each: Estimate | None, *, signed: bool = False) -> tuple[str, str]:
    """Returns a number and its interval; empty where there is none."""
    if each is None:
        return "–", ""
    center = f"{'+' * (signed and each.center > 0)}{_number(each.center)}"
    return center, f"{_number(each.low)} to {_number(each.high)}" if each.has_interval else ""


def _number(value: float) -> str:
    return words.number(value).replace("-", "−")


def _profile(analysis: Answers, board: Board) -> None:
    if analysis.no_profile:
        st.caption(plain(analysis.no_profile))
        return
    name = ("profile", analysis.question, tuple(group.id for group, _ in analysis.profiles))
    charts.figure(board, "profile", name, id(analysis), lambda: profile(analysis))


def profile(analysis: Answers) -> Chart:
    """Returns the chart of all groups' profiles, of which there must be some."""
    title = metrics.title(analysis.question.key) + (", on one scale" if analysis.scale else "")
    return figures.profiles(analysis.profiles, title, analysis.mode)


def _coverage(analysis: Answers) -> None:
    """Says how often the intervals hold the truth, as measured, where that is less than they promise."""
    verdicts = [
        pair.verdict for pair in analysis.pairs if pair.verdict is not None and pair.verdict.probability.has_interval
    ]
    if not verdicts:
        return
    n = min(min(verdict.probability.n, verdict.difference.n) for verdict in verdicts)
    statistic = analysis.question.statistic
    measured = [statistics.coverage(what, n) for what in ("probability", f"difference of {statistic}s", statistic)]
    if said := [each.sentence for each in measured if each is not None and each.sentence]:
        st.caption(f":material/straighten: {plain(' '.join(said))}")


def _method(analysis: Answers) -> None:
    """Names the methods and their papers."""
    verdicts = [pair.verdict for pair in analysis.pairs if pair.verdict is not None]
    if not verdicts:
        return
    said = [verdicts[0].method, PAPER]
    if any(verdict.probability.n < 2 for verdict in verdicts):
        said.append("Of one seed there is no interval: nothing says how much luck it had.")
    with st.expander("How this is computed", icon=":material/functions:"):
        st.caption(plain(" ".join(said)))
