"""What runs now, what ended lately, and a first run in one click."""

import streamlit as st

from backend import api
from pages.frame.cluster_state import rerun_if_changed
from pages.runs import actions, examples
from pages.runs.kinds import starts
from pages.runs.table import ENDED_COLUMNS, RUNNING_COLUMNS, run_table
from pages.widgets import errors, live

LATELY = 10
EVERY = 2.0  # seconds
ACTIVE = ("queued", "running")


def draw() -> float | None:
    with errors.told():
        rerun_if_changed()
        runs = api.runs(limit=200)
    active = [run for run in runs if run.state in ACTIVE]
    ended = [run for run in runs if run.is_over][:LATELY]
    if not runs:
        examples.cards("Nothing has run yet. Start with one of these:")
        return EVERY
    st.subheader("Running now")
    if active:
        run_table(active, RUNNING_COLUMNS, "overview_active")
    else:
        st.caption("Nothing runs at the moment.")
    st.subheader("Ended lately")
    if ended:
        run_table(ended, ENDED_COLUMNS, "overview_ended")
    else:
        st.caption("Nothing has ended yet.")
    return EVERY


title, new = st.columns([4, 1], vertical_alignment="center")
title.header("Overview")
first = next(iter(starts().values()))
new.button("New run", icon=":material/add:", type="primary", width="stretch", on_click=actions.go, args=(first.page,))
live.part("overview", draw, EVERY)
