"""The points behind a chart as a table: run, group, trial, seed, metric, step, time, value; a
row each, none left out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from backend.analysis.groups import Group
from backend.store.series.points import Batch, SeriesHead

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

Form = Literal["csv", "parquet"]
MIMES: dict[Form, str] = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}
COLUMNS = ("run", "group", "trial", "seed", "metric", "step", "time", "value")
ASIDE = "aside"  # a column more: the attempt that repeated the point, empty where it is of the trial's line


@dataclass(frozen=True)
class SeriesOwner:
    """Whose a series is: the group's label and the trial's seed."""

    group: str
    seed: int | None


Owners = Mapping[tuple[str, int], SeriesOwner]  # by run and trial


def owners(groups: Iterable[Group]) -> dict[tuple[str, int], SeriesOwner]:
    """Returns for each trial of some groups whose it is."""
    return {
        (each.run.id, each.trial.number): SeriesOwner(group.label, each.trial.seed)
        for group in groups
        for each in group.members
    }


def written(
    batches: Iterable[Batch], heads: Sequence[SeriesHead], whose: Owners, form: Form, *, aside: bool = False
) -> Iterator[bytes]:
    """Yields a CSV or Parquet file piece by piece, a batch of points in memory at a time; with `aside` it has that
    column.

    CSV: UTF-8 with a line of column names; times in seconds since the epoch; what was not finite is an empty cell, in
    Parquet null.
    """
    sink = _Sink()
    with _writer(sink, form, aside) as writer:
        for batch in batches:
            writer.write_table(_table(batch, heads, whose, aside))
            yield sink.taken()
    yield sink.taken()


def frame(
    batches: Iterable[Batch], heads: Sequence[SeriesHead], whose: Owners, *, aside: bool = False
) -> "pd.DataFrame":
    """Returns the same as a DataFrame; run, group and metric are categories."""
    import pandas as pd
    import pyarrow as pa

    parts = (_table(batch, heads, whose, aside) for batch in batches)
    table = pa.concat_tables([_schema(aside).empty_table(), *parts])
    points: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return points.astype({"run": "category", "group": "category", "metric": "category", "trial": "int64"})


class _Sink:
    """A file that only keeps what was written since it was last emptied."""

    closed = False

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._length = 0

    def write(self, content: Any) -> int:
        part = bytes(content)
        self._parts.append(part)
        self._length += len(part)
        return len(part)

    def tell(self) -> int:
        return self._length

    def flush(self) -> None:
        """There is nothing beneath."""

    def close(self) -> None:
        """What is left is still to be taken."""

    def taken(self) -> bytes:
        parts, self._parts = self._parts, []
        return b"".join(parts)


def _writer(sink: _Sink, form: Form, aside: bool) -> Any:
    if form == "csv":
        from pyarrow import csv

        return csv.CSVWriter(sink, _schema(aside))
    from pyarrow import parquet

    return parquet.ParquetWriter(sink, _schema(aside))


def _schema(aside: bool) -> "pa.Schema":
    import pyarrow as pa

    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string(), pa.float64(), pa.float64(), pa.float64())
    return pa.schema([*zip(COLUMNS, kinds, strict=True), *([(ASIDE, pa.int64())] if aside else [])])


def _table(batch: Batch, heads: Sequence[SeriesHead], whose: Owners, aside: bool) -> "pa.Table":
    """Returns a batch with whose each point is."""
    import pyarrow as pa

    there, which = np.unique(batch.place, return_inverse=True)
    mine = [heads[place] for place in there]
    own = [whose.get((head.run_id, head.trial), SeriesOwner("", None)) for head in mine]

    def spread(values: Sequence[Any], kind: "pa.DataType") -> "pa.Array":
        return pa.array(values, kind).take(pa.array(which))

    return pa.table(
        [
            spread([head.run_id for head in mine], pa.string()),
            spread([each.group for each in own], pa.string()),
            spread([head.trial for head in mine], pa.int64()),
            spread([each.seed for each in own], pa.int64()),
            spread([head.key for head in mine], pa.string()),
            *(pa.array(column, from_pandas=True) for column in (batch.step, batch.time, batch.value)),
            *([spread([head.aside for head in mine], pa.int64())] if aside else []),
        ],
        schema=_schema(aside),
    )
