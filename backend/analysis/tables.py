"""Tasks as tables to take away."""

import contextlib
import csv
import io
import json
import pickle
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any, BinaryIO

from backend.model import Task, Trial

Row = dict[str, Any]
OWN = ("result", "artifact", "error")
FIXED = ("number", "state", "attempts", "started_at", "seconds", "worker")


def write(batches: Iterable[Sequence[Task]], form: str, file: BinaryIO) -> None:
    """Writes tasks as csv, parquet or jsonl, a row each: arguments as columns, and a result that is a mapping likewise.

    Holds a batch in memory at a time.
    """
    _write(([_row(each) for each in batch] for batch in batches), form, file)


def write_rows(rows: list[dict[str, Any]], form: str, file: BinaryIO) -> None:
    """Writes rows as csv, parquet or jsonl, with every column that some row has."""
    _write([rows], form, file)


def _write(batches: Iterable[list[Row]], form: str, file: BinaryIO) -> None:
    """Csv and parquet begin with their columns, which only the last row completes: the rows wait in a file until then."""
    if form == "jsonl":
        for rows in batches:
            file.writelines(json.dumps(row).encode() + b"\n" for row in rows)
        return
    columns: dict[str, _Column] = {}
    with tempfile.TemporaryFile() as waiting:
        many = 0
        for rows in batches:
            for row in rows:
                for name, value in row.items():
                    if name not in columns:
                        columns[name] = _Column()
                    columns[name].take(value)
                many += 1
            pickle.dump(rows, waiting, pickle.HIGHEST_PROTOCOL)
        waiting.seek(0)
        chosen = {name: columns[name] for name in _in_order(columns)} if columns else {name: _Column() for name in FIXED}
        (_csv if form == "csv" else _parquet)(_unpickled(waiting), chosen, many, file)


def _unpickled(file: IO[bytes]) -> Iterator[list[Row]]:
    with contextlib.suppress(EOFError):
        while True:
            yield pickle.load(file)


@dataclass
class _Column:
    """What is in a column, to find the one kind that parquet wants."""

    kinds: set[type] = field(default_factory=set)
    filled: int = 0  # cells that are not empty
    least: int = 0  # of whole numbers
    most: int = 0

    def take(self, value: Any) -> None:
        if value is None:
            return
        kind = type(value)
        self.kinds.add(kind)
        self.filled += value == value
        if kind is int:
            self.least, self.most = min(self.least, value), max(self.most, value)

    def dtype(self, many: int) -> str:
        """Returns pandas' name of the kind; what is mixed, or too large for it, becomes text."""
        if self.kinds == {int} and self.least >= -(2**63) and self.most < 2**63:
            return "int64" if self.filled == many else "Int64"
        if self.kinds in ({float}, {int, float}) and max(-self.least, self.most) < 2**1023:
            return "float64"
        if self.kinds == {bool}:
            return "bool" if self.filled == many else "boolean"
        return "object"


def _csv(batches: Iterable[list[Row]], columns: Mapping[str, _Column], _many: int, file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(columns)
    for rows in batches:
        lines.writerows([_cell(row.get(name)) for name in columns] for row in rows)
    text.flush()
    text.detach()


def _cell(value: Any) -> Any:
    return "" if value is None or value != value else value


def _parquet(batches: Iterable[list[Row]], columns: Mapping[str, _Column], many: int, file: BinaryIO) -> None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = {name: column.dtype(many) for name, column in columns.items()}
    schema = pa.Schema.from_pandas(pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()}), preserve_index=False)
    for place, kind in enumerate(kinds.values()):
        if kind == "object":
            schema = schema.set(place, pa.field(schema.names[place], pa.string()))
    convert = {"object": _text, "float64": _number}
    with pq.ParquetWriter(file, schema) as writer:
        for rows in batches:
            cells = {name: [convert.get(kind, _same)(row.get(name)) for row in rows] for name, kind in kinds.items()}
            writer.write_table(pa.table(cells, schema=schema))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _same(value: Any) -> Any:
    return value


def _in_order(seen: Iterable[str]) -> list[str]:
    """Arguments and results in the order of their first appearance."""
    names, last = list(seen), ("artifact", "error")
    return [*(name for name in names if name not in last), *(name for name in last if name in names)]


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
    return value if value is None or isinstance(value, str) else None if value != value else json.dumps(value)


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


def names_of_pair(result: Any) -> tuple[str, str]:
    """Returns what the two numbers of a result are called."""
    names = [*result] if isinstance(result, dict) else []
    return (names[0], names[1]) if len(names) == 2 else ("first", "second")


def pairs(results: Iterable[Any]) -> list[tuple[float, float]]:
    """Returns the results that are two numbers: a list of two, or a mapping of two. Numbers that no float holds are none."""
    found = []
    for result in results:
        values = list(result.values()) if isinstance(result, dict) else result
        if isinstance(values, list) and len(values) == 2 and all(isinstance(value, int | float) for value in values):
            with contextlib.suppress(OverflowError):
                found.append((float(values[0]), float(values[1])))
    return found
