"""All runs: find, sort, tag, open, compare, stop, delete: /runs?q=&state=&sort=&up=&cols=&page=&view"""

import streamlit as st

from pages.find import view as find_view
from pages.frame.cluster_state import rerun_if_changed
from pages.widgets.errors import told

title, tools = st.columns([2, 3], vertical_alignment="center")
title.header("Runs")
with told():
    asked = find_view.ask(tools)


@st.fragment(run_every=2.0)
def live() -> None:
    with told():
        rerun_if_changed()
        find_view.show(asked)


live()
