"""Compare: what agents do and what tasks made, side by side."""

import streamlit as st

from pages.compare.parts.comparison import Comparison
from pages.runs import kinds
from pages.runs.charts import Board


def show(what: Comparison, board: Board) -> None:
    """Shows what runs left to look at beside each other, kind by kind."""
    others = 0
    for view, runs in kinds.side_by_side(what.runs):
        if view.media is None:
            others += len(runs)
        else:
            view.media(runs, board)
    if others == len(what.runs):
        st.info(
            "Sweeps and scripts leave nothing to look at. Choose runs of reinforcement learning or fan-outs.",
            icon=":material/perm_media:",
        )
    elif others:
        st.caption(f"Sweeps and scripts leave nothing to look at here: {others} of {len(what.runs)} runs.")
