"""The trials of a sweep: a page of them, sorted and filtered; all of it in the URL."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from backend import words
from backend.analysis import rungs
from backend.api import sweeps
from backend.model import Run, Trial
from pages.kinds.sweep import after
from pages.runs import actions
from pages.runs.badges import ICONS
from pages.runs.charts import Board
from pages.widgets import errors, paging
from pages.widgets.data_table import table
from pages.widgets.text import short

A_PAGE = 50
STATES = ("running", "succeeded", "pruned", "failed", "stopped")


def trials(run: Run, _board: Board) -> None:
    states = st.pills(
        "State", STATES, selection_mode="multi", key="trial_states", bind="query-params", label_visibility="collapsed"
    )
    listed = [trial for trial in run.trials if not states or trial.state.value in states]
    if not listed:
        st.info("No trial matches." if states else "No trial has begun yet.", icon=":material/search_off:")
        return
    columns = _columns(run)
    order, down = _order(run, columns)
    values = columns[order][1]
    listed.sort(key=lambda trial: _rank(values(trial)), reverse=down)
    listed.sort(key=lambda trial: values(trial) is None)  # what has none comes last, whichever way
    place = min(paging.place(A_PAGE, "page"), (len(listed) - 1) // A_PAGE * A_PAGE)
    paging.pager(len(listed), A_PAGE, "page")
    table(
        [_row(run, trial, columns) for trial in listed[place : place + A_PAGE]],
        [{"key": key, "label": label, "kind": kind} for key, (label, _, kind) in columns.items()],
        f"trials_{run.id}",
        opened=lambda number: actions.go("pages/watch/trial.py", run=run.id, number=number),
        order=(order, down),
        sortable=list(columns),
        sorted_by=lambda column: _sort(column, order, down),
    )
    _stop_one(run)
    after.downloads(run)
    st.caption(
        f"{place + 1:,} to {min(place + A_PAGE, len(listed)):,} of {len(listed):,} trials. Click on a number to open"
        " the trial."
    )


def _stop_one(run: Run) -> None:
    """Ends one of the trials that run."""
    running = [trial for trial in run.trials if trial.state.value == "running"]
    if run.is_over or not running:
        return
    with st.popover(
        "Stop a trial", icon=":material/stop_circle:", help="Ends it for good after its next report; the sweep goes on."
    ):
        stopping_numbers = {trial.number for trial in running if trial.stop_requested_at is not None}
        number = st.selectbox(
            "Trial",
            [trial.number for trial in running],
            key="stop_number",
            format_func=lambda number: f"{number}, stopping" if number in stopping_numbers else str(number),
        )
        st.button("Stop it", key="stop_one", disabled=number in stopping_numbers, on_click=_stop, args=(run.id, number))


def stop_button(run: Run, trial: Trial) -> None:
    """Ends this one trial, on its page."""
    if trial.state.value == "running" and not run.is_over:
        is_stopping = trial.stop_requested_at is not None
        st.button(
            "Stopping …" if is_stopping else "Stop trial",
            icon=":material/stop_circle:",
            key="stop_trial",
            disabled=is_stopping,
            on_click=_stop,
            args=(run.id, trial.number),
            help="Ends this trial for good after its next report; the sweep goes on.",
        )


def _stop(run_id: str, number: int) -> None:
    with errors.kept():
        sweeps.stop_trial(run_id, number)


TrialColumn = tuple[str, Callable[[Trial], Any], str]  # label, value, kind


def _columns(run: Run) -> dict[str, TrialColumn]:
    """Returns the columns: what every trial has, its searched parameters, its values."""
    metric = run.main_metric
    columns: dict[str, TrialColumn] = {
        "number": ("Trial", lambda trial: trial.number, "link"),
        "state": ("State", lambda trial: trial.state.value, "state"),
        "best": (f"Best {metric}", lambda trial: trial.best, "number"),
        "last": (f"Last {metric}", lambda trial: trial.last.get(metric), "number"),
    }
    if sweeps.limits(run).repeats > 1:
        columns["seed"] = ("Seed", lambda trial: trial.seed, "number")
    columns |= {f"p.{name}": (name, _param(name), "number") for name in _searched(run)}
    for goal in run.goals[1:]:
        columns[f"m.{goal.key}"] = (f"Last {goal.key}", _last(goal.key), "number")
    columns["reports"] = ("Iterations", lambda trial: trial.reports, "number")
    if any(rungs.rung(run, trial.reports) is not None for trial in run.trials[:1]):
        columns["rung"] = ("Rung", lambda trial: rungs.rung(run, trial.reports), "number")
    return columns | {"seconds": ("Took", _seconds, "number")}


def _param(name: str) -> Callable[[Trial], Any]:
    return lambda trial: trial.params.get(name)


def _last(key: str) -> Callable[[Trial], Any]:
    return lambda trial: trial.last.get(key)


def _searched(run: Run) -> Sequence[str]:
    return sweeps.limits(run).searched


def _seconds(trial: Trial) -> float | None:
    return trial.ended_at - trial.started_at if trial.ended_at and trial.started_at else None


def _rank(value: Any) -> tuple[int, Any]:
    """Sorts numbers before texts, and lists by what they say."""
    return (0, value) if isinstance(value, int | float) else (1, json.dumps(value))


def _order(run: Run, columns: Mapping[str, TrialColumn]) -> tuple[str, bool]:
    """Returns the column to sort by and whether the largest comes first: the best trial first, if nobody asked."""
    order = st.query_params.get("order", "best")
    down = st.query_params.get("down", "1" if run.goal is None or run.goal.mode == "max" else "0") == "1"
    return (order, down) if order in columns else ("number", False)


def _sort(column: str, order: str, down: bool) -> None:
    st.query_params["order"] = column
    st.query_params["down"] = "1" if column != order or not down else "0"
    st.query_params.pop("page", None)


def _row(run: Run, trial: Trial, columns: Mapping[str, TrialColumn]) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": str(trial.number),
        "href": f"/trial?run={run.id}&number={trial.number}",
        "name": f"trial {trial.number}",
    }
    for key, (_, value, kind) in columns.items():
        cell = value(trial)
        if kind == "state":
            row[key] = {"state": cell, "icon": ICONS[cell], "label": cell}
        elif key == "seconds":
            row[key] = {"text": words.seconds(cell)}
        elif kind == "number":
            row[key] = {"text": "–" if cell is None else short(cell), "title": "" if cell is None else str(cell)}
        else:
            row[key] = str(cell)
    best = run.best_trial
    return row | ({"number": f"{trial.number} ★"} if best is not None and trial.number == best.number else {})
