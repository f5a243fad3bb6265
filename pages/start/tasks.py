"""A new fan-out, from a form."""

import streamlit as st

from backend.kinds import specs
from pages.kinds import code_editor
from pages.kinds.tasks import form, plan
from pages.runs import drafts, spec_text, start_panel
from pages.widgets import errors

st.header("New fan-out of tasks")
with errors.told():
    draft = drafts.starting_point(st.query_params.to_dict())
errors.show_gone(draft.gone)
fields, side = st.columns([3, 2], gap="large")
with fields:
    code_editor.editor()
    asked = form.form(draft)
with side:
    start_panel.panel(asked, plan.plan, parent_id=draft.parent_id)
    if asked.spec:
        plan.preview(asked.spec)
        spec_text.spec_text(specs.brief(asked.spec))
