"""The examples, one click away."""

import uuid

import streamlit as st

from backend import api
from backend.catalog.examples import EXAMPLES
from pages.runs import actions
from pages.runs.kinds import starts
from pages.widgets import errors

A_ROW = 3


def cards(heading: str) -> None:
    """Shows a card for each example; its button starts it and opens its page."""
    st.subheader(heading)
    key = st.session_state.setdefault("example_key", uuid.uuid4().hex)
    listed = list(EXAMPLES.values())
    places = [column for row in range(0, len(listed), A_ROW) for column in st.columns(A_ROW)[: len(listed) - row]]
    for column, example in zip(places, listed, strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{example.title}**")
            st.caption(example.about)
            with st.container(horizontal=True):
                st.button(
                    "Start",
                    icon=":material/play_arrow:",
                    type="primary",
                    key=f"start_{example.id}",
                    on_click=_start,
                    args=(example.id, f"{key}-{example.id}"),
                    help=f"Start {example.title}",
                )
                st.button(
                    "Open in the form",
                    key=f"open_{example.id}",
                    type="tertiary",
                    on_click=actions.go,
                    args=(starts()[example.spec["kind"]].page,),
                    kwargs={"example": example.id},
                )


def _start(example_id: str, key: str) -> None:
    with errors.kept():
        started = api.launch(EXAMPLES[example_id].spec, launch_key=key)
        st.session_state.pop("example_key", None)
        actions.go("pages/watch/run.py", id=started)
