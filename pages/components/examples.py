"""The examples, one click away."""

import uuid

import streamlit as st

from backend import api
from backend.catalog.examples import EXAMPLES
from pages.components import errors
from pages.components.drafts import START_PAGES


def cards(heading: str) -> None:
    """Shows a card for each example; its button starts it and opens its page."""
    st.subheader(heading)
    key = st.session_state.setdefault("example_key", uuid.uuid4().hex)
    for column, example in zip(st.columns(len(EXAMPLES)), EXAMPLES.values(), strict=True):
        with column.container(border=True, height="stretch"):
            st.markdown(f"**{example.title}**")
            st.caption(example.about)
            with st.container(horizontal=True):
                st.button(
                    "Start", icon=":material/play_arrow:", type="primary", key=f"start_{example.id}",
                    on_click=_start, args=(example.id, f"{key}-{example.id}"), help=f"Start {example.title}",
                )  # fmt: skip
                if st.button("Open in the form", key=f"open_{example.id}", type="tertiary"):
                    st.switch_page(START_PAGES[example.spec["kind"]], query_params={"example": example.id})


def open_started() -> None:
    """Opens the run whose example was just started; the cards themselves are gone by then, for there is a run now."""
    if started := st.session_state.pop("example_started", None):
        st.session_state.pop("example_key", None)
        st.switch_page("pages/watch/run.py", query_params={"id": started})


def _start(example_id: str, key: str) -> None:
    with errors.kept():
        st.session_state["example_started"] = api.launch(EXAMPLES[example_id].spec, launch_key=key)
