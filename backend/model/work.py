"""What kinds of work tell of themselves, in the same words whatever they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend.model.trial import Checkpoint


@dataclass(frozen=True)
class Needs:
    """What one part of a run reserves of the cluster while it works.

    `amounts` go by Ray's names (CPU, GPU, memory in bytes, custom resources); `fields` says by the same names which
    field of the spec asks for it, where that is not `resources.NAME`.
    """

    part: str  # "trial"
    amounts: Mapping[str, float]
    fields: Mapping[str, str] = field(default_factory=dict)

    def field_of(self, name: str) -> str:
        return self.fields.get(name, f"resources.{name}")


@dataclass(frozen=True)
class Prepared:
    """A spec that was checked, with every default written out, and what its row and its folder need beside it."""

    spec: Any
    total: int | None = None  # tasks of a fan-out
    workload: str = ""  # the user's code as it is now, which the run keeps
    workload_hash: str = ""
    start: Checkpoint | None = None  # what it goes on from


@dataclass(frozen=True)
class Progress:
    """How far a run is: `done` of `of`, what they are in words, and about how many seconds it still takes.

    `share` is from 0 to 1, None if nobody knows its end; `words` such as "37,200 of 60,000 env steps per seed".
    """

    share: float | None
    words: str = ""
    seconds_left: float | None = None
