"""Failures of a fan-out, grouped by what was raised where."""

import streamlit as st

from backend.api import tasks
from backend.model import Run
from pages.runs.charts import Board
from pages.widgets.text import plain


def failures(run: Run, _board: Board) -> None:
    """A card for each kind of failure, with one traceback."""
    for group in tasks.failures(run.id):
        with st.container(border=True):
            where = f" at {group.place}" if group.place else ""
            many = f"{group.count:,} task{'s' if group.count > 1 else ''}"
            st.markdown(f":red[:material/error:] **{plain(group.kind)}**{plain(where)} · {many}")
            st.markdown(plain(group.message[:400]))
            with st.container(horizontal=True):
                st.button(
                    "Show these tasks",
                    key=f"failure_{group.number}",
                    type="tertiary",
                    icon=":material/table_rows:",
                    on_click=_show,
                    args=(group.number,),
                )
            with st.expander(f"Traceback of task {group.first}"):
                st.code(group.traceback, language="python")


def _show(number: int) -> None:
    st.query_params["failure"] = str(number)
    st.query_params.pop("page", None)
    st.session_state["tab"] = "Tasks"
