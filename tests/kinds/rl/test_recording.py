"""What a reinforcement-learning run keeps of its seeds, alone and as what a sweep tunes: real Tune, in this process."""

from typing import Any

import numpy as np
import pytest

from backend import api
from backend.api import specs, sweeps
from backend.model import Run, RunState
from backend.store import queries
from tests.conftest import LAKE, ON_SQLITE
from tests.driven import Driven

pytestmark = ON_SQLITE

SHORT: dict[str, Any] = {**LAKE, "seeds": [3, 7], "stop": {"episodes": 25}}


def last(run: Run, key: str) -> list[float]:
    return [api.series(run.id, key, trial.number).mean[-1] for trial in run.trials]


def test_each_seed_is_a_trial_with_all_its_reports_and_its_checkpoint(driven: Driven) -> None:
    run = driven.run(api.launch(SHORT))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [(trial.seed, trial.state, trial.last["episodes"]) for trial in run.trials] == [
        (3, "succeeded", 25),
        (7, "succeeded", 25),
    ]
    keys = set(api.metric_keys(run.id))
    assert {
        "return_mean",
        "return_min",
        "return_max",
        "episode_length",
        "episodes",
        "env_steps",
        "iteration",
        "steps_per_second",
    } <= keys
    assert not {"training_iteration", "should_checkpoint", "time_total_s", "pid"} & keys, "nothing of Tune's own"
    steps = api.series(run.id, "episodes", 0)
    assert steps.total == run.trials[0].reports - 1, "the last report is the held-out evaluation"
    assert steps.x[-1] == run.trials[0].last["env_steps"], "the step of a report is in env steps"
    assert all(trial.started_at and trial.ended_at and trial.checkpoint for trial in run.trials)
    assert {each.trial for each in queries.checkpoints(driven.attempt.database, run.id) if each.is_best} == {0, 1}


def test_the_same_seed_gives_the_same_curve_and_another_seed_another(driven: Driven) -> None:
    curves = [
        [api.series(run.id, "env_steps", seed).mean for seed in (0, 1)]
        for run in (driven.run(api.launch(SHORT)) for _ in range(2))
    ]
    np.testing.assert_array_equal(curves[0], curves[1])
    assert not np.array_equal(curves[0][0], curves[0][1])


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_one_that_was_broken_off_goes_on_and_ends_as_an_unbroken_one(
    driven: Driven, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    monkeypatch.setenv("TUNE_GLOBAL_CHECKPOINT_S", "0")  # its own state with every event
    for seconds in ("CHECKPOINT_SECONDS", "MOST_SECONDS"):  # and a checkpoint with every report
        monkeypatch.setattr(f"backend.workloads.tabular.{seconds}", 0.0)
    spec = {**SHORT, "stop": {"episodes": 10}}
    unbroken = driven.run(api.launch(spec))
    run_id = api.launch(spec)
    before = driven.run(run_id, at=lambda run: all(trial.reports >= 4 for trial in run.trials), do=getattr(driven, end))
    assert before.state is (RunState.STOPPED if end == "stop" else RunState.LOST)
    after = driven.resumed(run_id)
    assert (after.state, after.attempt) == (RunState.SUCCEEDED, 2)
    assert last(after, "env_steps") == last(unbroken, "env_steps")
    assert last(after, "return_mean") == last(unbroken, "return_mean")
    for key in ("env_steps", "return_mean", "iteration"):
        for seed in (0, 1):
            whole, broken = (api.series(run.id, key, seed).mean for run in (unbroken, after))
            np.testing.assert_array_equal(broken, whole, f"{key}: each iteration once, as if nothing had happened")
    assert after.set_aside <= 2, "it did not begin anew"
    assert [trial.started_at for trial in after.trials] == [trial.started_at for trial in before.trials]


def test_a_seed_trains_with_the_params_of_the_spec_and_its_row_keeps_the_seed(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("backend.workloads.tabular.train", _one_that_looks_at_its_params)
    run = driven.run(api.launch(SHORT))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [trial.params for trial in run.trials] == [{"seed": 3}, {"seed": 7}]


def _one_that_looks_at_its_params(config: dict[str, Any]) -> None:
    assert set(config["params"]) == set(specs.parse(SHORT).params), config["params"]


def test_a_seed_that_raises_fails_the_run_with_its_traceback(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.workloads.tabular.train", _one_that_raises)
    run = driven.run(api.launch(SHORT))
    assert (run.state, run.error) == (RunState.FAILED, "RuntimeError: seed 7 is unlucky")
    assert "_one_that_raises" in run.traceback
    assert [str(trial.state) for trial in run.trials] == ["succeeded", "failed"]
    assert "seed 7 is unlucky" in run.trials[1].error
    assert api.events(run.id)[-1].note == "1 of 2 seeds failed"


def _one_that_raises(config: dict[str, Any]) -> None:
    if config["seed"] == 7:
        raise RuntimeError("seed 7 is unlucky")


# ---- as what a sweep tunes


def test_the_learning_rate_of_q_learning_is_tuned_and_its_best_runs_again(driven: Driven) -> None:
    lake = {key: LAKE[key] for key in ("algorithm", "environment", "environment_options")} | {
        "stop": {"episodes": 25},
        "seeds": 2,
    }
    run = driven.run(driven.launch(lake, {"alpha": {"grid": [0.05, 0.8]}}))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert [(trial.params["alpha"], trial.seed) for trial in run.trials] == [(0.05, 1), (0.05, 2), (0.8, 1), (0.8, 2)]
    assert all(trial.last["episodes"] == 25 for trial in run.trials)
    assert {"iteration", "return_mean"} <= set(api.metric_keys(run.id))
    assert run.main_metric == "return_mean"
    assert run.best_trial
    again = driven.run(sweeps.best_again(run.id, 2))
    assert (again.kind, again.parent_id, again.state) == ("rl", run.id, RunState.SUCCEEDED)
    assert again.spec["params"]["alpha"] == run.best_trial.params["alpha"]
    assert [trial.seed for trial in again.trials] == [3, 4], "none by which it was chosen"
    assert [trial.seed for trial in api.run(sweeps.best_again(run.id, 2)).trials] == [5, 6]


def test_the_best_configuration_of_ones_own_runs_again_with_seeds(driven: Driven) -> None:
    run = driven.run(driven.launch("noisy", {"x": {"grid": [1, 2]}}, metric="score", repeats=2, target=100))
    again = driven.run(sweeps.best_again(run.id, 3))
    assert (again.kind, again.parent_id, again.state) == ("sweep", run.id, RunState.SUCCEEDED)
    assert [(trial.params, trial.seed) for trial in again.trials] == [({"x": 2}, seed) for seed in (3, 4, 5)]
    told = sweeps.on_fresh_seeds(api.run(run.id))
    assert told == sweeps.Again(value=2 + 4.0, seeds=3), "the mean of its seeds 3, 4 and 5; chosen at 3.5"
    assert run.best == 3.5
