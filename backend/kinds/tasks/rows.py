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
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from backend import files
from backend.catalog.signatures import ArgumentKind, Function
from backend.errors import InvalidSpec
from backend.kinds.tasks.spec import MOST_TASKS, Inputs

InputRow = dict[str, Any]
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
        with path.open(encoding="utf-8-sig" if inputs.encoding == "utf-8" else inputs.encoding, newline="") as file:
            return _keep(_csv(file, _kinds(inputs, function)) if inputs.csv is not None else _json_lines(file), folder)
    except FileNotFoundError:
        raise InvalidSpec({field: f"there is no file {path}"}) from None
    except UnicodeError as error:
        raise InvalidSpec(
            {field: f"is not in {inputs.encoding} ({error}); set another encoding, such as cp1252 or latin-1"}
        ) from None
    except LookupError:
        raise InvalidSpec({"inputs.encoding": f"there is no encoding “{inputs.encoding}”"}) from None
    except (OSError, csv.Error, _BrokenRow) as error:
        raise InvalidSpec({field: str(error)}) from None


class _BrokenRow(Exception):
    """A row that cannot be read; the message names its line."""


def _kinds(inputs: Inputs, function: Function | None) -> dict[str, ArgumentKind]:
    """Returns what kind the function wants each column to be."""
    wanted = {each.name: each.kind for each in function.arguments} if function else {}
    return wanted | {column: wanted[argument] for column, argument in inputs.columns.items() if argument in wanted}


def _csv(file: TextIO, kinds: Mapping[str, ArgumentKind]) -> Iterator[InputRow]:
    """Reads twice: what kind each column is, then the rows."""
    names = _header(file)
    readers = {name: _READERS_OF.get(kinds.get(name, "any"), _READERS) for name in names}
    texts = {name for name in names if not readers[name]}
    for count, (line, row) in enumerate(_records(file, names), 1):
        for name, value in row.items():
            while readers[name] and not _reads(readers[name][0], value):
                readers[name] = readers[name][1:]
            if not readers[name] and name not in texts:
                if kinds.get(name) in _READERS_OF:
                    raise _BrokenRow(f"line {line}, {name}: must be {_WANTED[kinds[name]]}, not {value!r}")
                texts.add(name)
        if count > MOST_TASKS:
            raise _BrokenRow(_MANY)
    chosen = {name: left[0] if left else str for name, left in readers.items()}
    file.seek(0)
    _header(file)
    for _, row in _records(file, names):
        yield {name: chosen[name](value) if value != "" or chosen[name] is str else None for name, value in row.items()}


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


_Reader = Callable[[str], Any]
_READERS: tuple[_Reader, ...] = (int, float, _boolean)
_READERS_OF: dict[ArgumentKind, tuple[_Reader, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (_boolean,),
    "str": (),
    "path": (),
}
_WANTED: dict[ArgumentKind, str] = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def _reads(reader: Callable[[str], Any], text: str) -> bool:
    if text == "":
        return True
    text = text.strip()
    if "_" in text:  # Python reads 2024_01 as a number, nobody else does
        return False
    try:
        reader(text)
    except (ValueError, KeyError):
        return False
    return not (text.strip("+-")[:1] == "0" and text.strip("+-0.")[:1].isdigit() and "." not in text)  # 007 is a name


def _header(file: TextIO) -> list[str]:
    names = [name.strip() for name in next(csv.reader(file, strict=True), [])]
    if not names:
        raise _BrokenRow("the file is empty; its first line must name the columns")
    for name in names:
        if not name or names.count(name) > 1:
            raise _BrokenRow(
                "the first line must name every column once;"
                f" {f'“{name}” is there twice' if name else 'one has no name'}"
            )
    return names


def _records(file: TextIO, names: list[str]) -> Iterator[tuple[int, InputRow]]:
    """Yields each row with the number of its first line."""
    reader, line = csv.reader(file, strict=True), 2
    try:
        for cells in reader:
            if cells and len(cells) != len(names):
                raise _BrokenRow(f"line {line} has {len(cells)} values, and there are {len(names)} columns")
            if cells:
                yield line, dict(zip(names, cells, strict=True))
            line = reader.line_num + 2
    except csv.Error as error:  # such as a quote that is never closed: it would swallow all the rest
        raise _BrokenRow(f"the row that begins in line {line} is broken: {error}") from None


def _json_lines(file: TextIO) -> Iterator[InputRow]:
    for number, line in enumerate(file, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise _BrokenRow(f"line {number} is not JSON: {error}") from None
        if not isinstance(row, dict):
            raise _BrokenRow(f'line {number} is not an object such as {{"x": 1}}')
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
