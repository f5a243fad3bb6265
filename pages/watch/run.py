"""One run, live: /run?id="""

import streamlit as st

from backend import api
from pages.runs import actions, run_view
from pages.runs.charts import Board
from pages.runs.examples import cards
from pages.runs.kinds import view
from pages.widgets import errors

run_id = st.query_params.get("id", "")
if not run_id:
    cards("No run is chosen. Pick one on the Runs page, or start one:")
    st.stop()
with errors.told():
    first = api.run(run_id)
    shown = view(first)
    made = shown.is_pending()
board = Board()


def live() -> None:
    with errors.told():
        board.begin()
        run = api.run(run_id)
        if run.state != first.state or shown.is_pending() != made:
            st.rerun()  # starts or ends the timer
        errors.show_kept()
        left, right = st.columns([3, 2], vertical_alignment="top")
        with left:
            run_view.header(run)
        with right.container(horizontal=True, horizontal_alignment="right"):
            actions.on_run(run)
        run_view.problem(run)
        run_view.progress_bar(run)
        run_view.numbers(run)
        run_view.tabs(run, board)


# A lost run may come back by itself; all others that are over stay as they are.
every = 0.5 if made and first.is_over else 5.0 if first.state == "lost" else None if first.is_over else 1.0
st.fragment(live, run_every=every)()
