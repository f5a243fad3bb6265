"""What would settle it: more seeds of both groups, started after a question."""

import secrets
from collections.abc import Sequence

import streamlit as st

from backend import words
from backend.analysis import further
from backend.analysis.answering import Answers, Pair
from backend.analysis.further import Further
from backend.analysis.groups import Group
from backend.api import answers, kinds
from pages.runs import chart_options
from pages.widgets import errors
from pages.widgets.text import plain

_KEY = "more_seeds_"


def offers(analysis: Answers) -> None:
    """Shows for each pair that is not settled how many more seeds would, with a button where they
    can be started from here."""
    waiting = [pair for pair in analysis.pairs if pair.verdict is not None and pair.verdict.winner is None]
    if not waiting:
        return
    st.subheader("What would settle it")
    for pair in waiting:
        _offer(pair, analysis.baseline)
    for reason in dict.fromkeys(
        why for pair in waiting if (why := kinds.no_more_seeds([pair.group, analysis.baseline]))
    ):
        st.caption(plain(reason))


def _offer(pair: Pair, baseline: Group) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{plain(pair.group.label)}** against **{plain(baseline.label)}**: {plain(_said(pair))}", width="content"
        )
        if not pair.further or kinds.no_more_seeds([pair.group, baseline]):
            return
        with st.popover(
            f"Start {pair.further} more seed{'s' * (pair.further > 1)} each",
            icon=":material/add_circle:",
            key=f"more_{pair.group.id}",
            on_change="rerun",
        ) as opened:
            if opened.open:
                _question([pair.group, baseline], pair)
            else:
                st.session_state.pop(_KEY + pair.group.id, None)  # the next question starts other runs


def _said(pair: Pair) -> str:
    if pair.verdict is not None and pair.verdict.more is not None:
        return pair.verdict.more.sentence
    return f"one seed says nothing of luck. With {pair.further} more in each group there is an answer with an interval."


def _question(groups: Sequence[Group], pair: Pair) -> None:
    """Asks how many, and says what that means before anything starts."""
    request = st.session_state.setdefault(_KEY + pair.group.id, {"key": secrets.token_hex(8), "started": []})
    if request["started"]:
        st.success(
            f"Started: {', '.join(request['started'])}. Their seeds count as soon as they report.",
            icon=":material/check:",
        )
        return
    most = further.MOST
    count = int(
        st.number_input("More seeds of each group", 1, most, min(pair.further, most), key=f"count_{pair.group.id}")
    )
    planned = answers.plan(groups, count)
    for each in planned:
        st.markdown(f"{plain(each.of.name)}: {_seeds(each)}, a clone of {plain(each.of.id)}")
    runs = f"{len(planned)} run{'s' * (len(planned) > 1)}, {count * len(planned)} seeds in all."
    st.caption(f"{runs} {_duration(planned)} They join this page.")
    st.button(
        "Start",
        type="primary",
        icon=":material/play_arrow:",
        key=f"start_{pair.group.id}",
        on_click=_start,
        args=(planned, pair.group.id),
    )


def _duration(planned: Sequence[Further]) -> str:
    durations = [each.seconds for each in planned if each.seconds is not None]
    if len(durations) < len(planned):
        return "How long that takes nobody knows yet."
    return f"About {words.duration(sum(durations))}, if they go as the seeds before did."


def _seeds(each: Further) -> str:
    first, last, count = each.seeds[0], each.seeds[-1], len(each.seeds)
    if count == 1:
        return f"seed {first}"
    return f"seeds {first} to {last}" if last - first == count - 1 else f"{count} seeds"


def _start(planned: Sequence[Further], group_id: str) -> None:
    with errors.kept():
        request = st.session_state[_KEY + group_id]
        request["started"] = answers.start(planned, request["key"])  # the same key starts none twice
        shown = chart_options.listed("runs")
        st.query_params["runs"] = chart_options.SEPARATOR.join(dict.fromkeys([*shown, *request["started"]]))
    st.rerun()
