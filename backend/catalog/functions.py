"""The functions that can be fanned out: ours, and the user's own under data/workloads, which are
read but never imported."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend.catalog import own_code
from backend.catalog.lookup import find
from backend.catalog.signatures import Function

_OURS = Path(__file__).resolve().parent.parent / "workloads"


@dataclass(frozen=True, kw_only=True)
class FunctionEntry:
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
        return next(each for each in own_code.read(_OURS / f"{module}.py").functions if each.name == attribute)


_ALL = (
    FunctionEntry(
        id="monte_carlo_pi", title="π by Monte Carlo", code="monte_carlo_pi:estimate",
        summary="Throws darts at a square and counts those in the circle. Watch the mean close in on 3.14159.",
        inputs={"range": 500, "argument": "seed"}, params={"darts": 100_000},
    ),
    FunctionEntry(
        id="prime_count", title="Count primes", code="prime_count:count",
        summary="How many primes lie in each stretch of numbers, by a segmented sieve.",
        inputs={"range": [0, 20_000_000, 100_000], "argument": "start"}, params={"size": 100_000},
    ),
    FunctionEntry(
        id="mandelbrot", title="Mandelbrot tiles", code="mandelbrot:tile",
        summary="The Mandelbrot set in tiles; each comes back as a picture.",
        inputs={"grid": {"row": [0, 1, 2, 3], "column": [0, 1, 2, 3]}}, params={"tiles": 4},
    ),
    FunctionEntry(
        id="bootstrap", title="Bootstrap a statistic", code="bootstrap:resample",
        summary="Resamples one column of a CSV file and computes a statistic each time: its spread is the uncertainty.",
        inputs={"range": 1000, "argument": "seed"}, params={"statistic": "mean"},
    ),
    FunctionEntry(
        id="matrix_power", title="Matrix power", code="matrix_power:multiply",
        summary="Multiplies matrices and reports the floating-point rate in GFLOP/s: what this cluster can do.",
        inputs={"list": [128, 256, 512, 1024, 128, 256, 512, 1024], "argument": "size"},
    ),
    FunctionEntry(
        id="word_count", title="Count words in files", code="word_count:count",
        summary="Lines, words and the most frequent words of each text file.",
        inputs={"files": f"{_OURS}/*.py", "argument": "file"},
    ),
    FunctionEntry(
        id="cross_validation", title="Cross-validate a model", code="cross_validation:fold",
        summary="Trains a scikit-learn model on all folds but one and scores it on that one.",
        inputs={"grid": {"fold": [0, 1, 2, 3, 4], "model": ["logistic_regression", "random_forest",
        "gradient_boosting"]}},
    ),
    FunctionEntry(
        id="digits_model", title="Score with a model loaded once", code="digits_model:DigitsModel",
        summary="An actor pool: each worker trains a classifier once, then scores one image of a digit after another.",
        inputs={"range": 1797, "argument": "image"},
    ),
    FunctionEntry(
        id="flaky", title="Flaky on purpose", code="flaky:flaky",
        summary="Fails at random, takes its time at random: for trying retries, timeouts and what failures look like.",
        inputs={"range": 100, "argument": "number"}, params={"fails": 0.2}, options={"retry_exceptions": True,
        "max_retries": 2},
    ),
)  # fmt: skip

FUNCTIONS: dict[str, FunctionEntry] = {entry.id: entry for entry in _ALL}


@dataclass(frozen=True)
class FoundFunction:
    """A function that was looked up by name, with the text that the workers run where it is the user's own."""

    id: str
    title: str
    summary: str
    function: Function
    code: str  # "module:attribute"; for the user's own the file's name without .py
    text: str = ""
    entry: FunctionEntry | None = None

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""


def look_up(name: str, folder: Path, text: str = "") -> FoundFunction:
    """Returns the function called `name`: an id of the catalogue, or "file:function" for the user's own.

    With `text` the user's file is taken to hold that, as it did at a run's launch.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    if ":" not in name:
        entry = find("function", name, FUNCTIONS)
        return FoundFunction(
            name, entry.title, entry.summary, entry.function, f"backend.workloads.{entry.code}", entry=entry
        )
    file_name, _, attribute = name.partition(":")
    file = own_code.own_file(file_name, folder, text)
    function = find(f"function in {file_name}.py", attribute, {each.name: each for each in file.functions})
    return FoundFunction(name, name, function.doc.partition("\n\n")[0], function, name, file.text)
