"""Drives a sweep: an experiment whose trials come from our ledger."""

import os
import time
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from backend.drivers.attempt import Attempt
from backend.kinds import experiment
from backend.kinds.sweep import checks, schedulers, searchers, tunables
from backend.kinds.sweep.best_checkpoints import BestCheckpoints
from backend.kinds.sweep.ledger import Ledger
from backend.kinds.sweep.reading import POPULATIONS
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.sweep.work import work
from backend.kinds.tunable import Tunable
from backend.model import Run, RunState
from backend.model.outcome import Outcome
from backend.store import queries, wishes
from backend.store.series import read

SLACK_SECONDS = 1.0  # a trial's end may be noted with the run's
MOST_REPLAYED = 10_000  # reports of one trial


def drive(spec: SweepSpec, attempt: Attempt) -> Outcome:
    """Runs trials until as many as wanted have ended, or the sweep is over for another reason.

    Returns:
        succeeded if at least one trial did, stopped if asked to, failed otherwise, with the first trial's error.
    """
    experiment.connect(attempt, work.needs(spec), spec.processes)
    attempt.wishes = wishes.wishes(attempt.database, attempt.run_id)
    text = queries.workload(attempt.database, attempt.run_id)
    run = queries.run(attempt.database, attempt.run_id)
    tunable = tunables.load(spec, text, attempt.settings.workloads_folder, run.metrics_version)
    _environment(spec)
    ledger = _ledger(spec, attempt, run, tunable)
    keep, scheduler = BestCheckpoints(attempt, ledger.goals[0]), _scheduler(ledger)
    began = time.monotonic()
    experiment.run(
        ledger,
        tunable,
        attempt,
        keep,
        scheduler,
        num_to_keep=_kept(spec),
        max_failures=spec.max_failures,
        pending=spec.samples if spec.scheduler in checks.ALL_ALIVE else 1,  # some hold all their trials alive at once
    )
    print(f"tune: {time.monotonic() - began:.3f} s", flush=True)
    return ledger.result()


def _ledger(spec: SweepSpec, attempt: Attempt, run: Run, tunable: Tunable) -> Ledger:
    search = searchers.make(spec.search, spec.searched, run.goals, spec.samples, spec.seed, len(run.trials))
    return Ledger(spec, attempt, tunable, search, run, _spent(attempt, run))


def _spent(attempt: Attempt, run: Run) -> float:
    """Returns for how many seconds earlier attempts had trials: of each from its first trial's
    start to its last one's end."""
    moves = [event for event in queries.history(attempt.database, attempt.run_id) if event.move in set(RunState)]
    windows = [(before.at, after.at) for before, after in pairwise(moves) if before.move == RunState.RUNNING]
    times = [at for trial in run.trials for at in (trial.started_at, trial.ended_at) if at is not None]
    inside = [[at for at in times if begin <= at <= end + SLACK_SECONDS] for begin, end in windows]
    return sum(max(each) - min(each) for each in inside if each)


def _environment(spec: SweepSpec) -> None:
    """Sets what Tune reads from the environment when an experiment begins."""
    if spec.tune_loggers:
        os.environ.pop("TUNE_DISABLE_AUTO_CALLBACK_LOGGERS", None)


def _kept(spec: SweepSpec) -> int:
    """Returns how many checkpoints each trial keeps; in a population the better ones run on before a
    worse one has copied theirs."""
    if spec.scheduler not in POPULATIONS:
        return spec.keep_checkpoints
    return max(spec.keep_checkpoints, 2 * schedulers.perturb_every(spec, extent(spec)[1]) + 1)


def _scheduler(ledger: Ledger) -> Any:
    spec, tunable = ledger.spec, ledger.tunable
    axis, most = extent(spec)
    metric, time_attr = tunable.name(spec.metrics[0]), tunable.name(axis)
    made = schedulers.make(spec, metric, time_attr, most)
    schedulers.replay(spec, made, metric, time_attr, _reported(ledger, axis))
    return made


def extent(spec: SweepSpec) -> tuple[str, float]:
    """Returns by which of our metric keys a whole trial is measured, and how far it goes."""
    if spec.max_iterations is not None:
        return "iteration" if not isinstance(spec.trainable, str) else "training_iteration", float(spec.max_iterations)
    stop = {} if isinstance(spec.trainable, str) else spec.trainable.stop.criteria()
    return next(
        ((key, stop[key]) for key in ("env_steps", "episodes", "iteration", "time_s") if key in stop),
        ("training_iteration", 100.0),
    )


def _reported(ledger: Ledger, axis: str) -> Iterator[tuple[str, list[tuple[float, float]]]]:
    """Yields what each trial that has ended reported of the metric."""
    spec, attempt = ledger.spec, ledger.attempt
    x = read.STEP if axis in ("training_iteration", "iteration") else axis
    over = set(ledger.by_number) - set(ledger.waiting)
    if over and spec.scheduler in schedulers.REPLAYED:
        for curve in read.read(attempt.database, [attempt.run_id], spec.metrics[:1], x=x, points=MOST_REPLAYED):
            if curve.trial in over:
                yield (
                    f"{curve.trial:05d}",
                    [(float(at), float(value)) for at, value in zip(curve.x, curve.mean, strict=True)],
                )
