"""One trial, live: /trial?run=&number="""

import streamlit as st

from backend import api
from backend.model import Trial
from pages.runs import trial_view
from pages.runs.charts import Board
from pages.widgets import errors, live

run_id, number = st.query_params.get("run", ""), st.query_params.get("number", "")
with errors.told():
    first = trial_view.find(api.run(run_id), number)
board = Board()


def every(trial: Trial) -> float | None:
    return 1.0 if trial.state in ("queued", "running") else None


def draw() -> float | None:
    with errors.told():
        board.begin()
        run = api.run(run_id)
        trial = trial_view.find(run, number)
        errors.show_kept()
        trial_view.header(run, trial)
        trial_view.body(run, trial, board)
    return every(trial)


live.part("trial", draw, every(first))
