"""One Ray Tune experiment over numbered trials: the seeds of a run, or what a sweep proposes."""

import logging
import os
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import Callback, CheckpointConfig, FailureConfig, RunConfig, TuneConfig, Tuner
from ray.tune.experiment import Trial
from ray.tune.result import RESULT_DUPLICATE, TRAINING_ITERATION

from backend.drivers.attempt import Attempt
from backend.drivers.hand import at_hand, give
from backend.drivers.reservation import count_locally
from backend.drivers.resources import connected, waits_for
from backend.drivers.tune_results import error_of, reading_of
from backend.errors import StoreUnavailable
from backend.kinds.noted import Noted, note
from backend.kinds.trial_source import TrialSource
from backend.kinds.trials import Keep, OpenTrial, Report, Trials
from backend.kinds.tunable import Tunable
from backend.model import TrialState
from backend.model.work import Needs
from backend.store import queries
from backend.store.series import asides


@dataclass
class _Experiment:
    """What callbacks need at hand. See backend.drivers.hand."""

    trials: Trials
    attempt: Attempt
    keep: Keep
    rows: set[int]  # trials that have one
    earlier: dict[int, Path]  # checkpoints of earlier attempts, gone once there is a newer one


def connect(attempt: Attempt, needs: Needs, processes: Sequence[float]) -> None:
    """Connects the driver to its cluster. `processes` are the CPUs of each process of one trial.

    Raises:
        Impossible: a trial asks for more than there is, and ever will be.
    """
    ray.init(log_to_driver=True, configure_logging=False)
    connected(needs, attempt)
    attempt.waits_for = lambda: waits_for(attempt, sum(processes))
    if len(processes) == 1:
        count_locally()


def run(
    trials: Trials,
    tunable: Tunable,
    attempt: Attempt,
    keep: Keep,
    scheduler: Any = None,
    *,
    num_to_keep: int = 2,
    max_failures: int = 0,
    pending: int = 1,
) -> None:
    """Runs trials until none is left, until they are over for another reason, or until the attempt is asked to stop.

    Of each trial Tune keeps `num_to_keep` checkpoints, and tries it again `max_failures` times. As many as `pending`
    are begun before the first of them runs: one, where the next is proposed from what came of those before.
    """
    home = attempt.settings.home
    _find_kept(trials, attempt)
    earlier = {number: home / trial.checkpoint for number, trial in trials.by_number.items() if trial.checkpoint}
    give(_Experiment(trials, attempt, keep, set(trials.by_number), earlier))
    _environment(pending)
    if not trials.has_more():
        return
    # A checkpoint each iteration costs RLlib a few hundredths of a second, and Stop may come at any moment.
    saving = {"checkpoint_frequency": 1} if tunable.can_save else {"checkpoint_at_end": False}
    Tuner(
        tunable.trainable,
        tune_config=TuneConfig(
            num_samples=-1,
            search_alg=TrialSource(trials, tunable, home),
            scheduler=scheduler,
            reuse_actors=not tunable.is_class,  # RLlib's classes cannot be reset
        ),
        run_config=RunConfig(
            name=f"tune-{attempt.number}",
            storage_path=str(attempt.settings.run_folder(attempt.run_id)),
            callbacks=[Recording()],
            # a function decides itself
            checkpoint_config=CheckpointConfig(num_to_keep=num_to_keep, **(saving if tunable.is_class else {})),
            failure_config=FailureConfig(max_failures=max_failures),
            stop=TrialStopper(),
            verbose=0,
        ),
    ).fit()


def _find_kept(trials: Trials, attempt: Attempt) -> None:
    """Tells each trial of the newest checkpoint that the run keeps of it."""
    folder = attempt.settings.run_folder(attempt.run_id)
    for each in queries.checkpoints(attempt.database, attempt.run_id):  # by iteration
        if each.trial in trials.by_number:
            trials.by_number[each.trial].kept = Noted(folder / each.folder, each.iteration, each.reports)


def _environment(pending: int) -> None:
    """Sets what Tune reads from the environment when an experiment begins."""
    os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(pending)
    os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "3600"  # of its snapshots we read none
    os.environ["TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S"] = "0"
    os.environ["TUNE_DISABLE_STRICT_METRIC_CHECKING"] = "1"  # we check, and say what is reported instead
    # it misses the CSV files we switched off
    logging.getLogger("ray.tune.analysis.experiment_analysis").setLevel(logging.ERROR)


class TrialStopper(tune.Stopper):
    """Ends trials and the experiment as the spec and the person at the page want it.

    Holds nothing, since Tune pickles it.
    """

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        now, number = here(), int(trial_id)
        trial = now.trials.by_number[number]
        if result.get("done") or RESULT_DUPLICATE in result:
            trial.reason = trial.reason or TrialState.SUCCEEDED
            return False
        if number in now.attempt.wishes.stopped_trials:
            trial.reason = TrialState.STOPPED
        elif now.trials.is_whole(number, result):
            trial.reason = TrialState.SUCCEEDED
        return trial.reason is not None

    def stop_all(self) -> bool:
        return here().trials.is_over


class Recording(Callback):
    """Hands what Tune tells to the recorder, and to who keeps count of the trials.

    Holds nothing, since Tune pickles it.
    """

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        now, begun = here(), _known(trial)
        now.trials.started(begun.number, trial.config)
        recorder = now.attempt.recorder
        with recorder.counted():
            if begun.number in now.rows:
                started = {} if begun.has_begun else {"started_at": time.time()}
                # a scheduler may change them on the way
                params = {"params": dict(begun.params)} if begun.params else {}
                recorder.trial(begun.number, state=TrialState.RUNNING, error="", ended_at=None, **params, **started)
            else:
                now.rows.add(begun.number)
                recorder.add_trial(begun.number, begun.params, begun.seed)
        begun.has_begun = True
        begun.line.starts(trial, recorder.reports(begun.number))

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        if result.get(RESULT_DUPLICATE):
            return  # a function trainable's end repeats its last report
        now, reporting = here(), _known(trial)
        metrics, left_out = reading_of(result)
        recorder, report = now.attempt.recorder, now.trials.read(reporting.number, result, metrics)
        _set_aside_what_it_repeats(reporting, report)
        with recorder.counted():
            recorder.report(reporting.number, report.step, report.metrics)
            recorder.leave_out(left_out)
            reporting.line.reported(result[TRAINING_ITERATION], recorder.reports(reporting.number), report)
            now.trials.reported(reporting.number, report.metrics)
        if result.get("done") and reporting.reason is None:  # neither it nor we ended it
            reporting.reason = TrialState.PRUNED

    def on_trial_save(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        now, saving = here(), _known(trial)
        if (saved := saving.line.saved(trial)) is None:
            return  # a function's pause saves nothing
        path, report, reports = Path(trial.checkpoint.path), saved.report, saved.held.reports
        at = report.iteration if report else saving.iteration
        home = now.attempt.settings.home
        folder = str(path.relative_to(home) if path.is_relative_to(home) else path)
        saving.checkpoint, saving.iteration = folder, at
        note(Noted(path, at, reports))
        now.attempt.recorder.trial(
            saving.number, checkpoint=folder, checkpoint_iteration=at, checkpoint_reports=reports
        )
        if report:  # that it was saved with
            now.keep.offer(saving.number, path, report.iteration, report.metrics, reports)
        _clear_earlier(saving.number)

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        reason = _known(trial).reason
        if reason is None:  # a scheduler ended it while it was paused, or all are ended
            is_ending = here().trials.is_over or here().attempt.stop_requested
            reason = TrialState.STOPPED if is_ending else TrialState.PRUNED
        _ended(trial, reason)

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        _ended(trial, TrialState.FAILED, error_of(trial))


def _set_aside_what_it_repeats(reporting: OpenTrial, report: Report) -> None:
    """With the first report after a start: the trial's line goes on after those that its checkpoint holds."""
    now, number = here(), reporting.number
    attempt = now.attempt
    after = reporting.line.goes_on_after(
        lambda: asides.reports_until(attempt.database, attempt.run_id, number, report.iteration - 1)
    )
    back = None if after is None else attempt.recorder.go_back(number, after)
    if back is not None:
        reporting.best = back.book.best
        reporting.last = {key: value for key, value in back.book.last.items() if value is not None}
        now.keep.forget(number, back.gone)


def _clear_earlier(number: int) -> None:
    """Deletes the checkpoints of a trial that earlier attempts left, once its row is sure to know the new one."""
    now = here()
    if number not in now.earlier:
        return
    try:
        now.attempt.recorder.flush()
    except StoreUnavailable:
        return  # with the next one
    for old in now.earlier.pop(number).parent.glob("checkpoint_*"):  # one that was stopped may have left more
        shutil.rmtree(old, ignore_errors=True)


def _ended(trial: Trial, state: TrialState, error: str = "") -> None:
    now, number = here(), int(trial.trial_id)
    if number in now.rows:
        now.attempt.recorder.trial(number, state=state, ended_at=time.time(), error=error)
    now.trials.ended(number, state, error)


def _known(trial: Trial) -> OpenTrial:
    return here().trials.by_number[int(trial.trial_id)]


def here() -> _Experiment:
    """Returns the experiment that this driver runs."""
    experiment: _Experiment = at_hand()
    return experiment
