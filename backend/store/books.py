"""What a recorder knows of trials beyond what is already written: their state, and how they stand."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from backend.catalog import metrics
from backend.catalog.metrics import Goal
from backend.store.blocks import Blocks
from backend.store.values import TrialState


@dataclass
class TrialBook:
    """What the recorder knows of one trial."""

    state: TrialState
    sequence: int = 0
    best: float | None = None
    best_of: str = ""  # the metric that `best` is of
    last: dict[str, float | None] = field(default_factory=dict)
    columns: dict[str, Any] = field(default_factory=dict)  # further columns to set, such as the state
    dirty: bool = False
    told: dict[str, Any] | None = None  # the params that it is found by

    def row(self) -> dict[str, Any]:
        return {"state": self.state, "reports": self.sequence, "best": self.best, "last": dict(self.last), **self.columns}


class Judged(NamedTuple):
    """How a run stands in the metric it is judged by; what `Run.best` and `Run.last` say of its trials."""

    best: float | None
    last: float | None


def goal_of(goal: Goal | None, last: Mapping[str, Any]) -> Goal:
    """Returns what a trial is judged by: `goal`, if there is one, else its reward."""
    return goal or Goal(metrics.reward(last))


def note_last(books: Mapping[int, TrialBook], blocks: Blocks, goal: Goal | None) -> None:
    """Brings each trial's last and best values up to its blocks, the newest report last."""
    for (trial, keys), block in sorted(blocks.items(), key=lambda item: item[1].sequences[-1]):
        book = books[trial]
        for key, value in zip(keys, block.values[-len(keys) :], strict=True):
            book.last[key] = value if math.isfinite(value) else None
        own = goal_of(goal, book.last)
        if own.key != book.best_of:
            book.best, book.best_of = None, own.key
        if own.key in keys:
            values = [value for value in block.of(keys.index(own.key)) if math.isfinite(value)]
            book.best = own.best([*values, *([] if book.best is None else [book.best])])


def judged(books: Collection[TrialBook], goal: Goal | None) -> Judged:
    """Sums up how the trials of a run stand; those of a goal are not alike, so that they have no common last value."""
    best = (goal or Goal("")).best(book.best for book in books if book.best is not None)
    if goal is not None:
        return Judged(best, None)
    key = metrics.main(key for book in books for key in book.last)
    last = [value for book in books if (value := book.last.get(key)) is not None]
    return Judged(best, math.fsum(value / len(last) for value in last) if last else None)
