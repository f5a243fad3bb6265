"""What is wrong with the database or its disk, above every page, within seconds and without a click."""

import streamlit as st

from backend.api import storage
from backend.api.storage import Ailment
from pages.widgets import errors, live
from pages.widgets.text import plain

LOOK_SECONDS = 2.0  # damage is believed at the second look: what is wrong is on the page within five seconds
_DRAWN = "storage_drawn"
_LOOKS = {
    "gone": (st.error, ":material/database_off:"),
    "damaged": (st.error, ":material/heart_broken:"),
    "full": (st.warning, ":material/hard_drive:"),
    "read-only": (st.info, ":material/lock:"),
    "other": (st.warning, ":material/swap_horiz:"),
    "beside": (st.warning, ":material/move_down:"),
}


def storage_state() -> None:
    """Says what is wrong, if anything is; ends the page where there is nothing to show."""
    st.session_state[_DRAWN] = now = storage.ailment()
    live.part("storage_state", _draw, LOOK_SECONDS)
    if now is not None and now.kind == "gone":
        st.stop()


def _draw() -> float:
    now, before = storage.ailment(), st.session_state.get(_DRAWN)
    if _is_gone(now) != _is_gone(before):
        st.rerun()  # the whole page has something to show again, or nothing any more
    if now is not None:
        _say(now)
    return LOOK_SECONDS


def _say(now: Ailment) -> None:
    box, icon = _LOOKS[now.kind]
    box(plain(now.said), icon=icon)
    if now.kind == "other":
        st.button("Understood", on_click=storage.known, key="storage_known")
    elif now.kind == "beside":
        st.button("Bring them in", on_click=_bring_in, key="storage_bring_in")


def _bring_in() -> None:
    with errors.kept():
        storage.bring_in()


def _is_gone(ailment: Ailment | None) -> bool:
    return ailment is not None and ailment.kind == "gone"
