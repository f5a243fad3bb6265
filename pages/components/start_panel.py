"""What will run, and the button that starts it."""

import uuid

import streamlit as st

from backend import api
from backend.specs import RunSpec
from pages.components import errors
from pages.components.rl_form import Asked

_STARTED = "started_run"


def panel(asked: Asked, *, parent_id: str | None) -> None:
    """Shows what will run and starts it: one run, however often the button is clicked."""
    if started := st.session_state.pop(_STARTED, None):
        st.switch_page("pages/watch/run.py", query_params={"id": started})
    key = st.session_state.setdefault("launch_key", uuid.uuid4().hex)
    with st.container(border=True):
        st.markdown("**What will run**")
        if asked.spec is None:
            count = len(asked.problems)
            st.markdown(f":red[{count} field{'s' if count > 1 else ''} to correct.] Nothing is started until then.")
        else:
            st.caption(_told(asked.spec))
        st.button(
            "Start run", type="primary", icon=":material/play_arrow:", width="stretch", key="start",
            disabled=asked.spec is None or _never_fits(asked.spec), on_click=_start, args=(asked.spec, parent_id, key),
        )  # fmt: skip


def _told(spec: RunSpec) -> str:
    load = api.cluster_status().load
    seeds = len(spec.seeds)
    cpus = spec.cpus_per_trial
    text = f"{seeds} trial{'s' if seeds > 1 else ''}, one per seed, {cpus} CPU each"
    if load is None:
        return f"{text}. The cluster is still coming up: the run waits for it."
    at_once = min(seeds, int(load.cpus // cpus))
    if _never_fits(spec):
        return f"{text}. This machine has {load.cpus:g} CPUs, so it could never start: take fewer env runners."
    return f"{text}, {at_once} at a time on {load.cpus:g} CPUs."


def _never_fits(spec: RunSpec) -> bool:
    load = api.cluster_status().load
    return load is not None and load.cpus < spec.cpus_per_trial


def _start(spec: RunSpec, parent_id: str | None, key: str) -> None:
    with errors.kept():
        st.session_state[_STARTED] = api.launch(spec, parent_id=parent_id, launch_key=key)
