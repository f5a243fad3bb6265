"""One trial, live: /trial?run=&number="""

import streamlit as st

from backend import api
from pages.runs import trial_view
from pages.runs.charts import Board
from pages.widgets import errors

run_id, number = st.query_params.get("run", ""), st.query_params.get("number", "")
with errors.told():
    first = trial_view.find(api.run(run_id), number)
board = Board()


def live() -> None:
    with errors.told():
        board.begin()
        run = api.run(run_id)
        trial = trial_view.find(run, number)
        errors.show_kept()
        trial_view.header(run, trial)
        trial_view.body(run, trial, board)
        if trial.state != first.state:
            st.rerun()  # starts or ends the timer


st.fragment(live, run_every=1.0 if first.state in ("queued", "running") else None)()
