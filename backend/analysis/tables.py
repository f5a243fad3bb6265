"""Tasks as tables to take away."""

import io
import json
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, BinaryIO

from backend.store.values import Task, Trial

OWN = ("result", "artifact", "error")
FIXED = ("number", "state", "attempts", "started_at", "seconds", "worker")


def write(batches: Iterable[Sequence[Task]], form: str, file: BinaryIO) -> None:
    """Writes tasks as csv, parquet or jsonl, a row each: arguments as columns, and a result that is a mapping likewise."""
    if form == "jsonl":
        for each in chain.from_iterable(batches):
            file.write(json.dumps(_row(each)).encode() + b"\n")
        return
    write_rows([_row(each) for each in chain.from_iterable(batches)], form, file)


def write_rows(rows: list[dict[str, Any]], form: str, file: BinaryIO) -> None:
    """Writes rows as csv, parquet or jsonl, with every column that some row has."""
    if form == "jsonl":
        file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        return
    import pandas as pd

    # As objects: pandas makes floats of whole numbers beside an empty cell, and long ones lose digits.
    table = pd.DataFrame({name: pd.Series([row.get(name) for row in rows], dtype=object) for name in _columns(rows)})
    if form == "csv":
        table.to_csv(file, index=False)
    else:
        for name in table.columns:
            table[name] = _of_one_kind(table[name])
        table.to_parquet(file, index=False)


def _of_one_kind(column: Any) -> Any:
    """Parquet's columns are of one kind; one of mixed kinds becomes text."""
    kinds, is_full = {type(value) for value in column if value is not None}, bool(column.notna().all())
    if kinds == {int} and column.min() >= -(2**63) and column.max() < 2**63:
        return column.astype("int64" if is_full else "Int64")
    if kinds in ({float}, {int, float}):
        return column.astype("float64")
    if kinds == {bool}:
        return column.astype("bool" if is_full else "boolean")
    return column.map(_text)


def _columns(rows: list[dict[str, Any]]) -> list[str]:
    """Every column that some row has: arguments and results in the order of their first appearance."""
    seen = dict.fromkeys(chain.from_iterable(rows)) if rows else dict.fromkeys(FIXED)
    last = ("artifact", "error")
    return [*(name for name in seen if name not in last), *(name for name in last if name in seen)]


def _row(task: Task) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(task, name) for name in FIXED} | {"state": task.state.value}
    for name, value in task.input.items():
        row[name if name not in (*FIXED, *OWN) else f"input.{name}"] = _flat(value)
    if isinstance(task.result, dict):
        row |= {f"result.{name}": _flat(value) for name, value in task.result.items()}
    else:
        row["result"] = _flat(task.result)
    return row | {"artifact": task.artifact, "error": task.error}


def _flat(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()  # half a surrogate pair, as odd file names have them
    return value if value is None or isinstance(value, int | float) else json.dumps(value)


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) or value != value else json.dumps(value)


def of_trials(trials: Iterable[Trial], form: str) -> bytes:
    """Returns trials as csv, parquet or jsonl, a row each: parameters, how it went, its best and its last values."""
    rows = [
        {
            "number": trial.number, "state": trial.state.value, "seed": trial.seed,
            **{f"param.{name}": _flat(value) for name, value in trial.params.items()},
            "best": trial.best, **{f"last.{name}": value for name, value in trial.last.items()},
            "reports": trial.reports, "started_at": trial.started_at, "ended_at": trial.ended_at,
            "checkpoint": trial.checkpoint, "error": trial.error,
        }
        for trial in trials
    ]  # fmt: skip
    file = io.BytesIO()
    write_rows(rows, form, file)
    return file.getvalue()


def names_of_pair(task: Task) -> tuple[str, str]:
    """Returns what the two numbers of a result are called."""
    names = [*task.result] if isinstance(task.result, dict) else []
    return (names[0], names[1]) if len(names) == 2 else ("first", "second")


def pairs(tasks: Iterable[Task]) -> list[tuple[float, float]]:
    """Returns the results that are two numbers: a list of two, or a mapping of two."""
    found = []
    for task in tasks:
        values = list(task.result.values()) if isinstance(task.result, dict) else task.result
        if isinstance(values, list) and len(values) == 2 and all(isinstance(value, int | float) for value in values):
            found.append((float(values[0]), float(values[1])))
    return found
