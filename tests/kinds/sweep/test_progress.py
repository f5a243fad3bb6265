"""How long a run still takes."""

from dataclasses import replace

import pytest

from backend.kinds.sweep import progress
from backend.model import Event, Run, RunState
from tests.analysis.test_study import sweep, trial

DAY = 86_400.0


def resumed(**spec: float) -> tuple[Run, list[Event]]:
    """A sweep of nine trials, ten seconds each: three before a pause of a day, three after it."""
    ends = [1010.0, 1020.0, 1030.0, DAY + 1010.0, DAY + 1020.0, DAY + 1030.0]
    trials = [trial(number, {"x": 0.5}, 1.0, started_at=end - 10, ended_at=end) for number, end in enumerate(ends)]
    run = replace(
        sweep({"x": {"uniform": [0, 1]}}, *trials, **spec), state=RunState.RUNNING, attempt=2, started_at=1000.0
    )
    moves = [("queued", 990.0), ("running", 1000.0), ("stop requested", 1029.0), ("stopped", 1030.0)]
    moves += [("queued", DAY + 990.0), ("running", DAY + 1000.0)]
    return run, [Event(at, move, "") for move, at in moves]


def test_a_pause_does_not_slow_a_sweep_down() -> None:
    run, events = resumed()
    assert progress.of(run, events).seconds_left == pytest.approx(30)


def test_a_pause_does_not_use_up_a_time_budget() -> None:
    run, events = resumed(time_budget_s=75)
    assert progress.of(run, events).seconds_left == pytest.approx(15)
