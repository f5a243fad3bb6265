"""How far a run is, and how long it still takes."""

from collections.abc import Mapping, Sequence
from itertools import accumulate, pairwise
from typing import Any

from backend.catalog import environments
from backend.model import Event, Run, RunState, Sweep, Trial, TrialState
from backend.model.stored import stored

PACE = 50  # trials whose ends tell how fast a sweep goes

LIMITS = ("env_steps", "episodes", "iteration", "time_s")


def _limits(run: Run) -> dict[str, float]:
    """Returns when a seed ends, by metric key; nothing of a run that has no such limits."""
    return stored(run.spec).part("stop").numbers


def solved_at(run: Run) -> float | None:
    """Returns the mean episode return at which the environment of a run counts as solved; None where nobody said so, or knows it."""
    known = environments.known(stored(run.spec).text("environment"))
    return known.solved_at if known else None


def share_of_trial(trial: Trial, stop: Mapping[str, Any]) -> float:
    """Returns how much of a trial is done, 0 to 1, by whichever of its limits is nearest."""
    if trial.state is TrialState.SUCCEEDED:
        return 1.0
    shares = [(trial.last.get(key) or 0.0) / stop[key] for key in LIMITS if stop.get(key)]
    return min(1.0, max(shares, default=0.0))


def share(run: Run) -> float | None:
    """Returns how much of a run is done, 0 to 1: the mean over its trials. None if nobody knows its end."""
    if run.tasks is not None:
        return run.tasks.done / max(1, run.tasks.total)
    if run.sweep is not None:
        return min(1.0, sum(trial.is_finished for trial in run.trials) / run.sweep.trials)
    stop = _limits(run)
    if not stop:
        return None
    return sum(share_of_trial(trial, stop) for trial in run.trials) / max(1, len(run.trials))


def seconds_left(run: Run, events: Sequence[Event] = ()) -> float | None:
    """Returns about how many seconds a running run still takes, or None before the first report.

    Each trial goes on at its own pace so far; one that has not started takes as long as the others' mean. `events` are
    those of a run that was resumed: of a sweep the time between its attempts does not count.
    """
    if run.tasks is not None:
        rate = run.mean_of_last("tasks_per_second")
        return (run.tasks.total - run.tasks.done) / rate if rate else None
    if run.sweep is not None:
        return _seconds_left_of_sweep(run, run.sweep, events)
    stop = _limits(run)
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


def _seconds_left_of_sweep(run: Run, sweep: Sweep, events: Sequence[Event]) -> float | None:
    """Returns the trials that are left at the pace of those that ended, or what the time budget leaves of it."""
    ends = sorted(trial.ended_at for trial in run.trials if trial.is_finished and trial.ended_at)
    if run.started_at is None:
        return None
    moves = [event for event in events if event.move in set(RunState)]
    before = sum(after.at - begun.at for begun, after in pairwise(moves) if begun.move == RunState.RUNNING)
    since = max((event.at for event in moves if event.move == RunState.RUNNING), default=run.started_at)
    lately = [end for end in ends if end >= since][-PACE:]
    if len(lately) < 2:
        return None
    pace = (lately[-1] - lately[0]) / (len(lately) - 1)
    left = (sweep.trials - len(ends)) * pace
    budget = None if sweep.time_budget_s is None else sweep.time_budget_s - before - (lately[-1] - since)
    return max(0.0, left if budget is None else min(left, budget))


def best_so_far(run: Run, points: int) -> list[float]:
    """Returns the best value after each trial of a sweep, in the order of their numbers, thinned to at most `points`."""
    values = [trial.best for trial in run.trials if trial.best is not None]
    better = max if run.goal is None or run.goal.mode == "max" else min
    found = list(accumulate(values, better))
    return found if len(found) <= points else [found[place * (len(found) - 1) // (points - 1)] for place in range(points)]


def told(run: Run) -> str:
    """Returns the progress in words, by the first limit the spec sets: "37,200 of 60,000 env steps per seed"."""
    if run.tasks is not None:
        return f"{run.tasks.done:,} of {run.tasks.total:,} tasks"
    if run.sweep is not None:
        return f"{sum(trial.is_finished for trial in run.trials):,} of {run.sweep.trials:,} trials"
    stop = _limits(run)
    for key in LIMITS:
        if stop.get(key):
            done = sum(min(trial.last.get(key) or 0.0, stop[key]) for trial in run.trials) / max(1, len(run.trials))
            unit = {"env_steps": "env steps", "iteration": "iterations", "time_s": "seconds"}.get(key, key)
            return f"{done:,.0f} of {stop[key]:,.0f} {unit} per seed"
    return ""
