"""Inputs -> rows: the arguments of each task, in order, never all in memory.

A file's rows are kept as JSON Lines under the hash of what they say, so that a run finds them again whatever happens to
the file.
"""

import csv
import glob
import hashlib
import itertools
import json
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from backend import files
from backend.catalog.signatures import ArgumentKind, Function
from backend.errors import InvalidSpec
from backend.kinds.tasks import tables
from backend.kinds.tasks.spec import MOST_TASKS, Inputs
from backend.kinds.tasks.tables import BrokenRow, InputRow

_MANY = f"there may be at most {MOST_TASKS:,} tasks"


@dataclass(frozen=True)
class KeptRows:
    """The rows of a file, as they are kept."""

    sha256: str
    columns: tuple[str, ...]
    total: int


def count(inputs: Inputs, folder: Path) -> int:
    """Returns how many tasks there are.

    Raises:
        InvalidSpec: there are none or too many, or the rows of a file are not kept in `folder`.
    """
    if inputs.range is not None:
        wanted = _range(inputs)
        total = max(0, -((wanted.start - wanted.stop) // wanted.step))  # len() refuses what is astronomical
    elif inputs.grid is not None:
        total = math.prod(map(len, inputs.grid.values())) if inputs.grid else 0
    elif inputs.is_kept:
        total = kept(inputs.sha256, folder).total
    else:
        total = len(inputs.list or ())
    if not total:
        raise InvalidSpec({f"inputs.{inputs.source}": "there are no tasks in it"})
    if total > MOST_TASKS:
        raise InvalidSpec({f"inputs.{inputs.source}": f"{total:,} tasks; {_MANY}"})
    return total


def rows(inputs: Inputs, folder: Path) -> Iterator[InputRow]:
    """Yields what each task gets beyond the params of all, in order."""
    if inputs.range is not None:
        yield from ({inputs.argument: value} for value in _range(inputs))
    elif inputs.grid is not None:
        yield from (dict(zip(inputs.grid, chosen, strict=True)) for chosen in itertools.product(*inputs.grid.values()))
    elif inputs.is_kept:
        with _kept_file(inputs.sha256, folder).open(encoding="utf-8") as file:
            for line in file:
                yield {inputs.columns.get(name, name): value for name, value in json.loads(line).items()}
    else:
        yield from (
            dict(value) if isinstance(value, Mapping) else {inputs.argument: value} for value in inputs.list or ()
        )


def texts(inputs: Inputs, folder: Path) -> Iterator[str]:
    """Yields the same rows as JSON."""
    if inputs.range is not None:
        begin = f"{{{json.dumps(inputs.argument)}: "
        yield from (f"{begin}{value}}}" for value in _range(inputs))
    elif inputs.is_kept and not inputs.columns:
        with _kept_file(inputs.sha256, folder).open(encoding="utf-8") as file:
            yield from (line.rstrip("\n") for line in file)
    else:
        yield from map(json.dumps, rows(inputs, folder))


def _range(inputs: Inputs) -> range:
    return range(*inputs.range) if isinstance(inputs.range, tuple) else range(max(0, inputs.range or 0))


def _paths(inputs: Inputs) -> list[str]:
    return sorted(
        path for path in glob.glob(os.path.expanduser(inputs.files or ""), recursive=True) if os.path.isfile(path)
    )


def kept(sha256: str, folder: Path) -> KeptRows:
    """Returns what is known of kept rows.

    Raises:
        InvalidSpec: they are not there.
    """
    try:
        header = json.loads(_kept_file(sha256, folder).with_suffix(".json").read_text())
    except OSError:
        raise InvalidSpec({"inputs": "the rows of the file are no longer kept; give the file again"}) from None
    return KeptRows(sha256, tuple(header["columns"]), header["total"])


def _kept_file(sha256: str, folder: Path) -> Path:
    return folder / f"{sha256 if sha256.isalnum() else 'none'}.jsonl"


def keep(inputs: Inputs, folder: Path, function: Function | None = None) -> KeptRows:
    """Reads a CSV or JSON Lines file, or finds files, checks every row, and keeps them all.

    A CSV's column is of the kind that the function wants; where that says nothing, what looks like numbers throughout
    is numbers.

    Raises:
        InvalidSpec: the file cannot be read; the message names the line.
    """
    if inputs.files is not None:
        return _keep(({inputs.argument: path} for path in _paths(inputs)), folder)
    path, field = Path(os.path.expanduser(inputs.csv or inputs.jsonl or "")), f"inputs.{inputs.source}"
    try:
        with path.open(encoding=tables.encoding_of(path, inputs.encoding), newline="") as file:
            if inputs.csv is None:
                return _keep(_json_lines(file), folder)
            return _keep(tables.rows(file, _kinds(inputs, function), MOST_TASKS), folder)
    except FileNotFoundError:
        raise InvalidSpec({field: f"there is no file {path}"}) from None
    except UnicodeError as error:
        raise InvalidSpec(
            {field: f"is not in {inputs.encoding} ({error}); set another encoding, such as cp1252 or latin-1"}
        ) from None
    except LookupError:
        raise InvalidSpec({"inputs.encoding": f"there is no encoding “{inputs.encoding}”"}) from None
    except (OSError, csv.Error, BrokenRow) as error:
        raise InvalidSpec({field: str(error)}) from None


def _kinds(inputs: Inputs, function: Function | None) -> dict[str, ArgumentKind]:
    """Returns what kind the function wants each column to be."""
    wanted = {each.name: each.kind for each in function.arguments} if function else {}
    return wanted | {column: wanted[argument] for column, argument in inputs.columns.items() if argument in wanted}


def _json_lines(file: TextIO) -> Iterator[InputRow]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise BrokenRow(f"line {number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise BrokenRow(f'line {number} is not an object such as {{"x": 1}}')
        yield row


def _keep(input_rows: Iterable[InputRow], folder: Path) -> KeptRows:
    folder.mkdir(parents=True, exist_ok=True)
    columns: dict[str, None] = {}
    digest, total = hashlib.sha256(), 0
    with files.aside(folder / "rows") as part:
        with part.open("w", encoding="utf-8") as file:
            for row in input_rows:
                line = json.dumps(row) + "\n"
                file.write(line)
                digest.update(line.encode())
                columns |= dict.fromkeys(row)
                total += 1
        result = KeptRows(digest.hexdigest(), tuple(columns), total)
        target = _kept_file(result.sha256, folder)
        files.replace(target.with_suffix(".json"), json.dumps({"columns": list(columns), "total": total}))
        part.replace(target)
    return result
