"""How far a sweep is, and how long it still takes."""

from collections.abc import Sequence
from itertools import accumulate, pairwise

from backend.kinds.sweep.limits import Limits, limits_of
from backend.model import Event, Run, RunState
from backend.model.work import Progress

PACE = 50  # trials whose ends tell how fast a sweep goes


def of(run: Run, events: Sequence[Event] = ()) -> Progress:
    """Returns how many of the wanted trials have ended.

    The time between the attempts that `events` tell of does not count.
    """
    limits = limits_of(run)
    done, wanted = sum(trial.is_finished for trial in run.trials), limits.trials
    return Progress(
        min(1.0, done / max(1, wanted)), f"{done:,} of {wanted:,} trials", _seconds_left(run, limits, events)
    )


def _seconds_left(run: Run, limits: Limits, events: Sequence[Event]) -> float | None:
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
    left = (limits.trials - len(ends)) * pace
    budget = None if limits.time_budget_s is None else limits.time_budget_s - before - (lately[-1] - since)
    return max(0.0, left if budget is None else min(left, budget))


def best_so_far(run: Run, points: int) -> list[float]:
    """Returns the best value after each trial of a sweep, in the order of their numbers,
    thinned to at most `points`."""
    values = [trial.best for trial in run.trials if trial.best is not None]
    better = max if run.goal is None or run.goal.mode == "max" else min
    bests = list(accumulate(values, better))
    return (
        bests if len(bests) <= points else [bests[place * (len(bests) - 1) // (points - 1)] for place in range(points)]
    )
