"""What a recorder knows of trials beyond what is already written: their state, and how they stand."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.model import Goal, TrialState, goals
from backend.store.recording.blocks import Blocks


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

    def stand_as(self, other: "TrialBook") -> None:
        """Takes over how many reports another has, and how it stands by them."""
        self.sequence, self.last, self.best, self.best_of = other.sequence, other.last, other.best, other.best_of

    def row(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "reports": self.sequence,
            "best": self.best,
            "last": dict(self.last),
            **self.columns,
        }


def goal_of(goal: Goal | None, last: Mapping[str, Any]) -> Goal:
    """Returns what a trial is judged by: `goal`, if there is one, else its reward."""
    return goal or Goal(goals.reward(last))


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
