"""Where Tune gets a sweep's trials from: our ledger, which the database remembers."""

from pathlib import Path
from typing import Any

from ray.tune import Checkpoint
from ray.tune.experiment import Experiment, Trial
from ray.tune.search.search_algorithm import SearchAlgorithm

from backend.kinds.sweep.ledger import Ledger, Part
from backend.kinds.sweep.tunables import Tunable

CHECKPOINT_ITERATION = "training_iteration"


class TrialSource(SearchAlgorithm):
    """Gives Tune one trial after another; those of an earlier attempt go on from their checkpoints.

    Tune's own restore is not used: it cannot change how many samples there are, it forgets what happened since its last
    snapshot, and it brings back what the database knows to be over.
    """

    def __init__(self, ledger: Ledger, tunable: Tunable, home: Path) -> None:
        self.ledger, self.tunable, self.home = ledger, tunable, home
        self._experiment: Experiment | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return (SearchAlgorithm, ())  # Tune pickles it into files that nobody reads

    def add_configurations(self, experiments: Any) -> None:
        (self._experiment,) = experiments if isinstance(experiments, list) else [experiments]

    @property
    def total_samples(self) -> int:
        return self.ledger.limits.trials

    def next_trial(self) -> Trial | None:
        part = self.ledger.take()
        return None if part is None else self._trial(part)

    def _trial(self, part: Part) -> Trial:
        if self._experiment is None:
            raise RuntimeError("Tune has not begun")
        spec = self._experiment.spec
        path = self.home / part.checkpoint if part.checkpoint else None
        trial = Trial(
            spec["run"],
            config=self.tunable.config(part.params, part.seed),
            trial_id=f"{part.number:05d}",
            experiment_tag=str(part.number),
            evaluated_params=dict(part.params),
            checkpoint_config=spec.get("checkpoint_config"),
            restore_path=str(path) if path is not None and path.is_dir() else None,
            max_failures=spec.get("max_failures", 0),
            storage=spec["storage"],
            trial_dirname_creator=_folder_name,
        )
        if trial.restore_path:
            trial._restore_checkpoint_result.checkpoint = Checkpoint(trial.restore_path)
            trial._restore_checkpoint_result.metrics[CHECKPOINT_ITERATION] = part.iteration
        return trial

    def is_finished(self) -> bool:
        return not self.ledger.has_more()

    def set_finished(self) -> None:
        """Tune says so when it stops; the ledger knows why."""

    def save_to_dir(self, dirpath: str, **kwargs: Any) -> None:
        """The database has it all."""


def _folder_name(trial: Trial) -> str:
    return str(trial.trial_id)
