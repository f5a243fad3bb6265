"""Where Tune gets an experiment's trials from: what keeps count of them, which the database remembers."""

from pathlib import Path
from typing import Any

from ray.tune import Checkpoint
from ray.tune.experiment import Experiment, Trial
from ray.tune.search.search_algorithm import SearchAlgorithm

from backend.drivers.line import Held, Line, named
from backend.kinds import noted
from backend.kinds.noted import Noted
from backend.kinds.trials import OpenTrial, Trials
from backend.kinds.tunable import Tunable

CHECKPOINT_ITERATION = "training_iteration"


class TrialSource(SearchAlgorithm):
    """Gives Tune one trial after another; those of an earlier attempt go on from their checkpoints.

    Tune's own restore is not used: it cannot change how many samples there are, it forgets what happened since its last
    snapshot, and it brings back what the database knows to be over.
    """

    def __init__(self, trials: Trials, tunable: Tunable, home: Path) -> None:
        self.trials, self.tunable, self.home = trials, tunable, home
        self._experiment: Experiment | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        return (SearchAlgorithm, ())  # Tune pickles it into files that nobody reads

    def add_configurations(self, experiments: Any) -> None:
        (self._experiment,) = experiments if isinstance(experiments, list) else [experiments]

    @property
    def total_samples(self) -> int:
        return self.trials.most

    def next_trial(self) -> Trial | None:
        following = self.trials.take()
        return None if following is None else self._trial(following)

    def _trial(self, following: OpenTrial) -> Trial:
        if self._experiment is None:
            raise RuntimeError("Tune has not begun")
        spec = self._experiment.spec
        begins = self._checkpoint(following)
        following.line = Line(begins and Held(named(str(begins.path)), begins.reports))
        trial = Trial(
            spec["run"],
            config=self.tunable.config(following.params, following.seed),
            trial_id=f"{following.number:05d}",
            experiment_tag=str(following.number),
            evaluated_params=dict(following.params),
            checkpoint_config=spec.get("checkpoint_config"),
            restore_path=str(begins.path) if begins else None,
            max_failures=spec.get("max_failures", 0),
            storage=spec["storage"],
            trial_dirname_creator=_folder_name,
        )
        if begins:
            trial._restore_checkpoint_result.checkpoint = Checkpoint(str(begins.path))
            trial._restore_checkpoint_result.metrics[CHECKPOINT_ITERATION] = begins.iteration
        return trial

    def _checkpoint(self, trial: OpenTrial) -> Noted | None:
        """Returns from where a trial goes on; None where it begins anew.

        If what its row names is gone, that is a newer one; if there is none either, the newest that the run keeps.
        """
        if trial.checkpoint:
            path = self.home / trial.checkpoint
            if path.is_dir():
                return Noted(path, trial.iteration, trial.holds)
            if later := noted.newest(path.parent) or _later(path, trial.iteration):
                return later
        return trial.kept if trial.kept and trial.kept.path.is_dir() else None

    def is_finished(self) -> bool:
        return not self.trials.has_more()

    def set_finished(self) -> None:
        """Tune says so when it stops; who keeps count of the trials knows why."""

    def save_to_dir(self, dirpath: str, **kwargs: Any) -> None:
        """The database has it all."""


def _later(gone: Path, iteration: int) -> Noted | None:
    """Returns a checkpoint that Tune saved after one that it has deleted, if a kill came before the row could know of
    it.

    Of several the last may be half written, the one before it is whole. Each is taken to be one iteration further.
    """
    there = sorted(gone.parent.glob("checkpoint_*"))
    if not there:
        return None
    path = there[-2:][0]
    return Noted(path, iteration + _index(path) - _index(gone), None)


def _index(checkpoint: Path) -> int:
    return int(checkpoint.name.rpartition("_")[2])


def _folder_name(trial: Trial) -> str:
    return str(trial.trial_id)
