"""A new reinforcement-learning run, from a form."""

import streamlit as st

from backend.kinds import specs
from pages.kinds import code_editor
from pages.kinds.rl import form
from pages.runs import drafts, spec_text, start_panel
from pages.widgets import errors

st.header("New reinforcement-learning run")
with errors.told():
    draft = drafts.starting_point(st.query_params.to_dict())
errors.show_gone(draft.gone)
fields, side = st.columns([3, 2], gap="large")
with fields:
    code_editor.editor("environment")
    asked = form.form(draft)
with side:
    start_panel.panel(asked, start_panel.of_rl, parent_id=draft.parent_id)
    if asked.spec:
        spec_text.spec_text(specs.brief(asked.spec))
