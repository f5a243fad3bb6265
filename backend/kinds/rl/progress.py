"""How far the seeds of a run are, and how long they still take."""

from collections.abc import Mapping
from typing import Any

from backend.model import Run, Trial, TrialState
from backend.model.stored import stored
from backend.model.work import Progress

LIMITS = ("env_steps", "episodes", "iteration", "time_s")
UNITS = {"env_steps": "env steps", "iteration": "iterations", "time_s": "seconds"}


def of(run: Run) -> Progress:
    """Returns the mean over the seeds, by whichever of the limits of each is nearest; in words the first
    limit that the spec sets."""
    stop = stored(run.spec).part("stop").numbers
    if not stop:
        return Progress(None)
    share = sum(share_of_trial(trial, stop) for trial in run.trials) / max(1, len(run.trials))
    return Progress(share, _words(run, stop), _seconds_left(run, stop))


def share_of_trial(trial: Trial, stop: Mapping[str, Any]) -> float:
    """Returns how much of a trial is done, 0 to 1, by whichever of its limits is nearest."""
    if trial.state is TrialState.SUCCEEDED:
        return 1.0
    shares = [(trial.last.get(key) or 0.0) / stop[key] for key in LIMITS if stop.get(key)]
    return min(1.0, max(shares, default=0.0))


def _words(run: Run, stop: Mapping[str, float]) -> str:
    """Returns the progress in words: "37,200 of 60,000 env steps per seed"."""
    key = next((each for each in LIMITS if stop.get(each)), "")
    if not key:
        return ""
    done = sum(min(trial.last.get(key) or 0.0, stop[key]) for trial in run.trials) / max(1, len(run.trials))
    return f"{done:,.0f} of {stop[key]:,.0f} {UNITS.get(key, key)} per seed"


def _seconds_left(run: Run, stop: Mapping[str, float]) -> float | None:
    """Returns about how many seconds a running run still takes; None before the first report.

    Each seed goes on at its own pace so far; one that has not started takes as long as the others' mean.
    """
    whole = {}
    for trial in run.trials:
        done, spent = share_of_trial(trial, stop), trial.last.get("time_s")
        if done > 0 and spent:
            whole[trial.number] = spent / done
    if not whole:
        return None
    usual = sum(whole.values()) / len(whole)
    left = sum((1 - share_of_trial(trial, stop)) * whole.get(trial.number, usual) for trial in run.trials)
    return left / max(1, sum(trial.state is TrialState.RUNNING for trial in run.trials))
