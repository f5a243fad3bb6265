"""Several runs on one chart: /compare?runs=a,b"""

import streamlit as st

from backend import api
from backend.catalog import metrics
from pages.components import chart_options, charts, errors
from pages.components.examples import cards
from pages.components.run_table import ALL_COLUMNS, run_table
from pages.components.text import plain

with errors.told():
    known = {run.id: run for run in api.runs()}

st.header("Compare")
if not known:
    cards("There is nothing to compare yet. Start with one of these:")
    st.stop()

asked = [part for part in st.query_params.get("runs", "").split(",") if part]
missing = [part for part in asked if part not in known]
if missing:
    st.warning(f"Not found, perhaps deleted: {plain(', '.join(missing))}", icon=":material/search_off:")
chosen = st.multiselect(
    "Runs", list(known), default=[part for part in dict.fromkeys(asked) if part in known],
    format_func=lambda run_id: f"{known[run_id].name} · {known[run_id].spec.get('algorithm', known[run_id].kind)} · {run_id}",
    placeholder="Choose runs to lay on one chart",
)  # fmt: skip
if chosen != asked:
    st.query_params["runs"] = ",".join(chosen)
if not chosen:
    st.info("Choose two or more runs above, or tick them on the Runs page.", icon=":material/stacked_line_chart:")
    st.stop()

mains = [known[run_id].main_metric for run_id in chosen]
keys = sorted({key for run_id in chosen for key in api.metric_keys(run_id) if not metrics.is_of_worker(key)} | {mains[0]})
with st.container(horizontal=True, vertical_alignment="center"):
    key = chart_options.metric(keys, max(mains, key=mains.count))
    axis = chart_options.x_axis(charts.axes_of([known[run_id] for run_id in chosen]))
    display = chart_options.display()
board = charts.Board()


def is_live() -> bool:
    return any(not run.is_over for run in api.runs() if run.id in chosen)


def live() -> None:
    with errors.told():
        runs = [run for run in api.runs() if run.id in chosen]
        board.begin()
        charts.compare_chart(board, runs, key, axis, display, "compare")
        run_table(runs, ALL_COLUMNS, "compared")
        if started_live != is_live():
            st.rerun()  # starts or ends the timer


started_live = is_live()
st.fragment(live, run_every=1.0 if started_live else None)()
