"""A state as a coloured badge with an icon: never by colour alone."""

import streamlit as st

from backend.model import Run, Trial

ICONS = {
    "queued": "schedule",
    "running": "play_circle",
    "stopping": "front_hand",
    "succeeded": "check_circle",
    "failed": "error",
    "pruned": "content_cut",
    "stopped": "stop_circle",
    "lost": "link_off",
}
_COLOURS = {
    "queued": "yellow",
    "running": "blue",
    "stopping": "yellow",
    "succeeded": "green",
    "failed": "red",
    "pruned": "gray",
    "stopped": "gray",
    "lost": "orange",
}


def shown_state(run: Run) -> str:
    """Returns the state a person reads: a run that was asked to stop is "stopping" until it has."""
    return "stopping" if run.is_stopping else run.state.value


def state_badge(run: Run) -> None:
    _badge(shown_state(run))


def trial_badge(trial: Trial) -> None:
    _badge(trial.state.value)


def _badge(state: str) -> None:
    st.badge(state, icon=f":material/{ICONS[state]}:", color=_COLOURS[state])  # type: ignore[arg-type]
