"""Of each trial of a sweep the checkpoint with its best value: Tune deletes it as soon as there is a newer one."""

import math
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from backend.drivers.attempt import Attempt
from backend.kinds.rl.shelf import is_put
from backend.model import Checkpoint, Goal
from backend.store import queries


class BestCheckpoints:
    """Keeps the best checkpoint of each trial by a goal, as hard links beside Tune's own."""

    def __init__(self, attempt: Attempt, goal: Goal) -> None:
        self.attempt, self.goal = attempt, goal
        self.folder = attempt.settings.run_folder(attempt.run_id)
        self.kept = {each.trial: each for each in queries.checkpoints(attempt.database, attempt.run_id)}

    def offer(
        self, trial: int, path: Path, iteration: int, metrics: Mapping[str, float], reports: int | None = None
    ) -> None:
        """Keeps a checkpoint that was saved with a report, if it is better than the one before; the later of equals."""
        value, before = metrics.get(self.goal.key, math.nan), self.kept.get(trial)
        if not math.isfinite(value) or (before is not None and self.goal.sign * value < self._worth(before)):
            return
        made = Checkpoint.of(self.attempt.run_id, trial, iteration, metrics, is_best=True, reports=reports)
        if not is_put(self.folder, made, path):
            return
        self.kept[trial] = made
        if before is not None and before.iteration != iteration:
            self.attempt.recorder.drop_checkpoint(trial, before.iteration)
            shutil.rmtree(self.folder / before.folder, ignore_errors=True)
        self.attempt.recorder.checkpoint(made)

    def forget(self, trial: int, iterations: Sequence[int]) -> None:
        """Takes that a trial went back to before its best checkpoint: the next that it offers is its best."""
        if trial in self.kept and self.kept[trial].iteration in iterations:
            shutil.rmtree(self.folder / self.kept.pop(trial).folder, ignore_errors=True)

    def _worth(self, checkpoint: Checkpoint) -> float:
        value = checkpoint.metrics.get(self.goal.key)
        return -math.inf if value is None else self.goal.sign * value
