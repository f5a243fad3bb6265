"""The parts of a run's page; what differs from kind to kind is in a view of its own."""

import time
from urllib.parse import urlencode

import pandas as pd
import streamlit as st

from backend import api, words
from backend.api import kinds, sweeps
from backend.model import Run
from pages.runs.annotate import tagged
from pages.runs.badges import shown_state, state_badge
from pages.runs.charts import Board
from pages.runs.kinds import view
from pages.runs.table import waits_for
from pages.widgets.text import plain

LOG_LINES = 200


def header(run: Run) -> None:
    """One line that says everything: what, state, how long, how much left."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(run.name), width="content", anchor=False)
        state_badge(run)
    now = time.time()
    shown = view(run)
    said = [
        shown.subject(run),
        shown.parts(run),
        f"{'started' if run.started_at else 'launched'} {words.clock(run.created_at)}",
    ]
    said.append(
        f"{'took' if run.is_over else 'for'} {words.duration(run.duration(now))}" if run.started_at else "not yet begun"
    )
    if run.attempt > 1:
        said.append(f"attempt {run.attempt}")
    said.append(shown.failed(run))
    if waits := "" if run.is_over else waits_for(run):
        said.append(f"waits for {waits}")
    st.caption(plain(" · ".join(filter(None, said))))
    annotations(run)


def annotations(run: Run) -> None:
    """What a person says of the run: tags, which lead to the others with them, and the note."""
    said = [":material/star: starred"] * run.starred + [":material/archive: archived"] * run.archived
    said += [f"[:material/sell: {plain(tag)}](/runs?{urlencode({'q': tagged(tag)})})" for tag in run.tags]
    if said:
        st.caption(" · ".join(said))
    if run.note:
        st.caption(f":material/edit_note: {plain(run.note)}")


def problem(run: Run) -> None:
    """Why a run failed or was lost, with what to do."""
    if run.state.value not in ("failed", "lost"):
        return
    last = [line for line in run.error.strip().splitlines() if line.strip()][-1:] or ["no reason was recorded"]
    go_on = " Resume goes on from there." if kinds.can_resume(run) else ""
    st.error(f"{plain(last[0])}  \nAll that was recorded is kept.{go_on}", icon=":material/error:")
    if run.traceback:
        with st.expander("Traceback"):
            st.code(run.traceback, language="python")


def progress_bar(run: Run) -> None:
    progress = kinds.progress(run)
    if progress.share is None:
        return
    left = progress.seconds_left if shown_state(run) == "running" else None
    st.progress(progress.share, progress.words + (f" · about {words.duration(left)} left" if left is not None else ""))


def numbers(run: Run) -> None:
    view(run).numbers(run)


def tabs(run: Run, board: Board) -> None:
    """The details; only the open tab is computed. The tab is in the URL."""
    names = {**view(run).tabs(run), "Events": _events, "Log": _log, "Spec": _spec}
    shown = st.tabs(list(names), key="tab", on_change="rerun", bind="query-params")
    for tab, draw in zip(shown, names.values(), strict=True):
        if tab.open:
            with tab:
                draw(run, board)


def _events(run: Run, _board: Board) -> None:
    rows = [
        {"at": pd.Timestamp(event.at, unit="s", tz="UTC"), "what": event.move, "note": event.note}
        for event in api.events(run.id)
    ]
    moment = st.column_config.DatetimeColumn("at", format="YYYY-MM-DD HH:mm:ss", width="small")
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content", column_config={"at": moment})


def _log(run: Run, _board: Board) -> None:
    text = api.log_tail(run.id, LOG_LINES)
    if not text:
        st.caption(view(run).no_log)
        return
    st.caption(f"The last {LOG_LINES} lines of the driver's log")
    st.code(text, language=None, height=440)


def _spec(run: Run, _board: Board) -> None:
    with st.container():
        view(run).spec(run.spec)
    packages = " · ".join(f"{name} {version}" for name, version in run.versions.items())
    origin = f" · cloned from {run.parent_id}" if run.parent_id else ""
    st.caption(
        plain(f"id {run.id}{origin} · {f'ran on {run.host} with {packages}' if run.host else 'has not run yet'}")
    )
    st.caption(f"{_disk(run.id, run.state) / 1e6:,.1f} MB of files in data/runs/{plain(run.id)}")


@st.cache_data(ttl=20, show_spinner=False)
def _disk(run_id: str, state: str) -> int:
    """The room a run's files take, looked up at most every 20 s while nothing happens to it."""
    return sweeps.disk(run_id)
