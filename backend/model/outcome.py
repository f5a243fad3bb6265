"""How an attempt ended."""

from dataclasses import dataclass

from backend.model import RunState


@dataclass(frozen=True)
class Outcome:
    """The state a run ends in, and why."""

    state: RunState
    note: str = ""
    error: str = ""
    traceback: str = ""
