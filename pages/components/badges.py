"""A state as a coloured badge with an icon: never by colour alone."""

import streamlit as st

from backend.api import Run

ICONS = {
    "queued": "schedule",
    "running": "play_circle",
    "stopping": "front_hand",
    "succeeded": "check_circle",
    "failed": "error",
    "stopped": "stop_circle",
    "lost": "link_off",
}
_COLOURS = {
    "queued": "yellow",
    "running": "blue",
    "stopping": "yellow",
    "succeeded": "green",
    "failed": "red",
    "stopped": "gray",
    "lost": "orange",
}


def shown_state(run: Run) -> str:
    """Returns the state a person reads: a run that was asked to stop is "stopping" until it has."""
    return "stopping" if run.is_stopping else run.state.value


def state_badge(run: Run) -> None:
    state = shown_state(run)
    st.badge(state, icon=f":material/{ICONS[state]}:", color=_COLOURS[state])  # type: ignore[arg-type]
