"""The line of a trial is one, however often it is broken off and goes on: real Tune, in this process."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import update

from backend import api
from backend.model import Run, RunState
from backend.store import queries
from backend.store.schema import checkpoints, trials
from backend.store.series import asides, read
from tests.conftest import LAKE, ON_SQLITE
from tests.driven import Driven

pytestmark = ON_SQLITE

ONE = {"x": {"grid": [1.0]}, "steps": 12}
HEIGHT = {"metric": "height"}
At = Callable[[Run], bool]


def line(run: Run, trial: int = 0, key: str = "height") -> tuple[list[float], list[float]]:
    """The iterations that a trial's curve goes through, and its values."""
    (found,) = read.read(api.house().database, [run.id], [key], trial=trial, points=10_000)
    return [float(x) for x in found.x], [float(y) for y in found.mean]


def aside(run: Run, trial: int = 0) -> list[tuple[int, int, list[float]]]:
    """What was set aside of a trial: by which attempt, after how many reports, the values."""
    kept = asides.read(api.house().database, [run.id], ["height"], trial=trial, points=10_000)
    return [(each.aside.attempt, each.aside.after, [float(y) for y in each.curve.mean]) for each in kept]


def reports(number: int) -> At:
    return lambda run: run.reports >= number


STEPS = [float(step) for step in range(1, 13)]


def test_what_came_after_the_checkpoint_is_set_aside_and_counts_for_nothing(driven: Driven) -> None:
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    before = driven.run(run_id, at=reports(5), do=driven.kill)
    assert (before.best, before.trials[0].checkpoint_reports) == (105.0, 3)
    after = driven.resumed(run_id)
    assert line(after) == (STEPS, STEPS)
    assert aside(after) == [(2, 3, [4.0, 105.0])]
    assert (after.best, after.last, after.trials[0].last["height"]) == (12.0, None, 12.0)
    assert after.best_trial is not None
    assert "attempt 2: trial 0 goes on after report 3; 2 reports set aside" in [
        event.note for event in api.events(run_id)
    ]
    (kept,) = queries.checkpoints(api.house().database, run_id)
    assert (kept.iteration, kept.reports, kept.is_best) == (12, 12, True)


def test_it_is_so_as_often_as_it_is_resumed(driven: Driven) -> None:
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    driven.run(run_id, at=reports(5), do=driven.kill)
    again = driven.resumed(run_id, at=lambda run: run.set_aside > 0 and run.reports >= 5, do=driven.kill)
    assert line(again)[0] == [1, 2, 3, 4, 5]
    driven.resumed(run_id, at=lambda run: run.reports >= 8, do=driven.stop)
    after = driven.resumed(run_id)
    assert after.attempt == 4
    assert line(after) == (STEPS, STEPS)
    assert [(attempt, held) for attempt, held, _ in aside(after)] == [(2, 3), (3, 3), (4, 6)]
    assert after.set_aside == sum(len(values) for *_, values in aside(after))


def test_one_that_is_killed_before_its_first_report_leaves_the_line_as_it_was(driven: Driven) -> None:
    """What was computed stays until it is computed once more."""
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    before = driven.run(run_id, at=reports(5), do=driven.kill)
    between = driven.resumed(run_id, at=lambda run: run.trials[0].state == "running", do=driven.kill)
    assert line(between) == line(before)
    assert aside(between) == []
    assert line(driven.resumed(run_id)) == (STEPS, STEPS)


def test_one_without_checkpoints_begins_anew(driven: Driven) -> None:
    run_id = driven.launch("seldom", {**ONE, "saves": False}, **HEIGHT)
    driven.run(run_id, at=reports(5), do=driven.kill)
    after = driven.resumed(run_id)
    assert line(after)[0] == STEPS
    assert aside(after) == [(2, 0, [1.0, 2.0, 3.0, 4.0, 105.0])]


@pytest.mark.parametrize(("saves", "held"), [(True, 6), (False, 0)])
def test_a_trial_that_fails_and_is_tried_again_repeats_nothing(
    driven: Driven, tmp_path: Path, saves: bool, held: int
) -> None:
    """Within one attempt; twice if it fails twice."""
    space = {**ONE, "saves": saves, "stumbles": 9, "folder": str(tmp_path)}
    run = driven.run(driven.launch("seldom", space, max_failures=2, **HEIGHT))
    assert (run.state, run.attempt, run.trials[0].state) == (RunState.SUCCEEDED, 1, "succeeded")
    assert line(run)[0] == STEPS
    ((attempt, after, values),) = aside(run)
    assert (attempt, after, len(values)) == (1, held, 8 - held)


def test_a_function_that_is_paused_between_two_checkpoints_repeats_nothing(driven: Driven) -> None:
    more = {"samples": 8, "scheduler": "hyperband", "max_iterations": 8, "reduction": 2, "cpus": 0.5, **HEIGHT}
    run = driven.run(driven.launch("seldom", {"x": {"uniform": [1.0, 8.0]}, "steps": 8}, **more))
    assert run.state is RunState.SUCCEEDED
    for trial in run.trials:
        x, _ = line(run, trial.number)
        assert x == [float(step) for step in range(1, len(x) + 1)], "each iteration once"
    assert run.set_aside > 0, "some were paused at step 4, and saved at step 3"
    assert run.set_aside == sum(len(values) for trial in run.trials for *_, values in aside(run, trial.number))


def test_a_population_goes_on_from_what_it_has_taken_over(driven: Driven) -> None:
    """A jump is no repeat, and a kill after one takes a trial back to a checkpoint that is on its own line."""
    space = {"x": {"uniform": [1.0, 8.0]}, "steps": 12}
    more = {"scheduler": "pbt", "samples": 4, "max_iterations": 12, "perturb_every": 3, "cpus": 0.5, **HEIGHT}
    run_id = driven.launch("climber", space, **more)
    before = driven.run(
        run_id, at=lambda run: sum(bool(trial.last.get("begun_at")) for trial in run.trials) >= 1, do=driven.kill
    )
    assert before.set_aside == 0
    after = driven.resumed(run_id)
    assert after.state is RunState.SUCCEEDED
    for was, now in zip(before.trials, after.trials, strict=True):
        held = [held for _, held, _ in aside(after, now.number)]
        assert held in ([], [was.checkpoint_reports])
        x, _ = line(after, now.number)
        assert now.reports == len(x)
        assert x[-1] == 12


def test_a_class_that_was_killed_between_a_report_and_its_checkpoint_repeats_nothing(driven: Driven) -> None:
    run_id = driven.launch("Saver", {"x": {"grid": [1.0]}}, max_iterations=6, **HEIGHT)
    before = driven.run(run_id, at=reports(4), do=driven.kill)
    assert (before.trials[0].reports, before.trials[0].checkpoint_reports) == (4, 3)
    after = driven.resumed(run_id)
    assert line(after)[0] == [1, 2, 3, 4, 5, 6]
    assert aside(after) == [(2, 3, [4.0])]


def test_what_an_older_version_left_goes_on_where_it_was(driven: Driven) -> None:
    """It noted the iteration of a checkpoint, not how many reports it holds."""
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    driven.run(run_id, at=reports(5), do=driven.kill)
    with api.house().database.write() as tx:
        tx.execute(update(trials).values(checkpoint_reports=None))
        tx.execute(update(checkpoints).values(reports=None))
    after = driven.resumed(run_id)
    assert line(after) == (STEPS, STEPS)
    assert [(attempt, held) for attempt, held, _ in aside(after)] == [(2, 3)]


def test_where_tunes_checkpoints_are_gone_it_goes_on_from_the_best_that_is_kept(driven: Driven) -> None:
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    driven.run(run_id, at=reports(8), do=driven.kill)
    for tune in api.house().settings.run_folder(run_id).glob("tune-*"):
        shutil.rmtree(tune)
    after = driven.resumed(run_id)
    assert line(after)[0] == STEPS
    assert [held for _, held, _ in aside(after)] == [6]


def test_the_next_attempts_first_checkpoint_is_on_disk_before_the_last_ones_goes(
    driven: Driven, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A kill right then would leave a row that names one which is gone."""
    monkeypatch.setattr("backend.store.recording.recorder.FLUSH_SECONDS", 3600.0)
    run_id = driven.launch("seldom", ONE, **HEIGHT)
    driven.run(run_id, at=reports(5), do=driven.kill)
    folder = api.house().settings.run_folder(run_id)

    def killed_once_the_old_one_is_gone() -> None:
        if not list(folder.glob("tune-1/*/checkpoint_*")):
            driven.kill()

    api.resume(run_id)
    driven.here.on_call = killed_once_the_old_one_is_gone
    broken = driven.run(run_id)
    assert broken.state is RunState.LOST
    assert (api.house().settings.home / broken.trials[0].checkpoint).is_dir()
    driven.here.on_call = lambda: None
    assert line(driven.resumed(run_id))[0] == STEPS


def test_seeds_of_an_agent_that_is_seldom_saved_have_one_line(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    for seconds in ("CHECKPOINT_SECONDS", "MOST_SECONDS"):
        monkeypatch.setattr(f"backend.workloads.tabular.{seconds}", 3600.0)
    spec: dict[str, Any] = {
        **LAKE,
        "seeds": [3, 7],
        "stop": {"episodes": 10},
        "evaluation": {"every": 4, "episodes": 2},
    }
    unbroken = driven.run(api.launch(spec))
    run_id = api.launch(spec)
    driven.run(run_id, at=lambda run: all(trial.reports >= 7 for trial in run.trials), do=driven.kill)
    after = driven.resumed(run_id)
    assert after.state is RunState.SUCCEEDED
    assert after.set_aside >= 2 * 3, "each was saved at its fourth iteration"
    for key in ("env_steps", "return_mean", "iteration", "eval/return_mean"):
        for seed in (0, 1):
            whole, broken = (api.series(run.id, key, seed) for run in (unbroken, after))
            np.testing.assert_array_equal(broken.mean, whole.mean, key)
            np.testing.assert_array_equal(broken.x, whole.x, key)
    assert [trial.best for trial in after.trials] == [trial.best for trial in unbroken.trials]
    stars = {(each.trial, each.iteration) for each in queries.checkpoints(api.house().database, run_id) if each.is_best}
    assert len(stars) == 2
