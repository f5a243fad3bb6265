"""What will run, and the button that starts it."""

import uuid
from collections.abc import Callable
from typing import Any

import streamlit as st

from backend import api
from backend.api.specs import RunSpec
from pages.runs import actions
from pages.runs.drafts import FormContent, Plan
from pages.widgets import errors


def panel(content: FormContent, plan_of: Callable[[Any], Plan], *, parent_id: str | None) -> None:
    """Shows what will run, as `plan_of` says, and starts it: one run, however often the button is clicked."""
    key = st.session_state.setdefault("launch_key", uuid.uuid4().hex)
    plan = plan_of(content.spec) if content.spec else None
    with st.container(border=True):
        st.markdown("**What will run**")
        if plan is None:
            count = len(content.problems)
            st.markdown(f":red[{count} field{'s' if count != 1 else ''} to correct.] Nothing is started until then.")
        else:
            st.caption(plan.text)
        agreed = not (plan and plan.question) or st.checkbox(plan.question, key="agreed")
        st.button(
            "Start run",
            type="primary",
            icon=":material/play_arrow:",
            width="stretch",
            key="start",
            disabled=plan is None or not plan.fits or not agreed,
            on_click=_start,
            args=(content.spec, parent_id, key),
        )


def _start(spec: RunSpec, parent_id: str | None, key: str) -> None:
    with errors.kept():
        actions.go("pages/watch/run.py", id=api.launch(spec, parent_id=parent_id, launch_key=key))
