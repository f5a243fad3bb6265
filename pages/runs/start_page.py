"""The page of a new run of any kind: its form, and beside it what will run."""

import streamlit as st

from backend.api import specs
from pages.runs import drafts, spec_text, start_panel
from pages.runs.kinds import View
from pages.widgets import errors


def page(view: View) -> None:
    """Draws the page; for the script of a kind that can be started."""
    start = view.start
    if start is None:
        raise TypeError("runs of this kind are only recorded")
    st.header(start.heading)
    with errors.told():
        draft = drafts.starting_point(st.query_params.to_dict(), start.begins)
    errors.show_gone(draft.gone)
    errors.show_changed(draft.changed)
    fields, side = st.columns([3, 2], gap="large")
    with fields:
        content = start.form(draft)
    with side:
        start_panel.panel(content, start.plan, parent_id=draft.parent_id)
        if content.spec:
            if start.preview:
                start.preview(content.spec)
            spec_text.spec_text(specs.brief(content.spec))
