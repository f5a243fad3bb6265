"""All runs: find, open, compare, stop, delete."""

import streamlit as st

from backend import api
from pages.components import actions, errors, examples
from pages.components.cluster_state import rerun_if_changed
from pages.components.run_table import ALL_COLUMNS, run_table

SHOWN = 500
STATES = ["queued", "running", "succeeded", "failed", "stopped", "lost"]


def live(query: str, states: list[str]) -> None:
    with errors.told():
        rerun_if_changed()
        runs = [run for run in api.runs(query) if not states or run.state in states]
    if not runs and not query and not states:
        examples.cards("No runs yet. Start with one of these:")
        return
    if not runs:
        st.info("No run matches. Clear the search or the states above.", icon=":material/search_off:")
        return
    if len(runs) > SHOWN:
        st.caption(f"The newest {SHOWN:,} of {len(runs):,} runs; search to find older ones.")
        runs = runs[:SHOWN]
    bar = st.container(horizontal=True, vertical_alignment="center")
    chosen = run_table(runs, ALL_COLUMNS, "runs", select=True)
    actions.on_selection(bar, [run for run in runs if run.id in chosen], len(runs))


st.header("Runs")
left, right = st.columns([2, 3])
query = left.text_input("Search", key="q", bind="query-params", placeholder="name, algorithm, environment, id …", live=True)
states = right.pills("State", STATES, selection_mode="multi", key="state", bind="query-params")
st.fragment(live, run_every=2.0)(query or "", list(states or []))
