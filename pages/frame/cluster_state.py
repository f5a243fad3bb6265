"""The cluster's state in the sidebar: true while anything goes on, silent while nothing does."""

import streamlit as st

from backend import api
from backend.api import ClusterStatus
from backend.model import RunState
from pages.widgets import errors, live
from pages.widgets.text import plain

_GIB = 2**30
_DRAWN = "cluster_drawn"
STARTING_SECONDS, BUSY_SECONDS = 1.0, 3.0


def cluster_state() -> None:
    """Draws the state; ticks only while the cluster starts or runs are active."""
    st.session_state[_DRAWN] = now = _now()
    live.part("cluster_state", _draw, _every(now))


def rerun_if_changed() -> None:
    """Draws the whole page anew if the cluster changed since; for pages that tick anyway."""
    if st.session_state.get(_DRAWN) not in (None, _now()):
        st.rerun()


def start_cluster() -> None:
    """Starts the cluster in the background; its state shows in the sidebar."""
    api.cluster_up_soon()


def _now() -> tuple[str, bool]:
    """Returns the cluster's state and whether anything goes on: an active run, or one that Ray still counts."""
    status = api.cluster_status()
    unknown = status.state.value == "up" and status.load is None  # a new head tells its load after a few seconds
    taken = status.load is not None and status.load.cpus_taken + status.load.slots_taken > 0
    return status.state.value, unknown or taken or bool(api.runs(states=[RunState.QUEUED, RunState.RUNNING], limit=1))


def _every(now: tuple[str, bool]) -> float | None:
    state, busy = now
    return STARTING_SECONDS if state == "starting" else BUSY_SECONDS if busy else None


def _draw() -> float | None:
    with errors.told():
        rerun_if_changed()
        status = api.cluster_status()
    _told(status)
    if status.state.value in ("off", "dead") and status.local:
        st.button(
            "Start cluster", icon=":material/play_arrow:", on_click=start_cluster, key="sidebar_start", width="stretch"
        )
    return _every(st.session_state[_DRAWN])


def _told(status: ClusterStatus) -> None:
    where = "local" if status.local else "attached"
    match status.state.value:
        case "up" if status.load:
            used, total = status.memory
            load = status.load
            st.caption(
                f":green[:material/check_circle:] Cluster {where} · {load.cpus_taken:g} of {load.cpus:g} CPU taken"
            )
            st.progress(min(1.0, load.cpus_taken / max(1.0, load.cpus)))
            st.caption(f"{used / _GIB:.1f} of {total / _GIB:.0f} GB memory in use")
        case "up":
            st.caption(f":green[:material/check_circle:] Cluster {where} · up")
        case "starting":
            st.caption(
                ":orange[:material/hourglass_top:] Cluster starting, about 6 s. You can start runs already; they wait"
                " for it."
            )
        case "off":
            st.caption(":gray[:material/radio_button_unchecked:] Cluster off")
        case _:
            st.caption(f":red[:material/error:] Cluster down. {plain(status.detail)}")
