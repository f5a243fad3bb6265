"""Where the tasks' arguments come from: a range, a list, a grid, a file's rows, or files by pattern."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import streamlit as st

from backend.api import tasks
from backend.catalog.functions import FoundFunction
from backend.errors import InvalidSpec
from backend.kinds.tasks.spec import Inputs
from pages.kinds.fields import argument_fields
from pages.widgets import spec_form
from pages.widgets.text import plain

SOURCES = {"range": "Range", "list": "List", "grid": "Grid", "file": "CSV or JSON Lines", "files": "Files"}
ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16")
Entered = tuple[dict[str, Any], dict[str, str]]  # the spec's inputs, and what is wrong by field


def inputs(workload: FoundFunction, start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> Entered:
    """Draws the card and returns what was entered."""
    before = (
        "file"
        if "csv" in start or "jsonl" in start
        else next((source for source in SOURCES if source in start), "range")
    )
    with st.container(border=True):
        st.markdown("**Inputs, a task for each**")
        source = st.segmented_control(
            "Source",
            list(SOURCES),
            format_func=SOURCES.__getitem__,
            default=before,
            required=True,
            key=f"{key}/source",
            label_visibility="collapsed",
        )
        entered, wrong = _DRAW[source or "range"](workload, start, f"{key}/{source}")
        for field in ("inputs", *(f"inputs.{name}" for name in Inputs.model_fields)):
            if field in problems:
                spec_form.problem_under({field: problems[field]}, field)
    return entered, wrong


def brought(workload: FoundFunction, entered: Mapping[str, Any]) -> set[str]:
    """Returns the arguments that these inputs bring."""
    if "grid" in entered:
        return set(entered["grid"])
    if "sha256" in entered and "files" not in entered:
        columns = tasks.kept(entered["sha256"]).columns
        return {entered.get("columns", {}).get(name, name) for name in columns}
    if (listed := entered.get("list")) and all(isinstance(each, dict) for each in listed):
        return {name for each in listed for name in each}
    return {entered["argument"]} if entered.get("argument") else set()


def _argument(workload: FoundFunction, start: Mapping[str, Any], key: str) -> str:
    names = [each.name for each in workload.function.arguments]
    argument = start.get("argument")
    return (
        st.selectbox("Given to", names, index=names.index(argument) if argument in names else 0, key=f"{key}/argument")
        if names
        else ""
    )


def _range(workload: FoundFunction, start: Mapping[str, Any], key: str) -> Entered:
    bounds = start.get("range", 10)
    parts = list(bounds) if isinstance(bounds, list | tuple) else [0, bounds]
    columns = st.columns(4)
    with columns[0]:
        argument = _argument(workload, start, key)
    first = columns[1].number_input("From", value=parts[0], step=1, key=f"{key}/from")
    stop = columns[2].number_input("To, not included", value=parts[1], step=1, key=f"{key}/to")
    step = columns[3].number_input("Step", value=parts[2] if len(parts) > 2 else 1, step=1, key=f"{key}/step")
    if first is None or stop is None or step is None:
        return {"range": 0, "argument": argument}, {"inputs.range": "from, to and step must be whole numbers"}
    return {"range": stop if (first, step) == (0, 1) else [first, stop, step], "argument": argument}, {}


def _list(workload: FoundFunction, start: Mapping[str, Any], key: str) -> Entered:
    left, right = st.columns([1, 3])
    with left:
        argument = _argument(workload, start, key)
    read = partial(argument_fields.lines, workload.function.argument(argument))
    shown = argument_fields.shown(start.get("list", []), "\n", read)
    how = (
        "one a line"
        if argument_fields.is_text(workload.function.argument(argument))
        else "one a line, or separated by commas"
    )
    text = right.text_area("Values", value=shown, key=f"{key}/values", placeholder=f"{how}; or a JSON list")
    return {"list": read(text), "argument": argument}, {}


def _grid(workload: FoundFunction, start: Mapping[str, Any], key: str) -> Entered:
    before = start.get("grid", {})
    grid: dict[str, list[Any]] = {}
    st.caption("Values by argument; a task for each combination. What is left empty is the same for all tasks.")
    for argument in workload.function.arguments:
        read = partial(argument_fields.cells, argument)
        shown = argument_fields.shown(before.get(argument.name, []), ", ", read)
        hint = ", ".join(map(str, argument.options)) or "1, 2, 3"
        text = st.text_input(argument.name, value=shown, key=f"{key}/{argument.name}", placeholder=hint)
        if text.strip():
            grid[argument.name] = read(text)
    return {"grid": grid}, {}


def _files(workload: FoundFunction, start: Mapping[str, Any], key: str) -> Entered:
    left, right = st.columns([1, 3])
    with left:
        argument = _argument(workload, start, key)
    pattern = right.text_input(
        "Pattern", value=start.get("files", ""), key=f"{key}/pattern", placeholder="/data/**/*.txt"
    )
    return {"files": pattern, "argument": argument}, {}


def _file(workload: FoundFunction, start: Mapping[str, Any], key: str) -> Entered:
    left, right = st.columns([3, 1])
    upload = left.file_uploader(
        "CSV with a header, or JSON Lines", ["csv", "jsonl", "ndjson", "json"], key=f"{key}/upload"
    )
    encoding = right.selectbox("Encoding", ENCODINGS, index=0, key=f"{key}/encoding", help="Of the file's text.")
    if upload is None:
        if "sha256" not in start:
            return {"csv": ""}, {"inputs": "give a file"}
        entered = {name: start[name] for name in ("csv", "jsonl", "sha256") if name in start}
    else:
        kind = "csv" if upload.name.endswith(".csv") else "jsonl"
        upload_inputs = Inputs.model_validate({kind: upload.name, "encoding": encoding})
        try:
            sha256 = _kept(upload, upload_inputs, workload.id, f"{key}/kept")
        except InvalidSpec as error:
            return {kind: upload.name}, {"inputs": next(iter(error.problems.values()))}
        entered = {kind: upload.name, "sha256": sha256}
    return entered | _columns(workload, start, entered["sha256"], key), {}


def _kept(upload: Any, upload_inputs: Inputs, function: str, key: str) -> str:
    """Keeps an upload's rows, once and not at each drawing of the form."""
    name = (upload.file_id, upload_inputs.encoding, function)
    entry = st.session_state.get(key)
    if entry is None or entry[0] != name:
        entry = st.session_state[key] = (name, tasks.keep_upload(upload.getvalue(), upload_inputs, function).sha256)
    return str(entry[1])


def _columns(workload: FoundFunction, start: Mapping[str, Any], sha256: str, key: str) -> dict[str, Any]:
    """Lets a person say which column is which argument, where names differ."""
    rows = tasks.kept(sha256)
    arguments = [each.name for each in workload.function.arguments]
    st.caption(f"{rows.total:,} rows of {plain(', '.join(rows.columns))}")
    odd = [name for name in rows.columns if name not in arguments]
    if not odd or workload.function.takes_any:
        return {}
    before = start.get("columns", {})
    columns = {}
    for place, (slot, name) in enumerate(zip(st.columns(min(4, len(odd))) * len(odd), odd, strict=False)):
        options = ["", *(each for each in arguments if each not in rows.columns)]
        index = options.index(before[name]) if before.get(name) in options else min(place + 1, len(options) - 1)
        title = f"Column {name}"
        chosen = slot.selectbox(
            title, options, index=index, format_func=lambda each: each or "choose", key=f"{key}/{sha256}/{name}"
        )
        if chosen:
            columns[name] = chosen
    return {"columns": columns} if columns else {}


_DRAW = {"range": _range, "list": _list, "grid": _grid, "file": _file, "files": _files}
