"""After which report a trial goes on, whatever Tune starts it from."""

from types import SimpleNamespace
from typing import Any

import pytest

from backend.drivers.line import Held, Line, named


class Started:
    """A trial as Tune has it: its newest checkpoint, and the result that it was saved with."""

    def __init__(self, folder: str = "tune-1/00000") -> None:
        self.folder = folder
        self.latest_checkpoint_result: Any = None

    @property
    def checkpoint(self) -> Any:
        return self.latest_checkpoint_result and self.latest_checkpoint_result.checkpoint

    def save(self, index: int, iteration: int | None = None, folder: str = "") -> Any:
        path = f"/home/runs/abc/{folder or self.folder}/checkpoint_{index:06d}"
        metrics = {} if iteration is None else {"training_iteration": iteration}
        self.latest_checkpoint_result = SimpleNamespace(checkpoint=SimpleNamespace(path=path), metrics=metrics)
        return self


def begun(line: Line, trial: Any, reports: int, first: int = 1) -> None:
    """Starts a trial and lets it report for the first time."""
    line.starts(trial, reports)
    line.goes_on_after(nobody)


def nobody() -> int | None:
    raise AssertionError("it is known")


def test_without_a_checkpoint_it_begins_anew() -> None:
    line = Line()
    line.starts(Started(), 53)  # type: ignore[arg-type]
    assert line.goes_on_after(nobody) == 0
    assert line.goes_on_after(nobody) is None, "only the first report after a start repeats"


def test_from_its_own_checkpoint_it_goes_on_after_what_that_holds() -> None:
    line, trial = Line(), Started()
    begun(line, trial, 0)
    for number in range(1, 6):
        line.reported(number, number, f"report {number}")
        if number == 3:
            assert line.saved(trial.save(0, 3)) == (Held("tune-1/00000/checkpoint_000000", 3), "report 3")
    assert line.saved(trial) is None, "a function's pause saves nothing"  # type: ignore[arg-type]
    line.starts(trial, 5)  # type: ignore[arg-type]
    assert line.goes_on_after(nobody) == 3


def test_a_report_may_come_while_the_one_before_is_being_saved() -> None:
    line, trial = Line(), Started()
    begun(line, trial, 0)
    for number in (1, 2):
        line.reported(10 + number, number, number)
    saved = line.saved(trial.save(0, 11))
    assert saved is not None
    assert (saved.held.reports, saved.report) == (1, 1)


def test_of_a_result_that_does_not_say_it_is_the_newest() -> None:
    line, trial = Line(), Started()
    begun(line, trial, 0)
    line.reported(1, 1)
    assert line.saved(trial.save(0))[0].reports == 1  # type: ignore[index]


def test_a_save_before_the_first_report_holds_what_it_went_on_from() -> None:
    line, trial = Line(Held("tune-1/00000/checkpoint_000007", 40)), Started().save(7)
    line.starts(trial, 53)
    trial.folder = "tune-2/00000"
    saved = line.saved(trial.save(0, 40))
    assert saved == (Held("tune-2/00000/checkpoint_000000", 40), None)
    line.starts(trial, 53)
    assert line.goes_on_after(nobody) == 40


def test_of_attempts_whose_checkpoints_have_the_same_numbers_each_is_another() -> None:
    line, trial = Line(Held("tune-1/00000/checkpoint_000000", 3)), Started().save(0)
    begun(line, trial, 5)
    line.reported(4, 4)
    trial.folder = "tune-2/00000"
    assert line.saved(trial.save(0, 4)) is not None


def test_another_trials_checkpoint_is_a_jump_of_its_own_line() -> None:
    line, trial = Line(), Started()
    begun(line, trial, 0)
    for number in range(1, 6):
        line.reported(number, number)
    line.saved(trial.save(0, 4))
    trial.save(9, 12, folder="tune-1/00003")
    line.starts(trial, 5)  # type: ignore[arg-type]
    assert line.goes_on_after(nobody) == 5, "it repeats nothing"
    for number in (13, 14):
        line.reported(number, number - 7)
    line.starts(trial, 7)  # type: ignore[arg-type]
    assert line.goes_on_after(nobody) == 5, "having failed, it jumps once more"


@pytest.mark.parametrize("found", [40, None])
def test_where_nobody_noted_it_somebody_is_asked(found: int | None) -> None:
    line, trial = Line(Held("tune-1/00000/checkpoint_000007", None)), Started().save(7)
    line.starts(trial, 53)
    assert line.goes_on_after(lambda: found) == found


def test_within_one_experiment_two_parts_are_a_name_wherever_it_is_moved() -> None:
    assert named("/a/mine/trial_1/checkpoint_000001/", 2) == named("/b/yours/trial_1/checkpoint_000001", 2)
    assert named("/a/tune-1/00001/checkpoint_000001") == "tune-1/00001/checkpoint_000001"
