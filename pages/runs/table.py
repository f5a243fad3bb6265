"""The table of runs: what each one is, how it stands, and a sparkline of its main metric."""

import time
from collections.abc import Callable, Sequence
from textwrap import shorten
from typing import Any

from backend import api, words
from backend.api import find, kinds
from backend.api.find import Order, RunsPage
from backend.catalog import metrics
from backend.model import Run
from pages.runs import actions
from pages.runs.badges import ICONS, shown_state
from pages.runs.kinds import view
from pages.widgets.data_table import table

LONGEST_SUBJECT = 60  # letters

STATE = {"key": "state", "label": "State", "kind": "state"}
NAME = {"key": "name", "label": "Run", "kind": "link"}
KIND = {"key": "kind", "label": "Kind", "kind": "text"}
SUBJECT = {"key": "subject", "label": "What", "kind": "text"}
PROGRESS = {"key": "progress", "label": "Progress", "kind": "progress"}
BEST = {"key": "best", "label": "Best", "kind": "number"}
LAST = {"key": "last", "label": "Last", "kind": "number"}
SPARK = {"key": "spark", "label": "Curve", "kind": "spark"}
LEFT = {"key": "left", "label": "Left", "kind": "number"}
TOOK = {"key": "took", "label": "Took", "kind": "number"}
STARTED = {"key": "started", "label": "Started", "kind": "number"}
ENDED = {"key": "ended", "label": "Ended", "kind": "number"}
WHY = {"key": "why", "label": "Why", "kind": "text"}
STAR = {"key": "starred", "label": "", "kind": "star"}
TAGS = {"key": "tags", "label": "Tags", "kind": "tags"}
NOTE = {"key": "note", "label": "Note", "kind": "text"}

RUNNING_COLUMNS = (STATE, NAME, KIND, PROGRESS, BEST, SPARK, LEFT, STARTED)
ENDED_COLUMNS = (STATE, NAME, KIND, BEST, SPARK, TOOK, ENDED, WHY)
ALL_COLUMNS = (STATE, NAME, KIND, SUBJECT, BEST, LAST, SPARK, TOOK, STARTED, WHY)
FIELDS = {
    "took": "duration",
    "started": "created",
    "name": "name",
    "state": "state",
    "kind": "kind",
    "ended": "ended",
    "starred": "starred",
    "best": "best",
    "last": "last",
}
OFFERED = {"kind": KIND, "what": SUBJECT, "best": BEST, "last": LAST, "curve": SPARK, "took": TOOK, "started": STARTED,
"ended": ENDED,
           "tags": TAGS, "note": NOTE, "why": WHY}  # fmt: skip


def found_table(
    runs_page: RunsPage,
    chosen: Sequence[str],
    key: str,
    order: Order,
    *,
    sorted_by: Callable[[str], None],
    acted: Callable[[str, str], None],
) -> list[Run]:
    """Shows a page of runs with some columns: of OFFERED, or any a query knows. Returns the runs that are ticked."""
    own = [name for name in chosen if name not in OFFERED]
    columns = [
        STAR,
        STATE,
        NAME,
        *(OFFERED.get(name) or {"key": name, "label": short(name), "kind": "number"} for name in chosen),
    ]
    sparks = api.sparklines(runs_page.runs) if SPARK in columns else {}
    rows = [_row(run, sparks.get(run.id, [])) | _cells(runs_page, run, own) for run in runs_page.runs]
    names = {column["key"]: FIELDS.get(column["key"], column["key"]) for column in columns}
    at = next((column for column, field in names.items() if field == order.name), order.name)
    result = table(
        rows,
        columns,
        key,
        select=True,
        opened=lambda run_id: actions.go("pages/watch/run.py", id=run_id),
        order=(at, order.down),
        sortable=[column for column in names if column in FIELDS or column in own],
        sorted_by=lambda column: sorted_by(FIELDS.get(column, column)),
        acted=acted,
    )
    ticked = set(result.selected or [])
    return [run for run in runs_page.runs if run.id in ticked]


def _cells(runs_page: RunsPage, run: Run, columns: Sequence[str]) -> dict[str, Any]:
    values = {name: find.value(runs_page, run, name) for name in columns}
    return {name: _sortable(number, text or "–", name) for name, (number, text) in values.items()}


def short(name: str) -> str:
    """Returns a column's heading: what stands before it is the same in most."""
    return (
        name.removeprefix("params.").removeprefix("environment_options.").removeprefix("metrics.").removesuffix(".last")
    )


def run_table(runs: Sequence[Run], columns: Sequence[dict[str, str]], key: str, *, select: bool = False) -> list[str]:
    """Shows runs; a click on a name opens the run. Returns the ids that are ticked."""
    sparks = api.sparklines(runs)
    rows = [_row(run, sparks[run.id]) for run in runs]
    result = table(rows, columns, key, select=select, opened=lambda run_id: actions.go("pages/watch/run.py", id=run_id))
    present = {run.id for run in runs}
    return [run_id for run_id in result.selected or [] if run_id in present]


def _row(run: Run, spark: list[float]) -> dict[str, Any]:
    now = time.time()
    state = shown_state(run)
    progress = kinds.progress(run)
    left = progress.seconds_left if state == "running" else None
    took = run.duration(now)
    title = metrics.title(run.main_metric)
    return {
        "id": run.id,
        "href": f"/run?id={run.id}",
        "name": run.name,
        "state": {"state": state, "icon": ICONS[state], "label": state},
        "kind": run.kind,
        "subject": shorten(view(run).subject(run), LONGEST_SUBJECT, placeholder=" …"),
        "progress": None if progress.share is None else round(progress.share, 2),
        "best": _sortable(run.best, words.number(run.best), title),
        "last": _sortable(run.last, words.number(run.last), title),
        "spark": {"values": spark, "title": title},
        "left": _sortable(left, _left(run, left)),
        "took": _sortable(took, words.duration(took)),
        "started": _sortable(run.created_at, words.clock(run.created_at)),
        "ended": _sortable(run.ended_at, words.clock(run.ended_at)),
        "why": why(run),
        "starred": run.starred,
        "tags": list(run.tags),
        "note": shorten(run.note, LONGEST_SUBJECT, placeholder=" …"),
    }


def _sortable(value: float | None, text: str, title: str = "") -> dict[str, Any]:
    return {"value": value, "text": text, "title": title}


def _left(run: Run, left: float | None) -> str:
    waits = waits_for(run)
    return f"waits for {waits}" if waits else words.duration(left)


def waits_for(run: Run) -> str:
    """Returns what keeps a run from going on, if anything does."""
    if run.state.value != "queued":
        return run.waits_for
    status = api.cluster_status()
    if status.state.value != "up":
        return "the cluster"
    return (
        "a slot"
        if status.load and status.load.slots and status.load.slots_taken >= status.load.slots
        else "its driver to start"
    )


def why(run: Run) -> str:
    """Returns why a run ended as it did, in one line."""
    lines = [line for line in run.error.strip().splitlines() if line.strip()]
    if not lines and (reason := view(run).why(run)):
        return reason
    return lines[-1] if lines else "by you" if run.state.value == "stopped" else ""
