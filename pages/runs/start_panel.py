"""What will run, and the button that starts it."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from backend import api
from backend.kinds.rl.spec import RLSpec
from backend.kinds.specs import RunSpec
from pages.runs import actions
from pages.runs.drafts import Asked
from pages.widgets import errors


@dataclass(frozen=True)
class Plan:
    """What will run, in words, and whether it ever can."""

    text: str
    fits: bool = True
    question: str = ""  # that must be agreed to first


def panel(asked: Asked, told: Callable[[RunSpec], Plan], *, parent_id: str | None) -> None:
    """Shows what will run, as `told` says, and starts it: one run, however often the button is clicked."""
    key = st.session_state.setdefault("launch_key", uuid.uuid4().hex)
    plan = told(asked.spec) if asked.spec else None
    with st.container(border=True):
        st.markdown("**What will run**")
        if plan is None:
            count = len(asked.problems)
            st.markdown(f":red[{count} field{'s' if count != 1 else ''} to correct.] Nothing is started until then.")
        else:
            st.caption(plan.text)
        agreed = not (plan and plan.question) or st.checkbox(plan.question, key="agreed")
        st.button(
            "Start run", type="primary", icon=":material/play_arrow:", width="stretch", key="start",
            disabled=plan is None or not plan.fits or not agreed, on_click=_start, args=(asked.spec, parent_id, key),
        )  # fmt: skip


def of_rl(spec: RunSpec) -> Plan:
    """Returns what a reinforcement-learning run will do."""
    if not isinstance(spec, RLSpec):
        raise TypeError(spec.kind)
    load = api.cluster_status().load
    seeds, cpus = len(spec.seeds), spec.cpus_per_trial
    text = f"{seeds} trial{'s' if seeds > 1 else ''}, one per seed, {cpus:g} CPU each"
    if load is None:
        return Plan(f"{text}. The cluster is still coming up: the run waits for it.")
    if load.cpus < cpus:
        return Plan(f"{text}. This machine has {load.cpus:g} CPUs, so it could never start: take fewer env runners.", fits=False)
    return Plan(f"{text}, {min(seeds, int(load.cpus // cpus))} at a time on {load.cpus:g} CPUs.")


def _start(spec: RunSpec, parent_id: str | None, key: str) -> None:
    with errors.kept():
        actions.go("pages/watch/run.py", id=api.launch(spec, parent_id=parent_id, launch_key=key))
