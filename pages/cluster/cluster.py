"""The Ray cluster: its state, starting it, ending it."""

import streamlit as st

from backend import api
from backend.model import RunState
from pages.frame.cluster_state import rerun_if_changed, start_cluster
from pages.widgets import errors, live
from pages.widgets.text import plain

_GIB = 2**30
EVERY = 2.0  # seconds
_ASKED = "asked_to_end"
_SAID = {
    "up": "The cluster is up.",
    "starting": "The cluster is starting, about 6 s.",
    "off": "The cluster is off.",
    "dead": "The cluster is down.",
}


def draw() -> float | None:
    with errors.told():
        rerun_if_changed()
    status = api.cluster_status()
    state = status.state.value
    (st.success if state == "up" else st.error if state == "dead" else st.info)(_SAID[state])
    if status.detail and state == "dead":
        st.markdown(plain(status.detail))
    if status.load:
        load, (used, total) = status.load, status.memory
        cpus, slots, memory = st.columns(3)
        cpus.metric(
            "CPUs taken", f"{load.cpus_taken:g} of {load.cpus:g}", border=True, help="What Ray has given to trials."
        )
        slots.metric(
            "Slots taken", f"{load.slots_taken:g} of {load.slots:g}", border=True, help="Runs at once (RAYDECK_SLOTS)."
        )
        memory.metric(
            "Memory",
            f"{used / _GIB:.1f} of {total / _GIB:.0f} GB",
            border=True,
            help="Of this machine, by all programs.",
        )
        st.caption(
            f"{'Started by Raydeck' if status.local else 'Attached through RAY_ADDRESS'} · Ray's own dashboard:"
            f" `{status.url}`"
        )
    if not status.local:
        return EVERY
    if state in ("off", "dead"):
        st.button("Start cluster", icon=":material/play_arrow:", type="primary", on_click=start_cluster)
    elif state == "up":
        st.button("End cluster …", icon=":material/power_settings_new:", on_click=_ask)
    return EVERY


def _ask() -> None:
    st.session_state[_ASKED] = True
    st.rerun()


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


def _answer(*, end: bool) -> None:
    _forget()
    if end:
        api.cluster_down()
    st.rerun()


@st.dialog("End the cluster?", on_dismiss=_forget)
def _ask_end() -> None:
    with errors.told():
        active = len(api.runs(states=[RunState.RUNNING]))
    st.write(f"{active} running runs become lost; they can be resumed." if active else "Nothing is running.")
    with st.container(horizontal=True):
        st.button("End cluster", type="primary", key="end_really", on_click=_answer, kwargs={"end": True})
        st.button("Keep it", key="end_not", on_click=_answer, kwargs={"end": False})


st.header("Cluster")
live.part("cluster", draw, EVERY)
if st.session_state.get(_ASKED):  # here, for a full run of the page closes what is open
    _ask_end()
