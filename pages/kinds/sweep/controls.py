"""What a person can change of a sweep while it runs, or before it goes on."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from backend import words
from backend.api import sweeps
from backend.api.sweeps import Limits
from backend.model import Run
from backend.model.stored import stored
from pages.widgets import errors

MORE = (5, 10, 20, 50)


def controls(run: Run) -> None:
    """More trials, more time, more at once; what is asked holds within a second."""
    limits = sweeps.limits(run)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        spec = stored(run.spec)
        is_grid, alive = spec.text("search") == "grid", spec.text("scheduler") in ("pbt", "pb2", "hyperband")
        if not is_grid:
            with st.popover("Add trials", icon=":material/add:"):
                _samples(run, limits)
        with st.popover("Time budget", icon=":material/timer:"):
            _budget(run, limits)
        if not alive and not run.is_over:
            with st.popover("Trials at once", icon=":material/speed:"):
                _concurrency(run, limits)
        st.caption(_told(limits), width="content")


def _told(limits: Limits) -> str:
    said = [f"{limits.trials:,} trials wanted"]
    if limits.concurrency is not None:
        said.append(f"{limits.concurrency} at once")
    if limits.time_budget_s is not None:
        said.append(f"time budget {words.duration(limits.time_budget_s)}")
    return " · ".join(said)


def _samples(run: Run, limits: Limits) -> None:
    now = limits.trials // limits.repeats
    what = "configurations" if limits.repeats > 1 else "trials"
    st.caption(f"{now:,} {what} are wanted now. The search keeps what it has learned." + (_then_resume(run)))
    with st.container(horizontal=True):
        for more in MORE:
            st.button(f"+{more}", key=f"more_{more}", on_click=_extend, args=(run.id,), kwargs={"samples": now + more})


def _budget(run: Run, limits: Limits) -> None:
    now = limits.time_budget_s
    st.caption(
        (f"It ends after {words.duration(now)} of running." if now else "There is no time budget.") + _then_resume(run)
    )
    st.number_input(
        "Minutes in all",
        value=None if now is None else now / 60,
        min_value=0.1,
        step=5.0,
        key="budget_minutes",
        placeholder="no limit",
    )
    _buttons("budget", run.id, _set_budget, has_limit=now is not None)


def _concurrency(run: Run, limits: Limits) -> None:
    now = limits.concurrency
    st.caption("Those that run go on; when fewer are wanted, the next begin later.")
    st.number_input(
        "Trials at once", value=now, min_value=1, step=1, key="at_once", placeholder="as many as there is room for"
    )
    _buttons("at_once", run.id, _set_concurrency, has_limit=now is not None)


def _buttons(what: str, run_id: str, set_it: Callable[[str], None], *, has_limit: bool) -> None:
    with st.container(horizontal=True):
        st.button("Set", key=f"set_{what}", on_click=set_it, args=(run_id,))
        if has_limit:
            lifted: dict[str, dict[str, Any]] = {"budget": {"time_budget_s": 0.0}, "at_once": {"concurrency": 0}}
            st.button(
                "No limit", key=f"lift_{what}", type="tertiary", on_click=_extend, args=(run_id,), kwargs=lifted[what]
            )


def _then_resume(run: Run) -> str:
    return " Press Resume afterwards." if run.is_over else ""


def _extend(run_id: str, **limits: float) -> None:
    with errors.kept():
        sweeps.extend(run_id, **limits)  # type: ignore[arg-type]


def _set_budget(run_id: str) -> None:
    if minutes := st.session_state.get("budget_minutes"):
        _extend(run_id, time_budget_s=60 * minutes)


def _set_concurrency(run_id: str) -> None:
    if many := st.session_state.get("at_once"):
        _extend(run_id, concurrency=many)
