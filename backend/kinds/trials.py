"""What an experiment asks of its trials, be they the seeds of a run or what a sweep proposes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from backend.drivers.line import Line
from backend.kinds.noted import Noted
from backend.model import Trial, TrialState


class Report(NamedTuple):
    """One of Tune's results in our words: `step` is the x axis of the kind, `iteration` the
    number of its checkpoint."""

    step: float | None
    iteration: int
    metrics: dict[str, float]


@dataclass
class OpenTrial:
    """A trial as its driver knows it."""

    number: int
    params: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    state: TrialState = TrialState.QUEUED
    has_begun: bool = False
    checkpoint: str = ""  # its folder within the home, to go on from
    iteration: int = 0  # of the checkpoint
    holds: int | None = None  # how many reports the checkpoint holds, where that was noted
    kept: Noted | None = None  # the newest of the checkpoints that the run keeps, should that one be gone
    best: float | None = None  # of the first objective
    last: dict[str, float | None] = field(default_factory=dict)  # None of a value that is not finite
    line: Line = field(default_factory=Line)
    reason: TrialState | None = None  # what it ends as, once that is decided

    @classmethod
    def of(cls, trial: Trial) -> "OpenTrial":
        """Returns a trial as its row has it."""
        return cls(
            number=trial.number,
            params=trial.params,
            seed=trial.seed,
            state=trial.state,
            has_begun=trial.started_at is not None,
            checkpoint=trial.checkpoint,
            iteration=trial.checkpoint_iteration or 0,
            holds=trial.checkpoint_reports,
            best=trial.best,
            last=dict(trial.last),
        )


class Trials(Protocol):
    """Keeps count of the trials: which comes next, what became of each, when it is over. Rows are its memory."""

    by_number: dict[int, OpenTrial]

    @property
    def most(self) -> int:
        """How many there may be in all."""

    @property
    def is_over(self) -> bool:
        """Whether all that runs is to be ended now."""

    def has_more(self) -> bool:
        """Whether a trial is left that has not begun."""

    def take(self) -> OpenTrial | None:
        """Returns the next trial to begin, unless as many run as may, or none is left."""

    def started(self, number: int, config: Mapping[str, Any]) -> None:
        """Takes the start of a trial, with the config that it begins with."""

    def read(self, number: int, result: Mapping[str, Any], metrics: dict[str, float]) -> Report:
        """Returns one of Tune's results in our words; `metrics` are its numbers."""

    def reported(self, number: int, metrics: dict[str, float]) -> None:
        """Takes a report of a trial."""

    def is_whole(self, number: int, result: Mapping[str, Any]) -> bool:
        """Whether a trial has done all that is wanted of it; one that ends by itself needs no other reason."""

    def ended(self, number: int, state: TrialState, error: str = "") -> None:
        """Takes the end of a trial."""


class Keep(Protocol):
    """Decides which checkpoints are kept beside those that Tune needs to go on."""

    def offer(
        self, trial: int, path: Path, iteration: int, metrics: Mapping[str, float], reports: int | None = None
    ) -> None:
        """Takes a checkpoint, the metrics of the report that it was saved with, and how many reports it holds."""

    def forget(self, trial: int, iterations: Sequence[int]) -> None:
        """Takes that a trial went back: its line has not come to these checkpoints, whose rows are gone."""
