"""Which checkpoint stands for a trial of a sweep, and what it is worth."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backend.errors import IllegalMove
from backend.model import Run, Trial
from backend.settings import Settings
from backend.store import queries
from backend.store.database import Database
from backend.store.series import read


@dataclass(frozen=True)
class Promotable:
    """A checkpoint on disk, the value of the run's metric that it was saved with, and the parameters of that time."""

    folder: Path
    value: float | None
    params: dict[str, Any]


def promotable(database: Database, settings: Settings, run: Run, trial: Trial) -> Promotable:
    """Returns a trial's best checkpoint, the newest one of runs from before the best was kept.

    Raises:
        IllegalMove: there is none.
    """
    home, key = settings.home, run.main_metric
    for each in queries.checkpoints(database, run.id):
        if each.trial == trial.number and each.is_best:
            then = {name: value for name in trial.params if (value := each.metrics.get(f"param/{name}")) is not None}
            params = {name: _alike(then.get(name, value), value) for name, value in trial.params.items()}
            return Promotable(settings.run_folder(run.id) / each.folder, each.metrics.get(key), params)
    if not trial.checkpoint or (run.is_over and not (home / trial.checkpoint).is_dir()):
        raise IllegalMove(f"Trial {trial.number} kept no checkpoint; its trainable reports none.")
    return Promotable(home / trial.checkpoint, _value_at(database, run, trial), trial.params)


def _alike(then: Any, now: Any) -> Any:
    return int(then) if type(now) is int else then


def _value_at(database: Database, run: Run, trial: Trial) -> float | None:
    """Returns what a trial reported of the run's metric with its newest checkpoint."""
    at = trial.checkpoint_iteration
    if at is None:
        return None
    curves = read.read(database, [run.id], [run.main_metric], trial=trial.number, window=(at, at))
    values = [
        float(value)
        for curve in curves
        for x, value in zip(curve.x, curve.last, strict=True)
        if x == at and math.isfinite(value)
    ]
    return values[-1] if values else None
