"""Drives a sweep: a Tune experiment whose trials come from our ledger."""

import logging
import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import Callback, CheckpointConfig, FailureConfig, RunConfig, TuneConfig, Tuner
from ray.tune.experiment import Trial
from ray.tune.result import RESULT_DUPLICATE

from backend.drivers.attempt import Attempt
from backend.drivers.hand import at_hand, give
from backend.drivers.reservation import count_locally
from backend.drivers.resources import connected, waits_for
from backend.drivers.tune_results import error_of, metrics_of
from backend.kinds.sweep import schedulers, searchers, tunables
from backend.kinds.sweep.best_checkpoints import BestCheckpoints
from backend.kinds.sweep.ledger import Ledger
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.sweep.trial_source import TrialSource
from backend.kinds.sweep.tunables import Tunable
from backend.kinds.sweep.work import work
from backend.model import Run, RunState, TrialState
from backend.model.outcome import Outcome
from backend.store import queries, wishes
from backend.store.series import read

EXPERIMENT = "tune"
TUNES = frozenset({"iteration", "time_s"})  # what every result has; recorded of RL only, where they are metrics like others
SLACK_SECONDS = 1.0  # a trial's end may be noted with the run's
MOST_REPLAYED = 10_000  # reports of one trial


@dataclass
class _Context:
    """What callbacks need at hand. See backend.drivers.hand."""

    spec: SweepSpec
    attempt: Attempt
    ledger: Ledger
    tunable: Tunable
    known: set[int]  # trials that have a row
    best: BestCheckpoints
    is_checked: bool = False  # whether a first report was looked at
    checkpoints: dict[int, list[Path]] = field(default_factory=dict)  # of earlier attempts, gone once there is a newer one


def drive(spec: SweepSpec, attempt: Attempt) -> Outcome:
    """Runs trials until as many as wanted have ended, or the sweep is over for another reason.

    Returns:
        succeeded if at least one trial did, stopped if asked to, failed otherwise, with the first trial's error.
    """
    ray.init(log_to_driver=True, configure_logging=False)
    connected(work.needs(spec), attempt)
    attempt.waits_for = lambda: waits_for(attempt, spec.cpus_per_trial)
    attempt.wishes = wishes.wishes(attempt.database, attempt.run_id)
    logging.getLogger("ray.tune.analysis.experiment_analysis").setLevel(logging.ERROR)  # it misses the CSV files we switched off
    text = queries.workload(attempt.database, attempt.run_id)
    tunable = tunables.load(spec, text, attempt.settings.workloads_folder)
    context = _begin(spec, attempt, tunable)
    give(context)
    _environment(spec)
    if context.ledger.has_more():
        if len(spec.processes) == 1:
            count_locally()
        tuner, began = _tuner(context), time.monotonic()
        tuner.fit()
        print(f"tune: {time.monotonic() - began:.3f} s", flush=True)
    return context.ledger.result()


def _begin(spec: SweepSpec, attempt: Attempt, tunable: Tunable) -> _Context:
    run = queries.run(attempt.database, attempt.run_id)
    found = searchers.make(spec.search, spec.searched, run.sweep.goals if run.sweep else (), spec.samples, spec.seed, len(run.trials))
    ledger = Ledger(spec, attempt, found, run, _spent(attempt, run))
    home = attempt.settings.home
    old = {trial.number: [home / trial.checkpoint] for trial in run.trials if trial.checkpoint}
    best = BestCheckpoints(attempt, ledger.goals[0])
    return _Context(spec, attempt, ledger, tunable, {trial.number for trial in run.trials}, best, checkpoints=old)


def _spent(attempt: Attempt, run: Run) -> float:
    """Returns for how many seconds earlier attempts had trials: of each from its first trial's start to its last one's end."""
    moves = [event for event in queries.history(attempt.database, attempt.run_id) if event.move in set(RunState)]
    windows = [(before.at, after.at) for before, after in pairwise(moves) if before.move == RunState.RUNNING]
    times = [at for trial in run.trials for at in (trial.started_at, trial.ended_at) if at is not None]
    inside = [[at for at in times if begin <= at <= end + SLACK_SECONDS] for begin, end in windows]
    return sum(max(each) - min(each) for each in inside if each)


def _environment(spec: SweepSpec) -> None:
    """Sets what Tune reads from the environment when an experiment begins."""
    os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "3600"  # of its snapshots we read none
    os.environ["TUNE_WARN_EXCESSIVE_EXPERIMENT_CHECKPOINT_SYNC_THRESHOLD_S"] = "0"
    os.environ["TUNE_DISABLE_STRICT_METRIC_CHECKING"] = "1"  # we check, and say what is reported instead
    if spec.scheduler in ("pbt", "pb2", "hyperband"):
        os.environ["TUNE_MAX_PENDING_TRIALS_PG"] = str(spec.samples)  # they hold all their trials alive at once
    if spec.tune_loggers:
        os.environ.pop("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", None)


def _tuner(context: _Context) -> Tuner:
    spec, attempt, tunable = context.spec, context.attempt, context.tunable
    frequency: dict[str, Any] = {}  # a function decides for itself
    if tunable.is_class:
        frequency = {"checkpoint_frequency": 1} if tunable.can_save else {"checkpoint_at_end": False}
    return Tuner(
        tunable.trainable,
        tune_config=TuneConfig(
            num_samples=-1,
            search_alg=TrialSource(context.ledger, tunable, attempt.settings.home),
            scheduler=_scheduler(context),
            reuse_actors=not tunable.is_class,
        ),
        run_config=RunConfig(
            name=f"{EXPERIMENT}-{attempt.number}",
            storage_path=str(attempt.settings.run_folder(attempt.run_id)),
            callbacks=[Recording()],
            checkpoint_config=CheckpointConfig(num_to_keep=_kept(spec), **frequency),
            failure_config=FailureConfig(max_failures=spec.max_failures),
            stop=Limits(),
            verbose=0,
        ),
    )


def _kept(spec: SweepSpec) -> int:
    """Returns how many checkpoints each trial keeps; in a population the better ones run on before a worse one has copied theirs."""
    if spec.scheduler not in ("pbt", "pb2"):
        return spec.keep_checkpoints
    return max(spec.keep_checkpoints, 2 * schedulers.perturb_every(spec, extent(spec)[1]) + 1)


def _scheduler(context: _Context) -> Any:
    spec, tunable = context.spec, context.tunable
    axis, most = extent(spec)
    metric, time_attr = tunable.name(spec.metrics[0]), tunable.name(axis)
    made = schedulers.make(spec, metric, time_attr, most)
    schedulers.replay(spec, made, metric, time_attr, _reported(context, axis))
    return made


def extent(spec: SweepSpec) -> tuple[str, float]:
    """Returns by which of our metric keys a whole trial is measured, and how far it goes."""
    if spec.max_iterations is not None:
        return "iteration" if not isinstance(spec.trainable, str) else "training_iteration", float(spec.max_iterations)
    stop = {} if isinstance(spec.trainable, str) else spec.trainable.stop.criteria()
    return next(
        ((key, stop[key]) for key in ("env_steps", "episodes", "iteration", "time_s") if key in stop), ("training_iteration", 100.0)
    )


def _reported(context: _Context, axis: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Yields what each trial that has ended reported of the metric."""
    spec, attempt = context.spec, context.attempt
    x = read.STEP if axis in ("training_iteration", "iteration") else axis
    over = {number for number in context.known if number not in context.ledger.waiting}
    if over and spec.scheduler in schedulers.REPLAYED:
        for curve in read.read(attempt.database, [attempt.run_id], spec.metrics[:1], x=x, points=MOST_REPLAYED):
            if curve.trial in over:
                yield f"{curve.trial:05d}", [(float(at), float(value)) for at, value in zip(curve.x, curve.mean, strict=True)]


class Limits(tune.Stopper):
    """Ends trials and the sweep as the spec and the person at the page want it. Holds nothing, since Tune pickles it."""

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        context, number = _here(), int(trial_id)
        part = context.ledger.parts[number]
        if result.get("done") or RESULT_DUPLICATE in result:
            part.reason = part.reason or TrialState.SUCCEEDED
            return False
        if number in context.attempt.wishes.stopped_trials:
            part.reason = TrialState.STOPPED
        elif _is_whole(context, result):
            part.reason = TrialState.SUCCEEDED
        return part.reason is not None

    def stop_all(self) -> bool:
        return _here().ledger.is_over


def _is_whole(context: _Context, result: dict[str, Any]) -> bool:
    limit = context.spec.max_iterations
    if limit is not None and result["training_iteration"] >= limit:
        return True
    if not context.tunable.stop:
        return False
    metrics = metrics_of(result)
    return any(metrics.get(key, float("-inf")) >= limit for key, limit in context.tunable.stop.items())


class Recording(Callback):
    """Hands what Tune tells to the recorder and the ledger. Holds nothing, since Tune pickles it."""

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        context, number = _here(), int(trial.trial_id)
        part, recorder = context.ledger.parts[number], context.attempt.recorder
        context.ledger.started()
        with recorder.counted():
            if context.spec.scheduler in ("pbt", "pb2"):  # they change a trial's parameters on its way
                part.params |= {name: trial.config[name] for name in context.spec.searched if name in trial.config}
            if number in context.known:
                recorder.trial(number, state=TrialState.RUNNING, error="", params=dict(part.params), ended_at=None)
            else:
                context.known.add(number)
                recorder.add_trial(number, part.params, part.seed)

    def on_trial_result(self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any) -> None:
        context, number = _here(), int(trial.trial_id)
        if result.get(RESULT_DUPLICATE):
            return  # a function trainable's end repeats its last report
        recorder = context.attempt.recorder
        with recorder.counted():
            metrics = metrics_of(result)
            if isinstance(context.spec.trainable, str):
                metrics = {key: value for key, value in metrics.items() if key not in TUNES or key in result}  # or the function's own
            if context.spec.scheduler in ("pbt", "pb2"):
                metrics |= _numbers(context.ledger.parts[number].params)
            recorder.report(number, result["training_iteration"], metrics)
            context.ledger.reported(number, metrics)
        if not context.is_checked:
            context.is_checked = True
            _check_metrics(context, metrics)
        part = context.ledger.parts[number]
        if result.get("done") and part.reason is None:  # neither it nor we ended it
            part.reason = TrialState.PRUNED

    def on_checkpoint(self, iteration: int, trials: list[Trial], trial: Trial, checkpoint: Any, **info: Any) -> None:
        context, number = _here(), int(trial.trial_id)
        home, path = context.attempt.settings.home, Path(checkpoint.path)
        told = str(path.relative_to(home) if path.is_relative_to(home) else path)
        at = (trial.last_result or {}).get("training_iteration")
        context.attempt.recorder.trial(number, checkpoint=told, checkpoint_iteration=at)
        if trial.last_result:  # of the report that it was saved with
            context.best.offer(number, path, trial.last_result["training_iteration"], context.ledger.parts[number].now)
        for known in context.checkpoints.pop(number, ()):
            for old in known.parent.glob("checkpoint_*"):  # a driver that was stopped may have left one that it did not note
                shutil.rmtree(old, ignore_errors=True)

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        context, number = _here(), int(trial.trial_id)
        reason = context.ledger.parts[number].reason
        if reason is None:  # a scheduler ended it while it was paused, or all are ended
            is_ending = context.ledger.outcome is not None or context.attempt.stop_requested
            reason = TrialState.STOPPED if is_ending else TrialState.PRUNED
        _ended(number, reason)
        if not context.is_checked and reason is TrialState.SUCCEEDED and not context.ledger.parts[number].last:  # not a word
            _check_metrics(context, {})

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        _ended(int(trial.trial_id), TrialState.FAILED, error=error_of(trial))


def _ended(number: int, state: TrialState, error: str = "") -> None:
    context = _here()
    if number in context.known:
        context.attempt.recorder.trial(number, state=state, ended_at=time.time(), error=error)
    context.ledger.ended(number, state, error)


def _numbers(params: dict[str, Any]) -> dict[str, float]:
    return {f"param/{name}": float(value) for name, value in params.items() if type(value) in (int, float)}


def _check_metrics(context: _Context, metrics: dict[str, float]) -> None:
    """Ends the sweep if its first report lacks what is searched for; an RL algorithm may report its return a little later."""
    if not isinstance(context.spec.trainable, str):
        return
    if missing := [key for key in context.spec.metrics if key not in metrics]:
        told = ", ".join(metrics) or "nothing that is a number"
        context.ledger.fail(f"The trainable does not report “{missing[0]}”. It reports: {told}", "")


def _here() -> _Context:
    context: _Context = at_hand()
    return context
