"""All runs: find, sort, tag, open, compare, stop, delete: /runs?q=&state=&sort=&up=&cols=&page=&view"""

import streamlit as st

from pages.find import view as find_view
from pages.frame.cluster_state import rerun_if_changed
from pages.widgets import live
from pages.widgets.errors import told

EVERY = 2.0  # seconds

title, tools = st.columns([2, 3], vertical_alignment="center")
title.header("Runs")
with told():
    list_query = find_view.ask(tools)


def draw() -> float | None:
    with told():
        rerun_if_changed()
        find_view.show(list_query)
    return EVERY


live.part("runs", draw, EVERY)
