"""What a person asks of a sweep reaches its driver; what ended stays ended; the best is the
best the sweep looks for."""

import math
from pathlib import Path
from typing import Any

import pytest

from backend import api
from backend.api import kinds, models, sweeps
from backend.errors import IllegalMove, InvalidSpec, UnknownRun
from backend.kinds.sweep.limits import limits_of
from backend.model import Goal, Run, RunState, TrialState
from backend.store import queries, runs, wishes
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from backend.store.wishes import Wishes
from tests.conftest import LAKE, content

SWEEP: dict[str, Any] = {
    "kind": "sweep",
    "trainable": "branin",
    "space": {"x": {"uniform": [-5, 10]}, "y": 1.0},
    "samples": 4,
}
MINE: dict[str, Any] = {**SWEEP, "trainable": "mine:train", "metric": "score", "mode": "max", "max_iterations": 5}


def running(database: Database, spec: dict[str, Any] = SWEEP, **more: Any) -> str:
    run_id = runs.create(database, content({**spec, **more}), [])
    runs.claim(database, run_id, 1, "host", {})
    return run_id


def recorder(database: Database, run_id: str, attempt: int = 1) -> Recorder:
    return Recorder(database, run_id, attempt, queries.run(database, run_id).goal)


def with_trials(
    database: Database, values: dict[int, tuple[TrialState, list[float]]], spec: dict[str, Any] = SWEEP, **more: Any
) -> str:
    """A running sweep with trials that reported the metric and came to a state."""
    run_id = running(database, spec, **more)
    kept = recorder(database, run_id)
    key = queries.run(database, run_id).main_metric
    for number, (state, told) in values.items():
        kept.add_trial(number, {"x": float(number), "y": 1.0}, None)
        for step, value in enumerate(told, 1):
            kept.report(number, step, {key: value})
        if state is not TrialState.RUNNING:
            kept.trial(
                number,
                state=state,
                ended_at=100.0 + number,
                error="ValueError: no" if state is TrialState.FAILED else "",
            )
    kept.close()
    return run_id


def states(database: Database, run_id: str) -> list[str]:
    return [str(trial.state) for trial in queries.run(database, run_id).trials]


def moves(database: Database, run_id: str) -> list[tuple[str, str]]:
    return [(event.move, event.note) for event in queries.history(database, run_id)]


# ---- wishes


def test_what_is_asked_reaches_the_driver_with_the_next_beat_and_the_spec_stays(database: Database) -> None:
    run_id = running(database)
    assert wishes.beat(database, run_id, 1).wishes == Wishes()
    wishes.ask(database, run_id, samples=9, concurrency=2, time_budget_s=60.5)
    assert wishes.beat(database, run_id, 1).wishes == Wishes({"samples": 9, "concurrency": 2, "time_budget_s": 60.5})
    assert wishes.wishes(database, run_id) == Wishes({"samples": 9, "concurrency": 2, "time_budget_s": 60.5})
    run = queries.run(database, run_id)
    now = limits_of(run)
    assert (now.trials, now.concurrency, now.time_budget_s) == (9, 2, 60.5)
    assert run.spec["samples"] == 4
    assert moves(database, run_id)[2:] == [
        ("samples", "4 → 9"),
        ("concurrency", "no limit → 2"),
        ("time budget (s)", "no limit → 60.5"),
    ]


def test_a_second_wish_changes_only_what_it_names_and_asking_for_the_same_is_no_event(database: Database) -> None:
    run_id = running(database)
    wishes.ask(database, run_id, samples=9, concurrency=2)
    many = len(moves(database, run_id))
    wishes.ask(database, run_id, samples=9)
    assert len(moves(database, run_id)) == many
    wishes.ask(database, run_id, samples=5)
    assert wishes.wishes(database, run_id) == Wishes({"samples": 5, "concurrency": 2})
    assert moves(database, run_id)[many:] == [("samples", "9 → 5")]


def test_repeats_count_as_trials(database: Database) -> None:
    run_id = running(database, repeats=3)
    wishes.ask(database, run_id, samples=5)
    assert limits_of(queries.run(database, run_id)).trials == 15


def test_wishes_outlive_the_attempt(database: Database) -> None:
    run_id = with_trials(database, {0: (TrialState.RUNNING, [1.0])})
    wishes.ask(database, run_id, samples=9)
    runs.move(database, run_id, RunState.LOST, "silent")
    runs.requeue(database, run_id)
    runs.claim(database, run_id, 2, "host", {})
    assert wishes.beat(database, run_id, 2).wishes.asked["samples"] == 9


def test_nothing_is_asked_of_what_is_not_there_or_no_sweep(database: Database) -> None:
    with pytest.raises(UnknownRun):
        wishes.ask(database, "nope", samples=3)
    with pytest.raises(UnknownRun):
        wishes.request_trial_stop(database, "nope", 0)
    lake = runs.create(database, content(LAKE), [1])
    runs.claim(database, lake, 1, "host", {})
    assert wishes.beat(database, lake, 1).wishes == Wishes()


# ---- the end of one trial


def test_the_end_of_a_trial_is_asked_for_once_and_reaches_the_driver(database: Database) -> None:
    run_id = with_trials(
        database, {0: (TrialState.RUNNING, [1.0]), 1: (TrialState.RUNNING, []), 2: (TrialState.SUCCEEDED, [3.0])}
    )
    wishes.request_trial_stop(database, run_id, 1)
    wishes.request_trial_stop(database, run_id, 1)
    assert wishes.beat(database, run_id, 1).wishes.stopped_trials == {1}
    assert [move for move, _ in moves(database, run_id)].count("trial stop requested") == 1
    with pytest.raises(IllegalMove, match="succeeded"):
        wishes.request_trial_stop(database, run_id, 2)
    with pytest.raises(IllegalMove, match="no trial 7"):
        wishes.request_trial_stop(database, run_id, 7)


# ---- another attempt


def test_another_attempt_takes_up_what_stopped_and_nothing_that_ended(database: Database) -> None:
    kinds = [TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.FAILED, TrialState.RUNNING, TrialState.RUNNING]
    run_id = with_trials(database, {number: (state, [float(number)]) for number, state in enumerate(kinds)}, samples=9)
    wishes.request_trial_stop(database, run_id, 4)
    before = queries.run(database, run_id).trials
    runs.move(database, run_id, RunState.STOPPED, "by you")
    assert states(database, run_id) == ["succeeded", "pruned", "failed", "stopped", "stopped"]
    runs.requeue(database, run_id)
    assert states(database, run_id) == ["succeeded", "pruned", "failed", "queued", "stopped"]
    run = queries.run(database, run_id)
    assert run.trials[:3] == before[:3], "with their ends, values and errors"
    assert run.trials[3].last == {"value": 3.0}
    assert wishes.wishes(database, run_id).stopped_trials == {4}, (
        "who was ended for good is so in the next attempt, too"
    )


@pytest.mark.parametrize("way", [RunState.LOST, RunState.FAILED, RunState.STOPPED])
def test_no_trial_stays_running_however_the_sweep_ends(database: Database, way: RunState) -> None:
    run_id = with_trials(database, {0: (TrialState.RUNNING, [1.0]), 1: (TrialState.SUCCEEDED, [2.0])})
    runs.move(database, run_id, way, "because")
    assert states(database, run_id) == ["stopped", "succeeded"]
    runs.requeue(database, run_id)
    assert states(database, run_id) == ["queued", "succeeded"]


def finished(database: Database, many: int = 4, **more: Any) -> str:
    run_id = with_trials(database, {number: (TrialState.SUCCEEDED, [float(number)]) for number in range(many)}, **more)
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    return run_id


def test_a_sweep_that_succeeded_is_resumed_only_if_trials_are_left(database: Database) -> None:
    run_id = finished(database)
    launcher = api.house().launcher
    assert not kinds.can_resume(api.run(run_id))
    with pytest.raises(IllegalMove, match="Add trials"):
        launcher.resume(run_id)
    assert queries.run(database, run_id).state is RunState.SUCCEEDED
    wishes.ask(database, run_id, samples=6)
    assert kinds.can_resume(api.run(run_id))
    launcher.resume(run_id)
    run = queries.run(database, run_id)
    assert (run.state, run.attempt) == (RunState.QUEUED, 2)
    assert states(database, run_id) == ["succeeded"] * 4
    with pytest.raises(IllegalMove):
        launcher.resume(run_id)


def test_a_sweep_that_ended_early_can_go_on(database: Database) -> None:
    run_id = finished(database, 2)  # of four: its target, its patience or its time came first
    assert kinds.can_resume(api.run(run_id))
    run_id = with_trials(database, {0: (TrialState.SUCCEEDED, [1.0]), 1: (TrialState.RUNNING, [1.0])}, samples=2)
    runs.finish(database, run_id, 1, RunState.SUCCEEDED, "the time budget is used up")
    assert states(database, run_id) == ["succeeded", "stopped"]
    assert kinds.can_resume(api.run(run_id))


def test_a_trial_that_was_ended_for_good_is_nothing_left_to_do(database: Database) -> None:
    run_id = with_trials(database, {0: (TrialState.SUCCEEDED, [1.0]), 1: (TrialState.RUNNING, [1.0])}, samples=2)
    wishes.request_trial_stop(database, run_id, 1)
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    assert not kinds.can_resume(api.run(run_id))


def test_other_kinds_of_runs_are_still_not_resumed_after_success(database: Database) -> None:
    run_id = runs.create(database, content(LAKE), [1])
    runs.claim(database, run_id, 1, "host", {})
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    with pytest.raises(IllegalMove):
        api.resume(run_id)


# ---- extend, as the command line and the page call it


def test_a_sweep_is_extended_by_what_its_spec_could_have_said(database: Database) -> None:
    run_id = finished(database)
    for asked, field in (
        ({"samples": 0}, "samples"), ({"samples": 10**9}, "samples"), ({"samples": 3}, "samples"),
        ({"concurrency": -1}, "concurrency"), ({"concurrency": -2}, "concurrency"),
        ({"time_budget_s": -1}, "time_budget_s"), ({"time_budget_s": math.nan}, "time_budget_s"),
    ):  # fmt: skip
        with pytest.raises(InvalidSpec) as caught:
            sweeps.extend(run_id, **asked)
        assert field in caught.value.problems
    assert wishes.wishes(database, run_id) == Wishes()
    sweeps.extend(run_id)
    assert wishes.wishes(database, run_id) == Wishes()
    sweeps.extend(run_id, samples=4, concurrency=1)
    assert wishes.wishes(database, run_id) == Wishes({"samples": 4, "concurrency": 1})


def test_what_cannot_be_extended_says_why(database: Database) -> None:
    lake = runs.create(database, content(LAKE), [1])
    with pytest.raises(IllegalMove, match="sweep"):
        sweeps.extend(lake, samples=3)
    grid = finished(database, 2, search="grid", space={"x": {"grid": [0, 1]}, "y": 1.0})
    with pytest.raises(IllegalMove, match="grid"):
        sweeps.extend(grid, samples=3)
    sweeps.extend(grid, concurrency=2)
    digits = {"kind": "sweep", "trainable": "digits_mlp", "space": {"lr": {"uniform": [0.1, 0.2]}}, "scheduler": "pbt"}
    population = running(database, digits)
    with pytest.raises(InvalidSpec) as caught:
        sweeps.extend(population, concurrency=1)
    assert "concurrency" in caught.value.problems
    with pytest.raises(UnknownRun):
        sweeps.extend("nope", samples=3)


# ---- the best


TOLD = {
    0: (TrialState.SUCCEEDED, [5.0, 2.0]), 1: (TrialState.PRUNED, [4.0]), 2: (TrialState.SUCCEEDED, [math.nan]),
    3: (TrialState.SUCCEEDED, [3.0, math.nan]), 4: (TrialState.SUCCEEDED, [math.inf, -math.inf]), 5: (TrialState.FAILED,
    []),
}  # fmt: skip


@pytest.mark.parametrize(
    ("mode", "bests", "best"),
    [("max", [5.0, 4.0, None, 3.0, None, None], 0), ("min", [2.0, 4.0, None, 3.0, None, None], 0)],
)
def test_the_best_is_the_highest_or_the_lowest_and_never_what_is_no_number(
    database: Database, mode: str, bests: Any, best: int
) -> None:
    run = queries.run(database, with_trials(database, TOLD, MINE, mode=mode))
    assert [trial.best for trial in run.trials] == bests
    assert run.best_trial
    assert run.best_trial.number == best
    assert run.best == bests[best]
    assert [trial.last["score"] for trial in run.trials[:5]] == [2.0, 4.0, None, None, None]


def test_the_best_goes_on_in_the_next_attempt(database: Database) -> None:
    run_id = with_trials(database, {0: (TrialState.RUNNING, [5.0, 1.0, 2.0])}, MINE, mode="min")
    runs.move(database, run_id, RunState.LOST, "silent")
    runs.requeue(database, run_id)
    runs.claim(database, run_id, 2, "host", {})
    kept = recorder(database, run_id, 2)
    kept.report(0, 4, {"score": 3.0})
    kept.close()
    (trial,) = queries.run(database, run_id).trials
    assert (trial.best, trial.last["score"], trial.reports) == (1.0, 3.0, 4)


def test_a_sweep_without_a_value_has_no_best(database: Database) -> None:
    run: Run = queries.run(
        database, with_trials(database, {0: (TrialState.SUCCEEDED, [math.nan]), 1: (TrialState.FAILED, [])})
    )
    assert (run.best_trial, run.best) == (None, None)
    assert queries.run(database, running(database)).best is None


def test_the_first_of_several_objectives_decides_and_each_has_its_mode(database: Database) -> None:
    run_id = running(database, MINE, metric=["loss", "speed"], mode=["min", "max"], search="optuna")
    run = queries.run(database, run_id)
    assert run.goals == (Goal("loss", "min"), Goal("speed", "max"))
    assert run.main_metric == "loss"


# ---- after it


def test_a_checkpoint_is_promoted_under_a_name_of_its_own(database: Database, home: Path) -> None:
    run_id = with_trials(database, {0: (TrialState.SUCCEEDED, [5.0]), 1: (TrialState.SUCCEEDED, [1.0])})
    with pytest.raises(IllegalMove, match="no checkpoint"):
        models.promote(run_id, "first")
    folder = home / "runs" / run_id / "checkpoint"
    folder.mkdir(parents=True)
    (folder / "model.txt").write_text("weights")
    kept = recorder(database, run_id)
    kept.trial(1, checkpoint=str(folder.relative_to(home)), checkpoint_iteration=1)
    kept.close()
    for wrong in ("", "  ", "a/b", "../up", ".hidden", "a b", "/tmp/x"):
        with pytest.raises(InvalidSpec):
            models.promote(run_id, wrong)
    model = models.promote(run_id, "first_1.0")
    assert (model.trial, model.value) == (1, 1.0)
    assert (model.path / "checkpoint" / "model.txt").read_text() == "weights"
    with pytest.raises(InvalidSpec) as caught:
        models.promote(run_id, "first_1.0")
    assert "already" in caught.value.problems["name"]
    with pytest.raises(IllegalMove, match="no trial 9"):
        models.promote(run_id, "second", 9)
    assert [each.name for each in models.models()] == ["first_1.0"]


def test_the_best_parameters_become_defaults_until_they_are_forgotten(database: Database) -> None:
    run_id = with_trials(database, TOLD)
    assert sweeps.use_as_defaults(run_id) == {"x": 0.0, "y": 1.0}
    assert sweeps.defaults()["branin"] == {"params": {"x": 0.0, "y": 1.0}, "run": run_id, "trial": 0}
    sweeps.use_as_defaults(run_id, 3)
    assert sweeps.defaults()["branin"]["params"]["x"] == 3.0
    sweeps.forget_defaults("branin")
    assert sweeps.defaults() == {}
    empty = running(database)
    with pytest.raises(IllegalMove, match="No trial has a value"):
        sweeps.use_as_defaults(empty)
