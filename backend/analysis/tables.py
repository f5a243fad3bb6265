"""Tasks as tables to take away."""

import contextlib
import csv
import io
import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO

from backend.model import Trial
from backend.store.fanout.tasks import taken_away

if TYPE_CHECKING:
    import pyarrow as pa

TableRow = dict[str, Any]
OWN = ("result", "artifact", "error")
FIXED = ("number", "state", "attempts", "started_at", "seconds", "worker")


def write(batches: Iterable["pa.RecordBatch"], form: str, file: BinaryIO) -> None:
    """Writes tasks as csv, parquet or jsonl, a row each: arguments as columns, and a result that is a mapping likewise.

    Holds a batch in memory at a time. Csv and parquet begin with their columns, which only the last row completes: the
    batches wait in a file until then.

    Args:
        batches: tasks as they are stored, see `backend.store.fanout.tasks.everything`.
    """
    import pyarrow as pa

    if form == "jsonl":
        for batch in batches:
            _lines(_rows(batch), file)
        return
    columns = _TableColumns()
    with tempfile.TemporaryFile() as waiting:
        with pa.ipc.new_stream(waiting, taken_away()) as spool:
            for batch in batches:
                spool.write_batch(batch)
                columns.take(_rows(batch))
        waiting.seek(0)
        _save(map(_rows, pa.ipc.open_stream(waiting)), columns, form, file)


def write_rows(rows: list[TableRow], form: str, file: BinaryIO) -> None:
    """Writes rows as csv, parquet or jsonl, with every column that some row has."""
    if form == "jsonl":
        _lines(rows, file)
        return
    columns = _TableColumns()
    columns.take(rows)
    _save([rows], columns, form, file)


@dataclass
class _TableColumn:
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


class _TableColumns:
    """The columns of a table, which only its last row completes."""

    def __init__(self) -> None:
        self.rows = 0
        self._known: dict[str, _TableColumn] = {}

    def take(self, rows: Sequence[TableRow]) -> None:
        self.rows += len(rows)
        for row in rows:
            for name, value in row.items():
                if name not in self._known:
                    self._known[name] = _TableColumn()
                self._known[name].take(value)

    def kinds(self) -> dict[str, str]:
        """Returns the kind of each column: arguments and results in the order of their first appearance."""
        last = [name for name in ("artifact", "error") if name in self._known]
        names = [*(name for name in self._known if name not in last), *last]
        return {name: self._known[name].dtype(self.rows) for name in names} or dict.fromkeys(FIXED, "object")


def _lines(rows: Iterable[TableRow], file: BinaryIO) -> None:
    """JSON knows no NaN."""
    file.writelines(json.dumps({name: _or_none(value) for name, value in row.items()}).encode() + b"\n" for row in rows)


def _save(batches: Iterable[list[TableRow]], columns: _TableColumns, form: str, file: BinaryIO) -> None:
    (_csv if form == "csv" else _parquet)(batches, columns.kinds(), file)


def _csv(batches: Iterable[list[TableRow]], kinds: Mapping[str, str], file: BinaryIO) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8", newline="")
    lines = csv.writer(text, lineterminator="\n")  # Arrow's own would write 10 for 10.0 and put every text into quotes
    lines.writerow(kinds)
    for rows in batches:
        lines.writerows([_or_none(row.get(name)) for name in kinds] for row in rows)
    text.flush()
    text.detach()


def _or_none(value: Any) -> Any:
    return value if value == value else None


def _parquet(batches: Iterable[list[TableRow]], kinds: Mapping[str, str], file: BinaryIO) -> None:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.Schema.from_pandas(
        pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in kinds.items()}), preserve_index=False
    )
    for place, kind in enumerate(kinds.values()):
        if kind == "object":
            schema = schema.set(place, pa.field(schema.names[place], pa.string()))
    convert = {"object": _text, "float64": _number}
    with pq.ParquetWriter(file, schema) as writer:
        for rows in batches:
            cells = {name: [convert.get(kind, _same)(row.get(name)) for row in rows] for name, kind in kinds.items()}
            writer.write_batch(pa.RecordBatch.from_pydict(cells, schema=schema))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _same(value: Any) -> Any:
    return value


def _rows(batch: "pa.RecordBatch") -> list[TableRow]:
    return list(map(_row, batch.to_pylist()))


def _row(task: Mapping[str, Any]) -> TableRow:
    row = {name: task[name] for name in FIXED}
    for name, value in json.loads(task["input"]).items():
        row[name if name not in (*FIXED, *OWN) else f"input.{name}"] = _flat(value)
    result = None if task["result"] is None else json.loads(task["result"])
    if isinstance(result, dict):
        row |= {f"result.{name}": _flat(value) for name, value in result.items()}
    else:
        row["result"] = _flat(result)
    return row | {"artifact": task["artifact"], "error": task["error"]}


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
    """Returns the results that are two numbers: a list of two, or a mapping of two.

    Numbers that no float holds are none.
    """
    points = []
    for result in results:
        values = list(result.values()) if isinstance(result, dict) else result
        if isinstance(values, list) and len(values) == 2 and all(isinstance(value, int | float) for value in values):
            with contextlib.suppress(OverflowError):
                points.append((float(values[0]), float(values[1])))
    return points
