"""The tasks of a fan-out: a page of them, sorted, filtered and found in the database; all of it in the URL."""

import json
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np
import pandas as pd
import streamlit as st

from backend import words
from backend.api import tasks as tasks_api
from backend.api.tasks import Wanted
from backend.model import Run, Task
from pages.runs.badges import ICONS
from pages.widgets import paging
from pages.widgets.data_table import table
from pages.widgets.text import plain

A_PAGE = 50
STATES = ("running", "succeeded", "failed", "stopped")
TaskOrder = Literal["number", "state", "attempts", "started_at", "seconds", "worker", "value"]
SORTABLE: tuple[TaskOrder, ...] = get_args(TaskOrder)
LONGEST = 200  # letters in a cell
MOST_ROWS, MOST_TEXT = 100, 5000  # of a file that is shown
COLUMNS = (
    {"key": "state", "label": "State", "kind": "state"},
    {"key": "number", "label": "Task", "kind": "link"},
    {"key": "input", "label": "Input", "kind": "text"},
    {"key": "value", "label": "Result", "kind": "text"},
    {"key": "seconds", "label": "Took", "kind": "number"},
    {"key": "attempts", "label": "Tries", "kind": "number"},
    {"key": "worker", "label": "Worker", "kind": "number"},
    {"key": "started_at", "label": "Started", "kind": "number"},
)


def task_list(run: Run) -> None:
    """The table, what narrows it down, and the task that was clicked on."""
    if run.tasks is None:
        return
    wanted = _wanted()
    if opened := st.query_params.get("task"):
        _task(run, opened, paging.number("task"))
    tasks, total, place = _page(run, wanted)
    if not total:
        st.info("No task matches." if not wanted.is_all else "No task has begun yet.", icon=":material/search_off:")
        return
    paging.pager(total, A_PAGE, "page")
    table(
        [_row(run, task) for task in tasks],
        COLUMNS,
        f"tasks_{run.id}",
        opened=_open,
        order=(wanted.order, wanted.descending),
        sortable=SORTABLE,
        sorted_by=lambda column: _sort(column, wanted),
    )
    waiting = f" {run.tasks.queued:,} are queued and have no row yet." if run.tasks.queued and wanted.is_all else ""
    st.caption(f"{place + 1:,} to {place + len(tasks):,} of {total:,} tasks.{waiting}")


def _page(run: Run, wanted: Wanted) -> tuple[list[Task], int, int]:
    """Returns the tasks on the page that the URL asks for, or on the last one, how many match,
    and the first one's place."""
    url_place = paging.place(A_PAGE, "page")
    if not wanted.search:
        total = _total(run, wanted)
        place = paging.place(A_PAGE, "page", total)
        return tasks_api.tasks(run.id, wanted, place, A_PAGE), total, place
    tasks, total = tasks_api.found(run.id, wanted, url_place, A_PAGE)
    place = paging.place(A_PAGE, "page", total)
    return (tasks if place == url_place else tasks_api.found(run.id, wanted, place, A_PAGE)[0]), total, place


def _wanted() -> Wanted:
    """Returns which tasks are asked for, by the fields and the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        find = st.text_input(
            "Find",
            key="find",
            bind="query-params",
            placeholder="in inputs, results, errors",
            label_visibility="collapsed",
        )
        states = st.pills(
            "State", STATES, selection_mode="multi", key="states", bind="query-params", label_visibility="collapsed"
        )
        failure = paging.number("failure")
        if failure is not None:
            st.button(
                "One kind of failure", icon=":material/close:", key="any_failure", on_click=_forget, args=("failure",)
            )
    order = st.query_params.get("order", "number")
    return Wanted(
        states=tuple(states or ()),
        failure=failure,
        search=find or "",
        order=next((each for each in SORTABLE if each == order), "number"),
        descending=st.query_params.get("down") == "1",
    )


def _open(number: str) -> None:
    st.query_params["task"] = number


def _forget(name: str) -> None:
    st.query_params.pop(name, None)


def _sort(column: str, wanted: Wanted) -> None:
    down = not wanted.descending if column == wanted.order else column in ("seconds", "attempts", "value", "started_at")
    for name, value, default in (("order", column, "number"), ("down", "1" if down else "", "")):
        if value == default:
            st.query_params.pop(name, None)
        else:
            st.query_params[name] = value
    st.query_params.pop("page", None)


def _total(run: Run, wanted: Wanted) -> int:
    """Returns how many rows there are; of all of them the counts know it."""
    if run.tasks is None:
        return 0
    by_state = run.tasks.by_state()
    if run.is_over and wanted.failure is None and wanted.states:
        return sum(by_state[state] for state in wanted.states)
    if run.is_over and wanted.is_all and not run.tasks.queued:
        return run.tasks.total
    return tasks_api.count(run.id, wanted)


def _row(run: Run, task: Task) -> dict[str, Any]:
    return {
        "id": str(task.number),
        "href": f"/run?id={run.id}&tab=Tasks&task={task.number}",
        "name": str(task.number),
        "state": {"state": task.state.value, "icon": ICONS[task.state.value], "label": task.state.value},
        "number": f"{task.number:,}",
        "input": _short(", ".join(f"{name} {_said(value)}" for name, value in task.input.items())),
        "value": _short(_result(task)),
        "seconds": {"text": words.seconds(task.seconds)},
        "attempts": {"text": str(task.attempts)},
        "worker": {"text": "–" if task.worker is None else str(task.worker)},
        "started_at": {"text": words.clock(task.started_at, seconds=True)},
    }


def _result(task: Task) -> str:
    if task.error:
        return task.error
    if task.artifact:
        return task.artifact.rpartition("/")[2]
    return "" if task.result is None else _said(task.result)


def _said(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"


def _task(run: Run, label: str, number: int | None) -> None:
    """One task in full: what went in, what came out, what it printed, why it failed."""
    task = tasks_api.task(run.id, number) if number is not None else None
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"##### Task {plain(label[:40])}" + (f" · {task.state.value}" if task else ""))
            st.button(
                "Close", icon=":material/close:", key="close_task", type="tertiary", on_click=_forget, args=("task",)
            )
        if task is None:
            st.caption("It has not begun yet, or there is no such task.")
            return
        took = (
            f"took {words.seconds(task.seconds)} on worker {task.worker}"
            if task.seconds is not None
            else "no time is known"
        )
        tries = f"{task.attempts} {'tries' if task.attempts != 1 else 'try'}"
        st.caption(f"{tries} · {took} · started {words.clock(task.started_at, seconds=True)}")
        left, right = st.columns(2)
        left.caption("Input")
        left.code(json.dumps(task.input, indent=1), language="json")
        with right:
            _outcome(run, task)
        if task.output:
            st.caption("What it printed, the end of it")
            st.code(task.output, language=None)


def _shown(path: Path) -> None:
    """Shows a file where it can be shown."""
    try:
        match path.suffix:
            case ".png":
                st.image(str(path))
            case ".parquet":
                st.dataframe(pd.read_parquet(path).head(MOST_ROWS), height="content")
            case ".npy":
                array = np.load(path, mmap_mode="r")
                st.code(
                    f"array of {array.dtype}, {' × '.join(map(str, array.shape)) or 'a single value'}\n{array}",
                    language=None,
                )
            case ".json" | ".txt" | ".csv" | ".md":
                st.code(path.read_text(errors="replace")[:MOST_TEXT], language=None)
    except (OSError, ValueError) as error:
        st.caption(f"It cannot be shown: {plain(str(error))}")


def _outcome(run: Run, task: Task) -> None:
    st.caption("Error" if task.error else "Result")
    if task.error:
        st.code(task.error, language=None, wrap_lines=True)
        return
    path = tasks_api.artifact(run.id, task)
    if path is None:
        st.code("its file is gone" if task.artifact else json.dumps(task.result, indent=1), language="json")
        return
    _shown(path)
    st.download_button(
        f"Download {path.name}", path.read_bytes, file_name=path.name, icon=":material/download:", key="one_artifact"
    )
