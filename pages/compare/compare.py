"""Several runs beside each other: /compare?runs=a,b&tab=..."""

import streamlit as st

from backend import api
from backend.api import compare
from backend.model import Run
from pages.compare.parts import answers, comparison, curves, diff, media, params, report
from pages.runs.charts import Board
from pages.runs.examples import cards
from pages.widgets import errors, live

TABS = {
    "Curves": curves.show,
    "Answers": answers.show,
    "Params": params.show,
    "Diff": diff.show,
    "Media": media.show,
    "Report": report.show,
}

st.header("Compare")
with errors.told():
    chosen = comparison.ask_runs()
if not chosen:
    if api.runs(limit=1):
        st.info("Choose two or more runs above, or tick them on the Runs page.", icon=":material/stacked_line_chart:")
    else:
        cards("There is nothing to compare yet. Start with one of these:")
    st.stop()
board, unread = Board(), [chosen]  # these are as new as can be when the fragment is drawn with the page


def every(runs: list[Run]) -> float | None:
    return 1.0 if comparison.goes_on(runs) else None


def draw() -> float | None:
    """All but the choice of runs: another x axis or smoothing leaves the rest of the page alone."""
    with errors.told():
        runs = unread.pop() if unread else compare.some([run.id for run in chosen])
        if not runs:
            st.rerun()  # all were deleted meanwhile; the page says so
        what = comparison.ask(runs)
        board.begin()
        for tab, draw in zip(
            st.tabs(list(TABS), key="tab", on_change="rerun", bind="query-params"), TABS.values(), strict=True
        ):
            if tab.open:
                with tab:
                    draw(what, board)
    return every(runs)


live.part("compare", draw, every(chosen))
