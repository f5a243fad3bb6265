"""The user's files in data/workloads, read and never run: one syntax tree says what of each can be
fanned out, tuned or acted in."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from backend.cache import Cache
from backend.catalog import signatures, tunable_text
from backend.catalog.lookup import find
from backend.catalog.signatures import Acting, Function
from backend.catalog.tunable_text import TrainableText
from backend.errors import UnknownWorkload

NAME_RULE = "it must be letters, digits and _, and not begin with a digit"
KEPT = 1000


@dataclass(frozen=True)
class File:
    """One of the user's files and what is in it, or why it cannot be read."""

    name: str  # without .py
    path: Path
    text: str = ""
    functions: tuple[Function, ...] = ()
    tunables: tuple[TrainableText, ...] = ()
    environments: tuple[Acting, ...] = ()
    problem: str = ""
    is_misnamed: bool = False

    @property
    def said(self) -> str:
        """What is wrong with it, as a sentence."""
        return f"{self.path.name} {'cannot be used' if self.is_misnamed else 'does not parse'}: {self.problem}"


def own_files(folder: Path) -> list[File]:
    """Returns the user's files by name; one that cannot be used is there with the reason."""
    return [read(path) for path in sorted(folder.glob("*.py"))] if folder.is_dir() else []


def own_file(name: str, folder: Path, text: str = "") -> File:
    """Returns the user's file called `name`; with `text`, as if it held that, as it did at a run's launch.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    if text:
        return parsed(folder / f"{name}.py", text)
    table: Mapping[str, File] = {each.name: each for each in own_files(folder)}
    if not table:
        raise UnknownWorkload(f"There is no {name}.py: the folder data/workloads has no Python files yet.")
    file = find("file", name, table)
    if file.problem:
        raise UnknownWorkload(file.said)
    return file


_files: Cache[File] = Cache(KEPT)


def read(path: Path) -> File:
    """Returns a file, read anew only when it was written since."""
    if not path.stem.isidentifier():
        return File(path.stem, path, problem=f"its name is none for a module: {NAME_RULE}", is_misnamed=True)
    try:
        about = path.stat()
        return _files.get(path, lambda: _read(path), (about.st_mtime_ns, about.st_ctime_ns, about.st_size))
    except OSError as error:
        return File(path.stem, path, problem=str(error))


def _read(path: Path) -> File:
    try:
        return parsed(path, path.read_text(encoding="utf-8-sig"))
    except SyntaxError as error:
        return File(path.stem, path, problem=f"line {error.lineno}: {error.msg}")
    except (ValueError, RecursionError, MemoryError) as error:
        return File(path.stem, path, problem=str(error))


def parsed(path: Path, text: str) -> File:
    """Returns a file as if it held `text`.

    Raises:
        SyntaxError: the text is no Python.
    """
    tree = ast.parse(text)
    return File(
        path.stem, path, text, signatures.functions(tree), tunable_text.tunables(tree), signatures.environments(tree)
    )
