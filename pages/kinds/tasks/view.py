"""What a run's page says of a fan-out."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from backend import api, words
from backend.api import tasks
from backend.api.tasks import Summary
from backend.catalog import lookup
from backend.catalog.functions import FUNCTIONS
from backend.figures import tasks as figures
from backend.figures.lines import Chart
from backend.kinds.tasks.spec import SOURCES
from backend.model import Run
from backend.model.stored import stored
from pages.kinds.tasks import actions, failures, form, media, pictures, plan
from pages.kinds.tasks import list as task_list
from pages.runs import charts
from pages.runs.charts import Board
from pages.runs.drafts import with_field
from pages.runs.kinds import Start, View
from pages.widgets.data_table import table

MOST_PAIRS = 5000
TIMELINE_BARS = 4000  # of all workers together
SLOWEST_SHOWN = 10
SLOWEST = ({"key": "number", "label": "Task", "kind": "link"}, {"key": "seconds", "label": "Took", "kind": "number"})


def subject(run: Run) -> str:
    spec = stored(run.spec)
    inputs = spec.part("inputs").content
    source = next(
        (f"{inputs[kind]}" if kind in ("csv", "jsonl", "files") else kind for kind in inputs if kind in SOURCES), ""
    )
    return " · ".join(filter(None, (lookup.title(spec.text("function"), FUNCTIONS), source)))


def parts(run: Run) -> str:
    return f"{run.tasks.total:,} tasks" if run.tasks else ""


def failed(run: Run) -> str:
    return f"{run.tasks.failed:,} failed" if run.tasks and run.tasks.failed else ""


def why(run: Run) -> str:
    """Returns why a fan-out that raised nothing may yet not be what was wanted."""
    return f"{run.tasks.failed:,} of {run.tasks.total:,} tasks failed" if run.tasks and run.tasks.failed else ""


def numbers(run: Run) -> None:
    """Counts by state and the throughput, of equal height."""
    if run.tasks is None:
        return
    counts, summary = run.tasks, _summary(run)
    mean = summary.total_seconds / counts.succeeded if counts.succeeded else None
    last = ("Mean duration", words.seconds(mean), "Of the tasks that succeeded.")
    if not run.is_over:
        last = ("Tasks / s", words.number(run.mean_of_last("tasks_per_second")), "Over about the last 20 s.")
    tiles = [
        ("Succeeded", f"{counts.succeeded:,}", "Tasks whose function returned."),
        ("Failed", f"{counts.failed:,}", "Tasks that raised, timed out or lost their worker, after all their retries."),
        ("Running", f"{counts.running:,}", "Tasks that are with the workers; short ones go there many at a time."),
        ("Queued", f"{counts.queued + counts.stopped:,}", "Tasks whose turn has not come, or comes again with Resume."),
        last,
    ]
    columns = st.container(key="numbers").columns(len(tiles))
    for column, (label, value, about) in zip(columns, tiles, strict=True):
        column.metric(label, value, border=True, help=about)


def tabs(run: Run) -> dict[str, Callable[[Run, Board], None]]:
    tabs_by_title: dict[str, Callable[[Run, Board], None]] = {"Results": _results, "Tasks": _tasks, "Workers": _workers}
    if run.tasks and run.tasks.failed:
        tabs_by_title["Failures"] = failures.failures
    summary = _summary(run)
    if summary.pictures and summary.moments.count:  # else they are the results
        tabs_by_title["Pictures"] = pictures.pictures
    return tabs_by_title


def _summary(run: Run) -> Summary:
    return tasks.overview(run.id)[1]


def _state(run: Run) -> tuple[Any, ...]:
    return (run.reports, run.tasks)


def _results(run: Run, board: Board) -> None:
    """The charts that the results allow."""
    summary = _summary(run)
    if summary.moments.count:
        left, right = st.columns(2)
        with left:
            charts.figure(board, f"mean_{run.id}", (run.id, "mean"), _state(run), lambda: _running_mean(run, summary))
        with right:
            charts.figure(
                board,
                f"hist_{run.id}",
                (run.id, "hist"),
                _state(run),
                lambda: figures.results(summary.numbers, run.ordinal),
            )
        return
    if summary.pictures:
        pictures.pictures(run, board)
        return
    names = tasks.pair_names(run.id) if run.tasks and run.tasks.succeeded else None
    if names:
        charts.figure(board, f"pairs_{run.id}", (run.id, "pairs"), _state(run), lambda: _pairs(run, names))
        return
    st.caption(
        "No result has come yet."
        if not (run.tasks and run.tasks.succeeded)
        else "These results are no numbers; the Tasks tab has them."
    )


def _pairs(run: Run, names: tuple[str, str]) -> Chart:
    return figures.scatter(
        *tasks.pairs(run.id, MOST_PAIRS), run.tasks.succeeded if run.tasks else 0, names, run.ordinal
    )


def _running_mean(run: Run, summary: Summary) -> Chart:
    by_key = {curve.key: curve for curve in api.curves([run], ["result_mean", "result_low", "result_high"])}
    if len(by_key) < 3:
        return figures.empty("The first mean has not come yet.")
    return figures.running_mean(
        by_key["result_mean"], by_key["result_low"], by_key["result_high"], summary.moments, run.ordinal
    )


def _tasks(run: Run, _board: Board) -> None:
    task_list.task_list(run)


def _workers(run: Run, board: Board) -> None:
    """When each worker was busy, and how long tasks took, with the slowest."""
    summary = _summary(run)
    charts.figure(
        board, f"timeline_{run.id}", (run.id, "timeline"), _state(run), lambda: _timeline(run, summary), tall=False
    )
    left, right = st.columns(2)
    with left:
        st.markdown("##### Durations")
        charts.figure(
            board,
            f"durations_{run.id}",
            (run.id, "took"),
            _state(run),
            lambda: figures.durations(summary.seconds, run.ordinal),
            tall=False,
        )
    with right:
        st.markdown("##### Slowest")
        if summary.slowest:
            table(
                [_slow(run, *each) for each in summary.slowest[:SLOWEST_SHOWN]],
                SLOWEST,
                f"slowest_{run.id}",
                opened=_open,
            )
    lines = [f"worker {number}: node {node}, process {pid}" for number, (node, pid) in enumerate(summary.workers)]
    with st.expander(f"{len(lines)} workers" if len(lines) != 1 else "1 worker"):
        st.caption("  \n".join(lines[:200]) or "None so far.")


def _slow(run: Run, seconds: float, number: float) -> dict[str, Any]:
    named = f"{int(number)}"
    return {
        "id": named,
        "href": f"/run?id={run.id}&tab=Tasks&task={named}",
        "name": named,
        "number": f"{int(number):,}",
        "seconds": {"text": words.seconds(seconds)},
    }


def _open(number: str) -> None:
    st.query_params["task"] = number
    st.session_state["tab"] = "Tasks"


def _timeline(run: Run, summary: Summary) -> Chart:
    keys = [f"worker/{number}" for number in range(len(summary.workers))]
    if not keys:
        return figures.empty("No worker has begun yet.")
    most = max(20, min(1000, TIMELINE_BARS // len(keys)))
    by_key = {curve.key: curve for curve in api.curves([run], keys, "time", points=most)}
    busy = [(number, by_key[key]) for number, key in enumerate(keys) if key in by_key]
    return figures.timeline(busy, run.started_at or run.created_at, run.ordinal)


START = Start(
    title="Fan-out of tasks",
    icon=":material/account_tree:",
    address="tasks",
    page="pages/kinds/tasks/start.py",
    heading="New fan-out of tasks",
    form=form.form,
    plan=plan.plan,
    preview=plan.preview,
    begins={"function": with_field("function")},
)
view = View(
    start=START,
    subject=subject,
    parts=parts,
    failed=failed,
    numbers=numbers,
    tabs=tabs,
    media=media.results,
    actions=actions.buttons,
    why=why,
)
