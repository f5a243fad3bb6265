"""What can be done with a fan-out, beside what can be done with any run."""

from functools import partial

import streamlit as st

from backend.api import tasks
from backend.model import Run
from pages.widgets import errors


def buttons(run: Run) -> None:
    if run.can_retry:
        st.button(
            "Retry failed",
            icon=":material/replay:",
            key="retry",
            on_click=_retry,
            args=(run.id,),
            help="Tries the failed tasks again, as the same run; what succeeded stays.",
        )
    if run.tasks is not None and run.tasks.done:
        _download(run)


def _retry(run_id: str) -> None:
    with errors.kept():
        tasks.retry_failed(run_id)


def _download(run: Run) -> None:
    """Files are made when they are asked for."""
    with st.popover(
        "Download", icon=":material/download:", help="Every task with its arguments, timing, result and error."
    ):
        for form, title in (("csv", "CSV"), ("parquet", "Parquet"), ("jsonl", "JSON Lines")):
            st.download_button(
                title,
                partial(tasks.results, run.id, form),
                file_name=f"{run.id}.{form}",
                key=f"download_{form}",
                type="tertiary",
                on_click="ignore",
                icon=":material/table_rows:",
            )
