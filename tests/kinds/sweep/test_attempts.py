"""A sweep from attempt to attempt, and what is asked of it on its way: real Tune, in this process."""

from collections import Counter

import pytest

from backend import api
from backend.api import kinds, sweeps
from backend.kinds import experiment
from backend.kinds.sweep import searchers
from backend.kinds.sweep.space import Domain
from backend.model import Run, RunState, Trial
from backend.store.series import read
from tests.conftest import ON_SQLITE
from tests.driven import Driven

pytestmark = ON_SQLITE


def states(run: Run) -> Counter[str]:
    return Counter(str(trial.state) for trial in run.trials)


def ended(run: Run) -> list[Trial]:
    return [trial for trial in run.trials if trial.is_finished]


def iterations(run: Run, trial: int) -> list[float]:
    """The iteration of each report of a trial, in the order of their coming."""
    (found,) = read.read(api.house().database, [run.id], ["height"], x=read.STEP, trial=trial, points=10_000)
    return [float(x) for x in found.x]


# ---- a kill, a stop


def test_a_killed_sweep_goes_on_with_what_its_rows_hold_and_grows(driven: Driven) -> None:
    run_id = driven.launch(
        "slow", {"x": {"uniform": [0, 6]}, "seconds": 0}, metric="score", samples=12, search="optuna"
    )
    before = driven.run(run_id, at=lambda run: len(ended(run)) >= 5, do=driven.kill)
    assert before.state is RunState.LOST
    kept = [trial for trial in before.trials if trial.state == "succeeded"]
    assert len(kept) == 5
    after = driven.resumed(run_id)
    assert (after.state, after.error, states(after)) == (RunState.SUCCEEDED, "", {"succeeded": 12})
    assert [trial.number for trial in after.trials] == list(range(12))
    assert list(after.trials[:5]) == kept, "what had ended is not touched"
    assert before.best is not None
    assert after.best is not None
    assert after.best >= before.best
    assert len({trial.params["x"] for trial in after.trials}) == 12, "nothing is proposed twice"

    sweeps.extend(run_id, samples=15)
    assert kinds.can_resume(api.run(run_id))
    grown = driven.resumed(run_id)
    assert states(grown) == {"succeeded": 15}
    assert grown.trials[:12] == after.trials
    assert grown.spec["samples"] == 12, "the spec stays"
    assert "samples" in [event.move for event in api.events(run_id)]


def test_a_trial_that_a_kill_broke_off_begins_again_with_its_parameters(driven: Driven) -> None:
    run_id = driven.launch("valley", {"x": {"uniform": [0, 6]}, "bottom": 3, "steps": 9}, metric="distance", samples=2)
    before = driven.run(run_id, at=lambda run: run.reports >= 6, do=driven.kill)
    assert states(before) == {"stopped": 2}
    after = driven.resumed(run_id)
    assert states(after) == {"succeeded": 2}
    assert [trial.params for trial in after.trials] == [trial.params for trial in before.trials]
    for was, now in zip(before.trials, after.trials, strict=True):
        assert (now.reports, now.set_aside) == (9, was.reports)
        (curve,) = api.trial_curves(after, now, ["steps_done"])
        assert list(curve.mean) == list(range(1, 10)), "its line is the one that it began again"


def test_random_proposes_the_same_however_often_it_is_broken_off(driven: Driven) -> None:
    domain = {"loguniform": [0.001, 6]}
    run_id = driven.launch("slow", {"x": domain, "seconds": 0}, metric="score", samples=9, seed=3)
    assert driven.run(run_id, at=lambda run: len(ended(run)) >= 3, do=driven.stop).state is RunState.STOPPED
    assert driven.resumed(run_id, at=lambda run: len(ended(run)) >= 6, do=driven.kill).state is RunState.LOST
    unbroken = searchers.make("random", {"x": Domain.model_validate(domain)}, (), 9, 3)
    assert [trial.params["x"] for trial in driven.resumed(run_id).trials] == [
        unbroken.ask(number)["x"] for number in range(9)
    ]


def test_a_stopped_sweep_goes_on_from_its_checkpoints(driven: Driven) -> None:
    run_id = driven.launch("climber", {"x": {"uniform": [1, 2]}, "steps": 12}, metric="height", samples=2)
    before = driven.run(
        run_id, at=lambda run: all(trial.reports >= 4 for trial in run.trials) and len(run.trials) == 2, do=driven.stop
    )
    assert (before.state, api.events(run_id)[-1].note, states(before)) == (
        RunState.STOPPED,
        "stopped by you",
        {"stopped": 2},
    )
    run = driven.resumed(run_id)
    assert states(run) == {"succeeded": 2}
    for was, now in zip(before.trials, run.trials, strict=True):
        assert now.params == was.params
        assert now.last["height"] == pytest.approx(12 * now.params["x"])
        assert (now.last["begun_at"] or 0) >= was.reports - 1
        assert iterations(run, now.number) == list(range(1, 13)), "each once, and none is missing"
    files = {path.stat().st_ino for path in api.house().settings.run_folder(run_id).rglob("done.json")}
    assert len(files) == 2, "one checkpoint is kept of each: the newest is the best"


def test_a_class_goes_on_from_its_checkpoint_too(driven: Driven) -> None:
    run_id = driven.launch("Saver", {"x": {"grid": [1.0, 2.0]}}, metric="height", max_iterations=6)
    driven.run(run_id, at=lambda run: run.reports >= 6, do=driven.kill)
    run = driven.resumed(run_id)
    assert [trial.last["height"] for trial in run.trials] == [6.0, 12.0]
    assert [iterations(run, number) for number in (0, 1)] == [[1, 2, 3, 4, 5, 6]] * 2


@pytest.mark.parametrize("scheduler", ["asha", "median"])
def test_a_scheduler_of_the_next_attempt_knows_what_was_reported_before(driven: Driven, scheduler: str) -> None:
    """The good ones come first: only a scheduler that knows of them ends the later ones early."""
    space = {"x": {"grid": [8.0, 7.0, 6.0, 5.0, 1.0, 1.1]}, "steps": 10}
    run_id = driven.launch(
        "climber", space, metric="height", scheduler=scheduler, max_iterations=10, grace=1, concurrency=1
    )
    driven.run(run_id, at=lambda run: len(ended(run)) >= 4, do=driven.kill)
    run = driven.resumed(run_id)
    assert [trial.state for trial in run.trials[4:]] == ["pruned", "pruned"]
    assert all(trial.reports < 10 for trial in run.trials[4:])


# ---- what is asked of one that runs


def test_trials_added_in_mid_run_are_proposed_by_the_same_searcher(driven: Driven) -> None:
    run_id = driven.launch(
        "slow", {"x": {"uniform": [0, 6]}, "seconds": 0}, metric="score", samples=30, search="optuna"
    )

    def extended() -> None:
        sweeps.extend(run_id, samples=40)
        driven.beat()

    run = driven.run(run_id, at=lambda run: len(ended(run)) >= 10, do=extended)
    assert (run.state, states(run), run.attempt) == (RunState.SUCCEEDED, {"succeeded": 40}, 1)
    values = [trial.params["x"] for trial in run.trials]
    assert len(set(values)) == 40, "nothing is proposed twice"
    late, early = ([abs(value - 3) for value in some] for some in (values[30:], values[:10]))
    assert sum(late) < sum(early), "it has learned where the best is"


def test_a_running_sweep_takes_more_trials_other_concurrency_and_the_end_of_one_trial(driven: Driven) -> None:
    run_id = driven.launch("climber", {"x": {"uniform": [1, 2]}, "steps": 20}, metric="height", samples=3, cpus=0.5)
    alive: list[int] = []

    def asked() -> None:
        assert states(driven.now()) == {"running": 3}
        sweeps.stop_trial(run_id, 1)
        sweeps.extend(run_id, samples=7, concurrency=1)
        driven.beat()
        driven.here.on_call = lambda: alive.append(states(driven.now())["running"])

    run = driven.run(run_id, at=lambda run: run.reports >= 6, do=asked)
    assert (run.state, states(run)) == (RunState.SUCCEEDED, {"succeeded": 6, "stopped": 1})
    assert [trial.state for trial in run.trials][1] == "stopped"
    assert run.trials[1].reports < 20
    assert set(alive[: alive.index(1)]) <= {3, 2}
    assert max(alive[alive.index(1) :]) == 1, "those of before ended; from then on one at a time"
    assert {"trial stop requested", "samples", "concurrency"} <= {event.move for event in api.events(run_id)}


def test_a_trial_that_was_stopped_for_good_stays_so(driven: Driven) -> None:
    run_id = driven.launch("climber", {"x": {"uniform": [1, 2]}, "steps": 9}, metric="height", samples=2)

    def asked() -> None:
        sweeps.stop_trial(run_id, 0)
        driven.stop()

    driven.run(run_id, at=lambda run: run.reports >= 4, do=asked)
    run = driven.resumed(run_id)
    assert [str(trial.state) for trial in run.trials] == ["stopped", "succeeded"]


def test_a_time_budget_ends_it_well_and_more_time_lets_it_go_on(driven: Driven) -> None:
    run_id = driven.launch(
        "slow", {"x": {"uniform": [0, 6]}, "seconds": 0}, metric="score", samples=1000, time_budget_s=60
    )

    def an_hour_later() -> None:
        ledger = experiment.here().trials
        now = ledger.clock()
        ledger.clock = lambda: now + 3600

    run = driven.run(run_id, at=lambda run: len(ended(run)) >= 4, do=an_hour_later)
    assert run.state is RunState.SUCCEEDED
    assert "time budget of 60 s" in api.events(run_id)[-1].note
    assert 4 <= len(run.trials) <= 8
    assert set(states(run)) <= {"succeeded", "stopped"}
    sweeps.extend(run_id, time_budget_s=6000, samples=len(run.trials) + 2)
    assert states(driven.resumed(run_id)) == {"succeeded": len(run.trials) + 2}
