"""A numbered part of a run, and the checkpoints it keeps."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from backend.model.states import FINISHED, TrialState


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A numbered part of a run; of an RL run, one seed."""

    number: int
    params: dict[str, Any]
    seed: int | None
    state: TrialState
    started_at: float | None
    ended_at: float | None
    reports: int
    last: dict[str, float | None]
    best: float | None
    checkpoint: str
    checkpoint_iteration: int | None = None
    checkpoint_reports: int | None = None  # that it had made when the checkpoint was saved
    set_aside: int = 0  # reports that later attempts repeated, and that are no part of its line any more
    stop_requested_at: float | None = None
    error: str

    @property
    def recorded(self) -> tuple[int, int]:
        """What changes whenever its curves do: how many reports they hold, how many are set aside."""
        return self.reports, self.set_aside

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do of a sweep's trial: it ended by itself, or somebody ended it for good."""
        return self.state in FINISHED or (self.state is TrialState.STOPPED and self.stop_requested_at is not None)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A checkpoint that a seed keeps to be looked at, gone on from, downloaded."""

    run_id: str
    trial: int
    iteration: int
    at: float  # seconds since the epoch
    metrics: dict[str, float | None]  # of the report it was saved with
    bytes: int
    is_best: bool
    reports: int | None = None  # that its trial had made when it was saved; None where nobody noted it

    @classmethod
    def of(
        cls,
        run_id: str,
        trial: int,
        iteration: int,
        metrics: Mapping[str, float],
        size: int = 0,
        *,
        is_best: bool = False,
        reports: int | None = None,
    ) -> "Checkpoint":
        """Returns one that is made now; what is not finite is not known."""
        finite_metrics = {key: value if math.isfinite(value) else None for key, value in metrics.items()}
        return cls(
            run_id=run_id,
            trial=trial,
            iteration=iteration,
            at=time.time(),
            metrics=finite_metrics,
            bytes=size,
            is_best=is_best,
            reports=reports,
        )

    @property
    def score(self) -> float | None:
        """What it is judged by: its evaluation, else the mean return of the training's episodes."""
        evaluated = self.metrics.get("eval/return_mean")
        return evaluated if evaluated is not None else self.metrics.get("return_mean")

    @property
    def name(self) -> str:
        """What it is called in URLs and specs: RUN/TRIAL/ITERATION."""
        return f"{self.run_id}/{self.trial}/{self.iteration}"

    @property
    def folder(self) -> str:
        """Its folder, from the run's."""
        return f"checkpoints/{self.trial}-{self.iteration}"
