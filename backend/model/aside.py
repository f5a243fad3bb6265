"""What a trial reported and then repeated: kept, but no part of its line."""

from dataclasses import dataclass
from typing import NamedTuple

from backend.model.curve import Curve


@dataclass(frozen=True, kw_only=True)
class Aside:
    """Reports of a trial that were set aside together, when it went on from a checkpoint that does not hold them."""

    id: int
    run_id: str
    trial: int
    attempt: int  # the one that repeated them
    after: int  # reports that the trial's line had then
    reports: int  # how many were set aside
    at: float  # seconds since the epoch


class AsideCurve(NamedTuple):
    """One metric of what was set aside together."""

    aside: Aside
    curve: Curve
