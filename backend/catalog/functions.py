"""The functions that can be fanned out: ours, and the user's own under data/workloads, which are read but never imported."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from backend.catalog import signatures
from backend.catalog.lookup import find
from backend.catalog.signatures import Function
from backend.errors import UnknownWorkload

NAME_RULE = "it must be letters, digits and _, and not begin with a digit"
_OURS = Path(__file__).resolve().parent.parent / "workloads"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A function of ours: `code` is imported in a worker only; inputs and params are what a form starts with."""

    id: str
    title: str
    summary: str
    code: str  # "module:attribute" under backend.workloads
    inputs: dict[str, Any]
    params: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)  # further fields of the spec

    @property
    def function(self) -> Function:
        module, _, attribute = self.code.partition(":")
        return next(each for each in _read(_OURS / f"{module}.py") if each.name == attribute)


_ALL = (
    Entry(
        id="monte_carlo_pi", title="π by Monte Carlo", code="monte_carlo_pi:estimate",
        summary="Throws darts at a square and counts those in the circle. Watch the mean close in on 3.14159.",
        inputs={"range": 500, "argument": "seed"}, params={"darts": 100_000},
    ),
    Entry(
        id="prime_count", title="Count primes", code="prime_count:count",
        summary="How many primes lie in each stretch of numbers, by a segmented sieve.",
        inputs={"range": [0, 20_000_000, 100_000], "argument": "start"}, params={"size": 100_000},
    ),
    Entry(
        id="mandelbrot", title="Mandelbrot tiles", code="mandelbrot:tile",
        summary="The Mandelbrot set in tiles; each comes back as a picture.",
        inputs={"grid": {"row": [0, 1, 2, 3], "column": [0, 1, 2, 3]}}, params={"tiles": 4},
    ),
    Entry(
        id="bootstrap", title="Bootstrap a statistic", code="bootstrap:resample",
        summary="Resamples one column of a CSV file and computes a statistic each time: its spread is the uncertainty.",
        inputs={"range": 1000, "argument": "seed"}, params={"statistic": "mean"},
    ),
    Entry(
        id="matrix_power", title="Matrix power", code="matrix_power:multiply",
        summary="Multiplies matrices and reports the floating-point rate in GFLOP/s: what this cluster can do.",
        inputs={"list": [128, 256, 512, 1024, 128, 256, 512, 1024], "argument": "size"},
    ),
    Entry(
        id="word_count", title="Count words in files", code="word_count:count",
        summary="Lines, words and the most frequent words of each text file.",
        inputs={"files": f"{_OURS}/*.py", "argument": "file"},
    ),
    Entry(
        id="cross_validation", title="Cross-validate a model", code="cross_validation:fold",
        summary="Trains a scikit-learn model on all folds but one and scores it on that one.",
        inputs={"grid": {"fold": [0, 1, 2, 3, 4], "model": ["logistic_regression", "random_forest", "gradient_boosting"]}},
    ),
    Entry(
        id="digits_model", title="Score with a model loaded once", code="digits_model:DigitsModel",
        summary="An actor pool: each worker trains a classifier once, then scores one image of a digit after another.",
        inputs={"range": 1797, "argument": "image"},
    ),
    Entry(
        id="flaky", title="Flaky on purpose", code="flaky:flaky",
        summary="Fails at random, takes its time at random: for trying retries, timeouts and what failures look like.",
        inputs={"range": 100, "argument": "number"}, params={"fails": 0.2}, options={"retry_exceptions": True, "max_retries": 2},
    ),
)  # fmt: skip

FUNCTIONS: dict[str, Entry] = {entry.id: entry for entry in _ALL}


@dataclass(frozen=True)
class Found:
    """A function that was looked up by name, with the text that the workers run where it is the user's own."""

    id: str
    title: str
    summary: str
    function: Function
    code: str  # "module:attribute"; for the user's own the file's name without .py
    text: str = ""
    entry: Entry | None = None

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""


@dataclass(frozen=True)
class File:
    """One of the user's files: its functions, or why it cannot be read."""

    name: str  # without .py
    path: Path
    functions: tuple[Function, ...] = ()
    text: str = ""
    problem: str = ""
    is_misnamed: bool = False

    @property
    def said(self) -> str:
        """What is wrong with it, as a sentence."""
        return f"{self.path.name} {'cannot be used' if self.is_misnamed else 'does not parse'}: {self.problem}"


def user_files(folder: Path) -> list[File]:
    """Returns the user's files by name; one that cannot be used is there with the reason."""
    return [_file(path) for path in sorted(folder.glob("*.py"))] if folder.is_dir() else []


def _file(path: Path) -> File:
    if not path.stem.isidentifier():
        return File(path.stem, path, problem=f"its name is none for a module: {NAME_RULE}", is_misnamed=True)
    try:
        text = path.read_text(encoding="utf-8-sig")
        return File(path.stem, path, signatures.read(text), text)
    except SyntaxError as error:
        return File(path.stem, path, problem=f"line {error.lineno}: {error.msg}")
    except (OSError, ValueError, RecursionError, MemoryError) as error:
        return File(path.stem, path, problem=str(error))


def look_up(name: str, folder: Path, text: str = "") -> Found:
    """Returns the function called `name`: an id of the catalogue, or "file:function" for the user's own.

    With `text` the user's file is taken to hold that, as it did at a run's launch.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    if ":" not in name:
        entry = find("function", name, FUNCTIONS)
        return Found(name, entry.title, entry.summary, entry.function, f"backend.workloads.{entry.code}", entry=entry)
    file_name, _, attribute = name.partition(":")
    file = File(file_name, folder / f"{file_name}.py", signatures.read(text), text) if text else _find_file(file_name, user_files(folder))
    if file.problem:
        raise UnknownWorkload(file.said)
    function = find(f"function in {file.path.name}", attribute, {each.name: each for each in file.functions})
    return Found(name, name, function.doc.partition("\n\n")[0], function, name, file.text)


def _find_file(name: str, files: list[File]) -> File:
    table: Mapping[str, File] = {each.name: each for each in files}
    if not table:
        raise UnknownWorkload(f"There is no {name}.py: the folder data/workloads has no Python files yet.")
    return find("file", name, table)


@lru_cache
def _read(path: Path) -> tuple[Function, ...]:
    return signatures.read(path.read_text(encoding="utf-8"))
