"""Compare: what agents do and what tasks made, side by side."""

import streamlit as st

from pages.compare.parts.comparison import Comparison
from pages.kinds.rl import media as media_agents
from pages.kinds.tasks import media as media_tasks
from pages.runs.charts import Board


def show(what: Comparison, board: Board) -> None:
    """Shows the agents of reinforcement-learning runs and the results of fan-outs beside each other."""
    learned = [run for run in what.runs if run.kind == "rl"]
    made = [run for run in what.runs if run.kind == "tasks"]
    if learned:
        media_agents.agents(learned)
    if made:
        media_tasks.results(made, board)
    if not learned and not made:
        st.info(
            "Sweeps and scripts leave nothing to look at. Choose runs of reinforcement learning or fan-outs.", icon=":material/perm_media:"
        )
    elif others := len(what.runs) - len(learned) - len(made):
        st.caption(f"Sweeps and scripts leave nothing to look at here: {others} of {len(what.runs)} runs.")
