"""One run, live: /run?id="""

import streamlit as st

from backend import api
from backend.model import Run
from pages.runs import actions, run_view
from pages.runs.charts import Board
from pages.runs.examples import cards
from pages.widgets import errors, live

run_id = st.query_params.get("id", "")
if not run_id:
    cards("No run is chosen. Pick one on the Runs page, or start one:")
    st.stop()
with errors.told():
    first = api.run(run_id)
board = Board()


def every(run: Run) -> float | None:
    """Returns the interval in seconds. A lost run may come back by itself; others that are over stay as they are."""
    return 5.0 if run.state == "lost" else None if run.is_over else 1.0


def draw() -> float | None:
    with errors.told():
        board.begin()
        run = api.run(run_id)
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
    return every(run)


live.part("run", draw, every(first))
