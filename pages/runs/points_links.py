"""Links to the points behind a chart, as files: every one of them, whatever the chart draws."""

from collections.abc import Sequence

import streamlit as st

from backend.api import export
from backend.catalog import metrics as catalog
from backend.figures.lines import Display
from backend.model import Run
from pages.runs import export_route

FORMS = {"csv": "CSV", "parquet": "Parquet"}


def points_links(run_ids: Sequence[str], keys: Sequence[str] | None, by: Sequence[str], name: str) -> None:
    """Shows a link for each format to the points of some metrics, of all with None, and how many rows that makes."""
    many = export.rows(run_ids, keys)
    with st.container(horizontal=True, vertical_alignment="center"):
        for form, title in FORMS.items():
            address = export_route.url(run_ids, keys, by, form, name)
            st.link_button(title, address, icon=":material/download:", disabled=not many)
        st.caption(f"{many:,} rows" if many else "nothing is recorded yet", width="content")


def csv_link(run: Run, key: str, display: Display) -> None:
    """Shows one small link to the points of a run's chart, as it is drawn: with what was set aside or without."""
    more = ", aside: the attempt that repeated the point" if display.aside else ""
    st.link_button(
        "CSV",
        export_route.url([run.id], [key], name=f"{run.name}-{catalog.title(key)}", aside=display.aside),
        icon=":material/download:",
        type="tertiary",
        help=f"Every point of this chart: run, group, trial, seed, metric, step, time, value{more}.",
    )
