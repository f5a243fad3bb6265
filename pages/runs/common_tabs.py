"""Tabs of a run's page that kinds with trials have in common."""

from typing import Any

import pandas as pd
import streamlit as st

from backend import api
from backend.api import kinds
from backend.catalog import metrics
from backend.model import Run
from pages.runs import chart_options, charts
from pages.runs.charts import Board
from pages.runs.kinds import view


def metrics_tab(run: Run, board: Board) -> None:
    keys = [key for key in api.metric_keys(run.id) if key not in (run.main_metric, "env_steps", "iteration", "time_s")]
    if not keys:
        st.caption("Nothing else is recorded." if run.reports else "Nothing is recorded yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        axis, display = chart_options.x_axis(charts.axes_of([run])), chart_options.display(set_aside=run.set_aside)
    draw = view(run).chart
    for heading in sorted({metrics.group(key) for key in keys}):
        st.markdown(f"##### {heading}")
        mine = [key for key in keys if metrics.group(key) == heading]
        for start in range(0, len(mine), 2):
            for column, key in zip(st.columns(2), mine[start : start + 2], strict=False):
                with column:
                    draw(board, run, key, axis, display, f"{key}_{run.id}", small=True)


def trials_table(run: Run, rows: list[dict[str, Any]]) -> None:
    """Shows a row for each trial, and below them what failed."""
    st.dataframe(
        pd.DataFrame(rows).dropna(axis="columns", how="all"),
        hide_index=True,
        width="stretch",
        height="content",
        placeholder="–",
        column_config={
            name: st.column_config.NumberColumn(name, format="localized") for name in ("episodes", "env steps")
        },
    )
    for trial in run.trials:
        if trial.error:
            with st.expander(
                f"{kinds.kind(run).part.capitalize()} {trial.number if trial.seed is None else trial.seed} failed"
            ):
                st.code(trial.error, language="python")
