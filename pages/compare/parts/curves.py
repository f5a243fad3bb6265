"""Compare: curves of groups, several metrics beside each other, and the table of groups."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from backend.catalog import metrics
from pages.compare.parts import charts, table
from pages.compare.parts.charts import ChartInput
from pages.compare.parts.comparison import Comparison
from pages.runs import chart_options
from pages.runs.charts import Board
from pages.runs.table import ALL_COLUMNS, run_table
from pages.widgets.text import plain

SAID = 8  # metrics or runs in a sentence


def show(what: Comparison, board: Board) -> None:
    """Shows metrics of all groups, what each came to, and the runs."""
    opened = st.query_params.get("members_of", "")
    with st.container(horizontal=True, vertical_alignment="center"):
        more = chart_options.several("More metrics beside it", [key for key in what.keys if key != what.key], "more")
        statistic = chart_options.statistic()
        members = chart_options.members()
    shown = [key for key in (what.key, *more) if any(key in keys for keys in what.has.values())]
    _lacking(what, (what.key, *more))
    if shown:
        display = replace(what.display, statistic=statistic, members=members)
        chart_input = ChartInput(what.runs, what.groups, what.axis, display, frozenset({opened} if opened else ()))
        charts.show(board, chart_input, shown, _picked)
    table.show(what, opened)
    with st.expander("Runs", key="each_run", on_change="rerun", bind="query-params") as each:
        if each.open:
            run_table(what.runs, ALL_COLUMNS, "compared")


def _picked(click: Mapping[str, Any]) -> None:
    if group_id := click.get("pick"):
        table.open_group(group_id)


def _lacking(what: Comparison, keys: Sequence[str]) -> None:
    """Says which runs lack a metric that is shown; and if no metric is in all runs, what each has."""
    every = [set(what.has[run.id]) for run in what.runs]
    if len(every) > 1 and not set.intersection(*every) and any(every):
        text = "  \n".join(
            f"**{plain(run.name)}** ({run.id}):"
            f" {_few([metrics.title(key) for key in what.has[run.id]]) or 'nothing so far'}"
            for run in what.runs[:SAID]
        )
        more = f"  \nand {len(what.runs) - SAID} runs more" if len(what.runs) > SAID else ""
        st.info(f"These runs share no metric. What each has recorded:  \n{text}{more}", icon=":material/link_off:")
        return
    for key in keys:
        lacking = [run for run in what.runs if key not in what.has[run.id]]
        if lacking and len(lacking) < len(what.runs):
            names = _few([f"{run.name} ({run.id})" for run in lacking])
            st.caption(
                f":material/link_off: {len(lacking)} of {len(what.runs)} runs have no"
                f" **{plain(chart_options.said(key))}**: {names}"
            )
        elif lacking:
            st.info(
                f"None of these runs has recorded {plain(chart_options.said(key))} so far.",
                icon=":material/hourglass_empty:",
            )


def _few(names: Sequence[str]) -> str:
    return plain(", ".join(names[:SAID])) + (f" and {len(names) - SAID} more" if len(names) > SAID else "")
