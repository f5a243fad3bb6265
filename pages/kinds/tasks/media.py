"""Results of several fan-outs side by side: pictures, histograms or pairs, and the results of each task in one row."""

import json
from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from backend.api import tasks
from backend.api.tasks import Summary, Wanted
from backend.figures import tasks as figures
from backend.figures.lines import Chart
from backend.model import Run
from backend.model.stored import stored
from pages.kinds.tasks import pictures
from pages.runs import charts
from pages.runs.charts import Board
from pages.widgets import paging
from pages.widgets.text import plain

A_ROW, A_PAGE = 3, 25
PICTURES = 12  # of one run at a time
MOST_PAIRS = 2000
LONGEST = 200  # letters in a cell

TimeSpan = tuple[float, float] | None


def results(runs: Sequence[Run], board: Board) -> None:
    """Shows what came of fan-outs beside each other, and task by task."""
    summaries = {run.id: tasks.overview(run.id)[1] for run in runs}
    most = max(summary.pictures for summary in summaries.values())
    paging.pager(most, PICTURES, "picture")
    place, span = paging.place(PICTURES, "picture", most), _span(list(summaries.values()))
    for row in range(0, len(runs), A_ROW):
        for column, run in zip(st.columns(min(A_ROW, len(runs))), runs[row : row + A_ROW], strict=False):
            with column:
                counts = f"{run.tasks.succeeded:,} of {run.tasks.total:,} tasks" if run.tasks else ""
                st.markdown(
                    f"**[{plain(run.name)}](/run?id={run.id})**  \n{plain(stored(run.spec).text('function'))} ·"
                    f" {counts}"
                )
                _picture(run, summaries[run.id], board, place, span)
    _table(runs)


def _span(summaries: Sequence[Summary]) -> TimeSpan:
    """Returns the range of all numeric results, so that their histograms stand on one axis;
    None where there is none."""
    there = [each.numbers for each in summaries if each.numbers.counts]
    ends = [(each.low, each.low + each.width * len(each.counts)) for each in there]
    taken = [
        (each.low + each.width * min(filled), each.low + each.width * (max(filled) + 1)) if each.width else end
        for each, end in zip(there, ends, strict=True)
        if (filled := [place for place, count in enumerate(each.counts) if count])
    ]
    low, high = min((end[0] for end in taken), default=0.0), max((end[1] for end in taken), default=0.0)
    return (low, high) if high > low else None


def _picture(run: Run, summary: Summary, board: Board, place: int, span: TimeSpan) -> None:
    state = (run.reports, run.tasks, span)
    if summary.moments.count:
        charts.figure(
            board, f"media_{run.id}", (run.id, "media"), state, lambda: _histogram(run, summary, span), tall=False
        )
    elif summary.pictures:
        pictures.strip(run, place, PICTURES)
    elif run.tasks and run.tasks.succeeded and (names := tasks.pair_names(run.id)):
        charts.figure(board, f"media_{run.id}", (run.id, "media"), state, lambda: _pairs(run, names), tall=False)
    else:
        st.caption(
            "Its results are no numbers and no pictures; the table has them."
            if run.tasks and run.tasks.succeeded
            else "No result yet."
        )


def _histogram(run: Run, summary: Summary, span: TimeSpan) -> Chart:
    chart = figures.results(summary.numbers, run.ordinal)
    if span is not None:
        chart.layout["xaxis"]["range"] = list(span)
    return chart


def _pairs(run: Run, names: tuple[str, str]) -> Chart:
    return figures.scatter(
        *tasks.pairs(run.id, MOST_PAIRS), run.tasks.succeeded if run.tasks else 0, names, run.ordinal
    )


def _table(runs: Sequence[Run]) -> None:
    """A row for each task number: its input, and what each run made of it."""
    st.markdown("##### Task by task")
    total = max((run.tasks.total for run in runs if run.tasks), default=0)
    paging.pager(total, A_PAGE, "page")
    first = paging.place(A_PAGE, "page", total)
    rows: dict[int, dict[str, Any]] = {}
    for run in runs:
        for task in tasks.tasks(run.id, Wanted(), first, A_PAGE):
            row = rows.setdefault(task.number, {"task": task.number})
            task_input = _said(task.input)
            if row.setdefault("input", task_input) != task_input:
                row[f"input of {_name(run)}"] = task_input
            row[_name(run)] = f"failed: {task.error}"[:LONGEST] if task.error else task.artifact or _said(task.result)
    if not rows:
        st.caption("No task has begun yet.")
        return
    st.dataframe(pd.DataFrame([rows[number] for number in sorted(rows)]), hide_index=True, width="stretch")


def _name(run: Run) -> str:
    return f"{run.name} ({run.id})"


def _said(value: Any) -> str:
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))[:LONGEST]
