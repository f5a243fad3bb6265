"""What surrounds every page: start-up, navigation, the cluster's state in the sidebar."""

import gc
from pathlib import Path

import streamlit as st

from backend import api
from backend.api import storage
from backend.errors import RaydeckError
from pages.frame.cluster_state import cluster_state
from pages.frame.storage_state import storage_state
from pages.runs import actions
from pages.runs.kinds import starts
from pages.widgets import errors, plotly_js

_CSS = """
<style>
[data-testid="stMainBlockContainer"] { padding-top: 2.6rem; padding-bottom: 3rem; max-width: 1500px; }
[data-testid="stSidebarHeader"] { padding-bottom: 0; }
.stAppHeader { background: transparent; }
[data-testid="stSidebarHeader"] > :first-child { display: flex; align-items: center; }
[data-testid="stSidebarHeader"] > :first-child::after {
  content: "Raydeck"; font-size: 1.15rem; font-weight: 600; margin-left: 0.55rem;
}
@media (max-width: 640px) {
  [data-testid="stMainBlockContainer"] { padding-top: 4rem; }
  .st-key-numbers [data-testid="stColumn"] { min-width: calc(50% - 1rem); flex: 1 1 calc(50% - 1rem); }
}
/* A chart that is drawn anew at once need not fade: a browser without a GPU paints all of it for that. */
[data-stale="true"]:has(.raydeck-plot) { opacity: 1 !important; transition: none !important; }
code { font-variant-numeric: tabular-nums; }
</style>
"""
_LOGO = Path(__file__).parent / "logo.svg"  # as a page icon too: a material icon would be fetched from the internet


@st.cache_resource(show_spinner=False)
def _start_up() -> None:
    """Once per process: database, browser files; in the background the cluster, copies, and what deleted runs left."""
    api.house()
    api.purge_soon()
    storage.copies_nightly()
    plotly_js.provide()
    api.cluster_autostart()
    gc.collect()
    gc.freeze()  # Streamlit collects after every script run; what start-up made need not be looked at again


def frame() -> None:
    """Draws the frame and runs the page of the present URL."""
    st.set_page_config(page_title="Raydeck", page_icon=_LOGO, layout="wide")
    st.html(_CSS)
    st.logo(_LOGO, size="large")
    page = st.navigation(_pages())
    actions.arrive()
    try:
        _start_up()
    except RaydeckError as error:
        st.subheader("Raydeck cannot open its database")
        errors.show(error)
        st.stop()
    storage_state()
    with st.sidebar, errors.told():
        cluster_state()
    if page.url_path not in [each.address for each in starts().values()]:
        st.session_state.pop("launch_key", None)  # the next visit to the form starts another run
    errors.show_kept()
    with errors.told():
        page.run()
    actions.ask()


def _pages() -> dict[str, list[st.Page]]:
    return {
        "Watch": [
            st.Page("pages/watch/overview.py", title="Overview", icon=":material/dashboard:", default=True),
            st.Page("pages/watch/runs.py", title="Runs", icon=":material/table_rows:", url_path="runs"),
            st.Page("pages/watch/run.py", title="Run", url_path="run", visibility="hidden"),
            st.Page("pages/watch/trial.py", title="Trial", url_path="trial", visibility="hidden"),
        ],
        "Start": [
            st.Page(each.page, title=each.title, icon=each.icon, url_path=each.address) for each in starts().values()
        ],
        "Analyse": [
            st.Page(
                "pages/compare/compare.py", title="Compare", icon=":material/stacked_line_chart:", url_path="compare"
            )
        ],
        "Machine": [st.Page("pages/cluster/cluster.py", title="Cluster", icon=":material/hub:", url_path="cluster")],
    }
