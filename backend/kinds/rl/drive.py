"""Drives a reinforcement-learning run: a Tune experiment with a trial per seed."""

import logging
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import ray
from ray import tune
from ray.tune import Callback, CheckpointConfig, RunConfig, TuneConfig, Tuner
from ray.tune.experiment import Trial
from ray.tune.result import RESULT_DUPLICATE

from backend.catalog.algorithms import ALGORITHMS, Algorithm
from backend.drivers.attempt import Attempt
from backend.drivers.hand import at_hand, give
from backend.drivers.reservation import count_locally, with_processes
from backend.drivers.resources import connected, waits_for
from backend.drivers.rllib_metrics import from_result
from backend.drivers.tune_results import OURS, TUNES_OWN, error_of, last_line
from backend.kinds.rl.config import own_config
from backend.kinds.rl.shelf import Shelf
from backend.kinds.rl.spec import RLSpec
from backend.kinds.rl.work import work
from backend.model import RunState, TrialState
from backend.model.outcome import Outcome
from backend.store import queries
from backend.store.folders import SNAPSHOTS, START

EXPERIMENT = "tune"


@dataclass
class _Context:
    """What callbacks need at hand. See backend.drivers.hand."""

    attempt: Attempt
    numbers: dict[int, int]  # seed -> trial number
    library: str
    shelf: Shelf
    first_error: str = ""


def drive(spec: RLSpec, attempt: Attempt) -> Outcome:
    """Trains each seed until its stop criteria, or until the attempt is asked to stop.

    Returns:
        succeeded if every seed did, stopped if asked to, failed otherwise, with the first seed's error.
    """
    algorithm = ALGORITHMS[spec.algorithm]
    numbers = {seed: number for number, seed in enumerate(spec.seeds)}
    give(_Context(attempt, numbers, algorithm.library, Shelf(attempt, spec.checkpoints)))
    ray.init(log_to_driver=True, configure_logging=False)
    connected(work.needs(spec), attempt)
    attempt.waits_for = lambda: waits_for(attempt, spec.cpus_per_trial)
    logging.getLogger("ray.tune.analysis.experiment_analysis").setLevel(logging.ERROR)  # it misses the CSV files we switched off
    if len(spec.processes) == 1:
        count_locally()
    text = queries.workload(attempt.database, attempt.run_id)
    if text:
        sys.path.append(str(attempt.settings.workloads_folder))  # Ray tells its workers: the file may import its neighbours
    _tuner(spec, algorithm, attempt.settings.run_folder(attempt.run_id), text).fit()
    return _outcome(attempt)


def _tuner(spec: RLSpec, algorithm: Algorithm, folder: Path, text: str) -> Tuner:
    trainable, space = _workload(spec, algorithm, folder, text)
    path = folder / EXPERIMENT
    if Tuner.can_restore(str(path)):
        return Tuner.restore(str(path), trainable, resume_unfinished=True, resume_errored=True)
    is_function = algorithm.is_function
    # A checkpoint each iteration costs RLlib a few hundredths of a second, and Stop may come at any moment.
    checkpoints = CheckpointConfig(num_to_keep=2) if is_function else CheckpointConfig(num_to_keep=2, checkpoint_frequency=1)
    return Tuner(
        trainable,
        param_space=space,
        tune_config=TuneConfig(reuse_actors=is_function),  # RLlib's classes cannot be reset
        run_config=RunConfig(
            name=EXPERIMENT,
            storage_path=str(folder),
            callbacks=[Recording()],
            checkpoint_config=checkpoints,
            stop=None if is_function else StopCriteria(spec.stop.criteria()),
            verbose=0,
        ),
    )


def _workload(spec: RLSpec, algorithm: Algorithm, folder: Path, text: str) -> tuple[Any, Any]:
    module, _, attribute = algorithm.code.partition(":")
    code = getattr(import_module(module), attribute)
    seeds, start = tune.grid_search(spec.seeds), folder / START
    if spec.start_from and not start.is_dir():
        raise FileNotFoundError(
            f"The checkpoint {spec.start_from} to start from could not be kept with the run; clone it once there is room."
        )
    given = own_config(spec, spec.params, text) | {"start_from": str(start) if spec.start_from else ""}
    if algorithm.library == "rllib":
        config = code(given)
        return config.algo_class, config.debugging(seed=seeds)
    snapshots = str(folder / SNAPSHOTS) if algorithm.library == "tabular" else ""
    return with_processes(code, spec.processes), given | {"seed": seeds, "snapshots": snapshots}


class StopCriteria(tune.Stopper):
    """Ends a seed as soon as one of its criteria is met."""

    def __init__(self, criteria: dict[str, float]) -> None:
        self.criteria = criteria

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        metrics = from_result(result)
        return any(metrics.get(key, float("-inf")) >= limit for key, limit in self.criteria.items())

    def stop_all(self) -> bool:
        return False


class Recording(Callback):
    """Hands what Tune tells to the recorder. Holds nothing, since Tune pickles and restores it."""

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        context = _here()
        has_reported = "training_iteration" in trial.last_result  # before that it holds what Tune knows of the process
        started = {} if has_reported else {"started_at": time.time()}
        context.attempt.recorder.trial(_number(trial), state=TrialState.RUNNING, **started)

    def on_trial_result(self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any) -> None:
        if result.get(RESULT_DUPLICATE):
            return  # a function trainable's end repeats its last report
        recorder = _here().attempt.recorder
        with recorder.counted():
            metrics = _metrics(result)
            recorder.report(_number(trial), metrics.get("env_steps"), metrics)

    def on_checkpoint(self, iteration: int, trials: list[Trial], trial: Trial, checkpoint: Any, **info: Any) -> None:
        home = _here().attempt.settings.home
        path = Path(checkpoint.path)
        _here().attempt.recorder.trial(_number(trial), checkpoint=str(path.relative_to(home) if path.is_relative_to(home) else path))
        if trial.last_result:  # of the report that it was saved with
            _here().shelf.offer(_number(trial), path, _metrics(trial.last_result))

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        _here().attempt.recorder.trial(_number(trial), state=TrialState.SUCCEEDED, ended_at=time.time())

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        error = error_of(trial)
        _here().first_error = _here().first_error or error
        _here().attempt.recorder.trial(_number(trial), state=TrialState.FAILED, ended_at=time.time(), error=error)

    def on_experiment_end(self, trials: list[Trial], **info: Any) -> None:
        """Tune does not tell again of a seed that had ended before a resume; its row may not know if it was killed then."""
        for trial in trials:
            if trial.status == Trial.TERMINATED and not _here().attempt.stop_requested:
                _here().attempt.recorder.trial(_number(trial), state=TrialState.SUCCEEDED)


def _here() -> _Context:
    context: _Context = at_hand()
    return context


def _number(trial: Trial) -> int:
    return _here().numbers[int(trial.config["seed"])]


def _metrics(result: dict[str, Any]) -> dict[str, float]:
    if _here().library == "rllib":
        return from_result(result)
    return {key: float(result[key]) for key in set(result) - TUNES_OWN - set(OURS) if isinstance(result[key], int | float)}


def _outcome(attempt: Attempt) -> Outcome:
    states = attempt.recorder.states()
    failed = states.count(TrialState.FAILED)
    if failed:
        trace = _here().first_error
        return Outcome(RunState.FAILED, f"{failed} of {len(states)} seeds failed", last_line(trace), trace)
    if states.count(TrialState.SUCCEEDED) == len(states):
        return Outcome(RunState.SUCCEEDED)
    if attempt.stop_requested:
        return Outcome(RunState.STOPPED, "stopped by you")
    return Outcome(RunState.FAILED, error="Ray Tune ended before every seed had finished.")
