"""CSV files as people have them: what separates cells, what they are written in, and what each column holds."""

import csv
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple, TextIO

from backend.catalog.signatures import ArgumentKind

InputRow = dict[str, Any]

DELIMITERS = ",;\t|"
LOOKED_AT = 50  # lines by which a delimiter is told
MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}  # how a file begins
# no numbers, though Python reads them so: 2024_01, 007, and 12E4, which is a part's name sooner than 120000
NAMES = re.compile(r"_|^[+-]?0+[1-9]\d*$|^\d+E\d+$")


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text.strip().lower()]


def _comma(text: str) -> float:
    """Reads a number as it is written where cells are separated by semicolons."""
    return float(text.replace(",", ".", 1))


_Reader = Callable[[str], Any]
_READERS: tuple[_Reader, ...] = (int, float, _boolean)
_READERS_OF: dict[ArgumentKind, tuple[_Reader, ...]] = {
    "int": (int,),
    "float": (int, float),
    "bool": (_boolean,),
    "str": (),
    "path": (),
}
_COMMA: tuple[_Reader, ...] = (int, float, _comma, _boolean)
_COMMA_OF = _READERS_OF | {"float": (int, float, _comma)}
_WANTED: dict[ArgumentKind, str] = {"int": "a whole number", "float": "a number", "bool": "true or false"}


def _reads(reader: _Reader, text: str) -> bool:
    if text == "":
        return True
    text = text.strip()
    if NAMES.search(text):
        return False
    try:
        reader(text)
    except (ValueError, KeyError):
        return False
    return True


class BrokenRow(Exception):
    """A row that cannot be read; the message names its line and what was expected."""


class Table(NamedTuple):
    """How a file is to be read."""

    delimiter: str
    names: list[str]  # of the columns
    first: int  # the line after that with the names, from 1
    has_index: bool  # whether its first column has no name, and counts the rows


def encoding_of(path: Path, wanted: str) -> str:
    """Returns what a file is written in: what it says itself, where nobody wants another than the usual."""
    if wanted != "utf-8":
        return wanted
    with path.open("rb") as file:
        beginning = file.read(3)
    return next((encoding for mark, encoding in MARKS.items() if beginning.startswith(mark)), wanted)


def rows(file: TextIO, kinds: Mapping[str, ArgumentKind], most: int) -> Iterator[InputRow]:
    """Reads twice: what kind each column is, then the rows.

    Raises:
        BrokenRow: also where there are more than `most`.
    """
    table = _table(file)
    chosen = _readers(file, table, kinds, most)
    for _, row in _records(file, table):
        yield {name: chosen[name](value) if value != "" or chosen[name] is str else None for name, value in row.items()}


def _readers(
    file: TextIO, table: Table, kinds: Mapping[str, ArgumentKind], most: int
) -> dict[str, Callable[[str], Any]]:
    """Returns how each column is read: as what the function wants, else as what all of it can be."""
    usual, of_kind = (_COMMA, _COMMA_OF) if table.delimiter == ";" else (_READERS, _READERS_OF)
    readers = {name: of_kind.get(kinds.get(name, "any"), usual) for name in table.names}
    texts = {name for name in table.names if not readers[name]}
    for count, (line, row) in enumerate(_records(file, table), 1):
        for name, value in row.items():
            while readers[name] and not _reads(readers[name][0], value):
                readers[name] = readers[name][1:]
            if not readers[name] and name not in texts:
                if kinds.get(name) in of_kind:
                    raise BrokenRow(f"line {line}, {name}: must be {_WANTED[kinds[name]]}, not {value!r}")
                texts.add(name)
        if count > most:
            raise BrokenRow(f"there may be at most {most:,} tasks")
    return {name: left[0] if left else str for name, left in readers.items()}


def _table(file: TextIO) -> Table:
    """Finds out how a file is to be read."""
    beginning = list(islice(file, LOOKED_AT))
    blank = next((place for place, line in enumerate(beginning) if line.strip()), None)
    if blank is None:
        raise BrokenRow("the file is empty; its first line must name the columns")
    delimiter = _delimiter(beginning[blank:])
    header = csv.reader(beginning[blank:], delimiter=delimiter, strict=True)
    names = [name.strip() for name in next(header)]
    where = f"line {blank + 1}" if blank else "the first line"
    if "" in (names[1:] or names):
        raise BrokenRow(f"{where} must name every column once; one has no name")
    if twice := [name for name in names if names.count(name) > 1]:
        raise BrokenRow(f"{where} must name every column once; “{twice[0]}” is there twice")
    table = Table(delimiter, names, blank + header.line_num + 1, has_index=False)
    return table if names[0] else _without_index(file, table)


def _delimiter(lines: list[str]) -> str:
    """Returns what separates the cells: what makes the most columns, of those that make as many in each line."""

    def columns(delimiter: str) -> int:
        try:
            widths = [len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells]
        except csv.Error:
            return 0
        whole = widths[:-1] if len(lines) == LOOKED_AT and len(widths) > 1 else widths  # the last may go on
        return widths[0] if len(set(whole)) == 1 else 0

    found = max(DELIMITERS, key=columns)  # the first of those that are alike
    named = max(DELIMITERS, key=lines[0].count)  # a broken row further down is told as such
    return found if columns(found) > 1 else named if lines[0].count(named) else ","


def _without_index(file: TextIO, table: Table) -> Table:
    """Leaves out a first column without a name, as pandas writes it, which counts the rows from 0."""
    for count, (line, row) in enumerate(_records(file, table)):
        if row[""].strip() != str(count):
            raise BrokenRow(
                f"line {table.first - 1} must name every column; the first has no name, and does not count the rows"
                f" either: {row['']!r} in line {line}, not {count}"
            )
    return table._replace(names=table.names[1:], has_index=True)


def _records(file: TextIO, table: Table) -> Iterator[tuple[int, InputRow]]:
    """Yields each row, from the first on, with the number of its first line."""
    file.seek(0)
    for _ in range(table.first - 1):
        file.readline()
    reader, line = csv.reader(file, delimiter=table.delimiter, strict=True), table.first
    try:
        for cells in reader:
            cells = cells[table.has_index :]
            if cells and len(cells) != len(table.names):
                raise BrokenRow(f"line {line} has {len(cells)} values, and there are {len(table.names)} columns")
            if cells:
                yield line, dict(zip(table.names, cells, strict=True))
            line = reader.line_num + table.first
    except csv.Error as error:  # such as a quote that is never closed: it would swallow all the rest
        raise BrokenRow(f"the row that begins in line {line} is broken: {error}") from None
