"""What a sweep keeps of its trials, whatever they do: real Tune and real trainables, in this process."""

from collections import Counter
from typing import Any

import pytest

from backend import api
from backend.drivers.attempt import Impossible
from backend.errors import InvalidSpec
from backend.launcher import Launcher
from backend.model import Run, RunState
from backend.store import queries
from tests.conftest import ON_SQLITE
from tests.driven import Driven

pytestmark = ON_SQLITE

ONE_TO_FOUR = {"x": {"grid": [1, 2, 3, 4]}}


def states(run: Run) -> Counter[str]:
    return Counter(str(trial.state) for trial in run.trials)


def last_note(run: Run) -> str:
    return api.events(run.id)[-1].note


# ---- it runs what there is


def test_each_report_of_a_function_is_recorded_once_and_the_best_trial_is_known(driven: Driven) -> None:
    run = driven.run(driven.launch("valley", {"x": {"grid": [1.0, 3.0]}, "bottom": 3.0}, metric="distance", mode="min"))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [trial.params for trial in run.trials] == [{"x": 1.0, "bottom": 3.0}, {"x": 3.0, "bottom": 3.0}]
    assert [trial.last["distance"] for trial in run.trials] == pytest.approx([2 + 1 / 3, 1 / 3])
    assert [trial.reports for trial in run.trials] == [3, 3], "the end of a function repeats its last report"
    assert run.best_trial
    assert (run.best_trial.number, run.best) == (1, pytest.approx(1 / 3))
    assert set(api.metric_keys(run.id)) == {"distance", "steps_done"}, "nothing of Tune's own"
    assert [trial.seed for trial in run.trials] == [None, None]
    assert all(trial.started_at and trial.ended_at for trial in run.trials)


def test_a_class_of_ones_own_runs_to_its_last_iteration_whether_it_can_be_saved_or_not(driven: Driven) -> None:
    for name, is_kept in (("Stepper", False), ("Saver", True)):
        run = driven.run(driven.launch(name, {"x": {"grid": [1.0, 2.0]}}, metric="height", max_iterations=3))
        assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 2})
        assert [(trial.reports, trial.last["height"]) for trial in run.trials] == [(3, 3.0), (3, 6.0)]
        assert all(bool(trial.checkpoint) is is_kept for trial in run.trials)
        kept = [(each.trial, each.iteration) for each in queries.checkpoints(driven.attempt.database, run.id)]
        assert kept == ([(0, 3), (1, 3)] if is_kept else [])


def test_repeats_have_seeds_of_their_own_and_all_of_a_configuration_run(driven: Driven) -> None:
    run = driven.run(driven.launch("noisy", {"x": {"grid": [10, 20]}}, metric="score", repeats=3))
    assert run.state is RunState.SUCCEEDED
    assert [(trial.params["x"], trial.seed, trial.last["score"]) for trial in run.trials] == [
        (10, 1, 11), (10, 2, 12), (10, 3, 13), (20, 1, 21), (20, 2, 22), (20, 3, 23),
    ]  # fmt: skip


def test_a_search_finds_the_bottom_of_branin(driven: Driven) -> None:
    space = {"x": {"uniform": [-5, 10]}, "y": {"uniform": [0, 15]}}
    run = driven.run(
        api.launch({"kind": "sweep", "trainable": "branin", "space": space, "search": "hyperopt", "samples": 60})
    )
    assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 60})
    assert run.best is not None
    assert 0.3978 < run.best <= 0.5


def test_a_target_ends_it_well(driven: Driven) -> None:
    run = driven.run(
        driven.launch("moody", {"x": {"uniform": [0, 10]}, "mood": 0}, metric="score", samples=1000, target=9)
    )
    assert run.state is RunState.SUCCEEDED
    assert run.best is not None
    assert run.best >= 9
    assert len(run.trials) < 1000
    assert "reached the target" in last_note(run)


def test_lost_patience_ends_it_well(driven: Driven) -> None:
    run = driven.run(
        driven.launch("not_a_number", {"x": {"uniform": [1, 4]}}, metric="score", samples=1000, patience=6)
    )
    assert (run.state, last_note(run)) == (RunState.SUCCEEDED, "nothing better in the last 6 trials")
    assert len(run.trials) < 40


def test_the_mean_of_the_repeats_reaches_the_target(driven: Driven) -> None:
    run = driven.run(
        driven.launch("noisy", {"x": {"grid": [10, 11, 12]}}, metric="score", repeats=3, target=13, concurrency=1)
    )
    assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 6}), (
        "10 has a 13, but only 11 has a mean of 13"
    )
    assert "configuration 1 reached the target" in last_note(run)


@pytest.mark.parametrize(("mode", "best"), [("max", 2.0), ("min", 1.0)])
def test_not_a_number_is_never_the_best(driven: Driven, mode: str, best: float) -> None:
    run = driven.run(driven.launch("not_a_number", ONE_TO_FOUR, metric="score", mode=mode))
    assert (run.state, run.best) == (RunState.SUCCEEDED, best)
    assert [trial.best for trial in run.trials] == [1.0, 2.0, None, None]
    assert [trial.last["score"] for trial in run.trials[2:]] == [None, None]


# ---- when something is wrong


@pytest.mark.parametrize(
    ("trainable", "metric", "told"), [("valley", "distnce", "distance, steps_done"), ("silent", "score", "nothing")]
)
def test_a_metric_that_is_never_reported_is_named_with_those_that_are(
    driven: Driven, trainable: str, metric: str, told: str
) -> None:
    run = driven.run(driven.launch(trainable, {"x": {"uniform": [1, 2]}, "bottom": 3}, metric=metric, samples=10))
    assert run.state is RunState.FAILED
    assert f"“{metric}”" in run.error
    assert f"It reports: {told}" in run.error
    assert len(run.trials) < 10


def test_trials_that_raise_do_not_end_a_sweep_and_keep_their_traceback(driven: Driven) -> None:
    run = driven.run(driven.launch("moody", {"x": {"grid": [1, 2, 3, 4, 5, 6]}, "mood": 3}, metric="score"))
    assert (run.state, run.best) == (RunState.SUCCEEDED, 6)
    assert states(run) == {"failed": 2, "succeeded": 4}
    assert "not in the mood" in run.trials[0].error
    assert 'File "own_sweeps.py", line' in run.trials[0].error
    assert last_note(run) == "2 of 6 trials failed"


@pytest.mark.parametrize(("trainable", "error"), [("moody", "not in the mood"), ("late_failure", "after all")])
def test_if_all_raise_it_fails_after_a_few_with_the_first_traceback(driven: Driven, trainable: str, error: str) -> None:
    run = driven.run(driven.launch(trainable, {"x": {"uniform": [0, 1]}, "mood": 3}, metric="score", samples=50))
    assert run.state is RunState.FAILED
    assert error in run.error
    assert "own_sweeps.py" in run.traceback
    assert len(run.trials) < 10


@pytest.mark.parametrize(("tries", "states_then"), [(2, {"succeeded": 2}), (1, {"failed": 2})])
def test_a_trial_that_fails_is_tried_again_as_often_as_asked(
    driven: Driven, tmp_path: Any, tries: int, states_then: Any
) -> None:
    run = driven.run(
        driven.launch(
            "third_time", {"x": {"grid": [1, 2]}, "folder": str(tmp_path)}, metric="score", max_failures=tries
        )
    )
    assert states(run) == states_then
    assert [len((tmp_path / name).read_text()) for name in ("1", "2")] == [tries + 1] * 2


# ---- what ends trials early


def test_asha_prunes_the_worse_ones(driven: Driven) -> None:
    space = {"x": {"grid": [8, 7, 6, 5, 4, 3, 2, 1]}, "steps": 16}
    run = driven.run(
        driven.launch("climber", space, metric="height", scheduler="asha", max_iterations=16, grace=1, concurrency=1)
    )
    assert (run.state, run.best) == (RunState.SUCCEEDED, 8 * 16)
    assert states(run) == {"succeeded": 1, "pruned": 7}
    assert all(trial.reports < 16 for trial in run.trials[1:])


@pytest.mark.parametrize("scheduler", ["hyperband", "median", "pbt", "pb2"])
def test_every_other_scheduler_comes_to_an_end(driven: Driven, scheduler: str) -> None:
    more = {"metric": "height", "samples": 4, "max_iterations": 9, "perturb_every": 3, "cpus": 0.5}
    run = driven.run(driven.launch("climber", {"x": {"uniform": [1.0, 8.0]}, "steps": 9}, scheduler=scheduler, **more))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [trial.error for trial in run.trials] == [""] * 4
    assert set(states(run)) <= {"succeeded", "pruned"}
    assert states(run)["succeeded"] >= 1
    assert run.best is not None
    assert run.best > 9


def test_a_population_takes_over_what_is_better_and_its_parameters_are_a_curve(driven: Driven) -> None:
    space = {"x": {"uniform": [1.0, 8.0]}, "steps": 9}
    more = {"scheduler": "pbt", "samples": 4, "max_iterations": 9, "perturb_every": 3, "cpus": 0.5}
    run = driven.run(driven.launch("climber", space, metric="height", **more))
    changed = [trial for trial in run.trials if trial.last["begun_at"]]
    assert changed, "one went on from another's checkpoint"
    for trial in run.trials:
        curve = api.series(run.id, "param/x", trial.number)
        assert curve.mean[-1] == trial.params["x"]
        assert (len(set(curve.mean)) > 1) is (trial.number in {each.number for each in changed})
    assert run.set_aside == 0, "what comes from another trial is a jump of the line, and repeats nothing"


def test_the_median_rule_pauses_no_trial_while_others_wait(driven: Driven) -> None:
    """One that keeps no checkpoint would begin anew."""
    space = {"x": {"grid": [3.0, 3.1, 3.2, 3.3, 3.4, 9.0]}, "bottom": 3.0, "steps": 6}
    run = driven.run(
        driven.launch("valley", space, metric="distance", mode="min", scheduler="median", max_iterations=6)
    )
    assert run.trials[5].state == "pruned"
    assert [trial.reports for trial in run.trials if trial.state == "succeeded"] == [6] * states(run)["succeeded"]


# ---- what a trial reserves


def test_memory_is_reserved_for_each_trial(driven: Driven) -> None:
    driven.here.resources = {"CPU": 2.0, "memory": 0.1e9}
    alive: list[int] = []
    run_id = driven.launch(
        "valley", ONE_TO_FOUR | {"bottom": 3}, metric="distance", mode="min", cpus=0.1, memory_gb=0.05
    )
    driven.here.on_call = lambda: alive.append(states(driven.now())["running"])
    assert states(driven.run(run_id)) == {"succeeded": 4}
    assert max(alive) == 2, "there is memory for two at once"


def test_none_is_launched_where_there_is_not_enough_and_a_driver_that_finds_so_says_it(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    greedy = {"metric": "distance", "mode": "min", "memory_gb": 100_000}
    run_id = driven.launch("valley", ONE_TO_FOUR, **greedy)
    driven.here.resources |= {"raydeck_slot": 2.0}
    with pytest.raises(Impossible, match="100000 GB of memory, and the whole cluster has 1"):
        driven.run(run_id)
    driven.attempt.recorder.abandon()
    monkeypatch.setattr(Launcher, "_resources", lambda _: {"CPU": 2.0, "memory": 8e9})
    with pytest.raises(InvalidSpec) as caught:
        driven.launch("valley", ONE_TO_FOUR, **greedy)
    assert "the whole cluster has 8" in caught.value.problems["memory_gb"]
    assert [run.id for run in api.runs()] == [run_id]
