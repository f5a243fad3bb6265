"""Somebody's own Tune experiment, recorded by the callback, whatever becomes of it: real Tune, in this process."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from backend import api
from backend.errors import InvalidSpec
from backend.model import Run, RunState, TrialState
from backend.store import queries, runs, wishes
from backend.store.database import Database
from backend.store.series import asides
from tests.conftest import ON_SQLITE

pytestmark = ON_SQLITE


class Killed(BaseException):
    """The script's process ends, without a word."""


class Script:
    """What somebody runs in a notebook: an experiment of two trials, with the callback."""

    def __init__(self, database: Database, here: Any, folder: Path) -> None:
        self.database, self.here, self.folder = database, here, folder
        self.callback: Any = None
        self.trainable: Any = train

    def fit(
        self, config: dict[str, Any], *, at: int | None = None, do: Callable[[], None] | None = None, **how: Any
    ) -> None:
        """Begins the experiment; once so many reports have come, does something."""
        from ray import tune

        import backend

        self.callback = backend.RaydeckCallback("mine", {"data": "toy"})
        run_config = tune.RunConfig(
            name="mine", storage_path=str(self.folder), callbacks=[self.callback], verbose=0, **how
        )
        space = {"lr": tune.grid_search([1.0, 2.0]), "seed": 5, **config}
        self._fit(tune.Tuner(self.trainable, param_space=space, run_config=run_config), at, do)

    def restored(self, *, at: int | None = None, do: Callable[[], None] | None = None) -> None:
        """Goes on with it, as Tune says one should."""
        from ray import tune

        tuner = tune.Tuner.restore(str(self.folder / "mine"), self.trainable, resume_unfinished=True)
        (self.callback,) = tuner._local_tuner.get_run_config().callbacks
        self._fit(tuner, at, do)

    def _fit(self, tuner: Any, at: int | None, do: Callable[[], None] | None) -> None:
        done = []

        def look() -> None:
            if at is not None and do is not None and not done and self.callback._session and self.now().reports >= at:
                done.append(True)
                do()

        self.here.on_call = look
        try:
            tuner.fit()
        finally:
            assert done or at is None, "it never came to that"

    def now(self) -> Run:
        self.callback._session.recorder.flush()
        (run,) = queries.all_runs(self.database)
        return run

    def beat(self) -> None:
        """A heartbeat, now and in this thread."""
        session = self.callback._session
        session.stop_requested |= wishes.beat(self.database, session.id, session.recorder.attempt).stop_requested
        session.on_beat()

    def stop(self) -> None:
        api.stop(self.callback._session.id)
        self.beat()

    def kill(self) -> None:
        raise Killed

    def buried(self) -> None:
        """Nothing of a killed process beats or writes any more."""
        self.callback._session._is_done()
        self.callback._session.recorder.abandon()


def train(config: dict[str, Any]) -> None:
    from ray import tune

    for step in range(config["steps"]):
        if config["lr"] == config.get("bad") and step == 3:
            raise ValueError("boom")
        tune.report({"loss": config["lr"] / (step + 1), "deep": {"er": step}})


def saved_at_every_third(config: dict[str, Any]) -> None:
    from ray import tune

    done = 0
    if checkpoint := tune.get_checkpoint():
        done = int((Path(checkpoint.path) / "done").read_text())
    for step in range(done + 1, config["steps"] + 1):
        if step == 9 and config["lr"] == config.get("bad") and not Path(config["trace"]).exists():
            Path(config["trace"]).touch()
            raise ValueError("boom")
        if step % 3:
            tune.report({"loss": config["lr"] / step})
            continue
        with TemporaryDirectory() as folder:
            (Path(folder) / "done").write_text(str(step))
            tune.report({"loss": config["lr"] / step}, checkpoint=tune.Checkpoint.from_directory(folder))


@pytest.fixture
def script(database: Database, ray_here: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    monkeypatch.setenv("TUNE_GLOBAL_CHECKPOINT_S", "0")
    monkeypatch.setattr(runs, "GONE_SECONDS", 0.0)
    made = Script(database, ray_here, tmp_path)
    yield made
    with suppress(AttributeError):  # it never began
        made.buried()


def last_note(run: Run) -> str:
    return api.events(run.id)[-1].note


def test_an_experiment_is_a_run_with_its_trials_errors_included(script: Script) -> None:
    script.fit({"steps": 6, "bad": 2.0})
    (run,) = queries.all_runs(script.database)
    assert (run.name, run.kind, run.state, run.spec["params"]) == (
        "mine",
        "external",
        RunState.SUCCEEDED,
        {"data": "toy"},
    )
    good, bad = run.trials
    assert (good.params["lr"], good.state, good.reports, good.seed) == (1.0, TrialState.SUCCEEDED, 6, 5)
    assert (bad.params["lr"], bad.state, bad.reports) == (2.0, TrialState.FAILED, 3)
    assert bad.error.strip().endswith("ValueError: boom")
    assert last_note(run) == "1 of 2 trials failed"
    assert queries.metric_keys(script.database, run.id) == ["deep/er", "iteration", "loss", "time_s"]
    assert run.main_metric == "loss"
    curve = api.series(run.id, "loss", good.number)
    np.testing.assert_allclose(curve.mean, 1 / np.arange(1, 7))
    assert list(curve.x) == [1, 2, 3, 4, 5, 6]


def test_if_every_trial_fails_so_does_the_run_with_the_first_error(script: Script) -> None:
    script.fit({"steps": 6, "bad": 2.0, "lr": 2.0})
    (run,) = queries.all_runs(script.database)
    assert (run.state, run.error, last_note(run)) == (RunState.FAILED, "ValueError: boom", "1 of 1 trials failed")
    assert "in train" in run.traceback


def test_stop_in_the_app_ends_an_experiment_and_its_restored_tuner_goes_on_with_the_run(script: Script) -> None:
    script.fit({"steps": 12}, at=4, do=script.stop)
    (stopped,) = queries.all_runs(script.database)
    assert (stopped.state, last_note(stopped)) == (RunState.STOPPED, "stopped by you")
    assert {trial.state for trial in stopped.trials} == {TrialState.STOPPED}
    script.restored()
    (after,) = queries.all_runs(script.database)
    assert (after.id, after.attempt, after.state) == (stopped.id, 2, RunState.SUCCEEDED)
    assert [trial.state for trial in after.trials] == [TrialState.SUCCEEDED] * 2
    assert [trial.reports for trial in after.trials] == [12, 12], "without checkpoints the trials begin anew"
    assert after.set_aside == stopped.reports, "what was recorded is kept, aside"
    for trial in after.trials:
        assert list(api.series(after.id, "deep/er", trial.number).mean) == list(range(12))


def steps_of(run: Run, trial: int) -> list[float]:
    return [float(x) for x in api.series(run.id, "loss", trial).x]


def held(run: Run) -> list[tuple[int, int, int]]:
    """What was set aside: of which trial, by which attempt, after how many reports."""
    return [(each.trial, each.attempt, each.after) for each in asides.listed(api.house().database, [run.id])]


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_restored_tuner_goes_on_with_the_line_of_each_trial(script: Script, is_moved: bool) -> None:
    script.trainable = saved_at_every_third
    script.fit({"steps": 12}, at=9, do=script.stop)
    (stopped,) = queries.all_runs(script.database)
    if is_moved:
        (script.folder / "elsewhere").mkdir()
        (script.folder / "mine").rename(script.folder / "elsewhere" / "mine")
        script.folder = script.folder / "elsewhere"
    script.restored()
    (after,) = queries.all_runs(script.database)
    assert after.state is RunState.SUCCEEDED
    assert [steps_of(after, trial) for trial in (0, 1)] == [[float(step) for step in range(1, 13)]] * 2
    whole = [trial.reports - trial.reports % 3 for trial in stopped.trials]
    assert sorted(held(after)) == [(n, 2, whole[n]) for n in (0, 1) if stopped.trials[n].reports % 3]
    assert after.set_aside == stopped.reports - sum(whole) > 0


def test_a_trial_of_an_experiment_that_is_tried_again_repeats_nothing(script: Script, tmp_path: Path) -> None:
    from ray.tune import FailureConfig

    script.trainable = saved_at_every_third
    bad = {"steps": 12, "bad": 2.0, "trace": str(tmp_path / "trace")}
    script.fit(bad, failure_config=FailureConfig(max_failures=1))
    (run,) = queries.all_runs(script.database)
    assert (run.state, run.attempt) == (RunState.SUCCEEDED, 1)
    assert [steps_of(run, trial) for trial in (0, 1)] == [[float(step) for step in range(1, 13)]] * 2
    assert held(run) == [(1, 1, 6)]


def test_a_killed_experiment_is_taken_over_by_its_restored_tuner(script: Script) -> None:
    with pytest.raises(Killed):
        script.fit({"steps": 12}, at=4, do=script.kill)
    script.buried()
    (killed,) = queries.all_runs(script.database)
    assert killed.state is RunState.RUNNING, "nobody has said that it is over"
    script.restored()
    (after,) = queries.all_runs(script.database)
    assert (after.id, after.attempt, after.state) == (killed.id, 2, RunState.SUCCEEDED)
    assert "its process ended without a word" in [event.note for event in api.events(after.id)]
    assert [trial.number for trial in after.trials] == [0, 1]


def test_a_restored_tuner_does_not_forget_what_had_ended_before_the_kill(script: Script) -> None:
    with pytest.raises(Killed):
        script.fit({"steps": 6, "bad": 1.0}, at=7, do=script.kill)
    script.buried()
    script.restored()
    (run,) = queries.all_runs(script.database)
    assert [trial.state for trial in run.trials] == [TrialState.FAILED, TrialState.SUCCEEDED]
    assert last_note(run) == "1 of 2 trials failed"


def test_a_restored_tuner_whose_run_was_deleted_begins_another(script: Script) -> None:
    script.fit({"steps": 12}, at=4, do=script.stop)
    (gone,) = queries.all_runs(script.database)
    runs.remove(script.database, gone.id)
    script.restored()
    (run,) = queries.all_runs(script.database)
    assert run.id != gone.id
    assert (run.state, [trial.reports for trial in run.trials]) == (RunState.SUCCEEDED, [12, 12])


def test_an_error_on_its_way_out_of_fit_fails_the_run(script: Script) -> None:
    with pytest.raises(ValueError, match="boom"):
        script.fit({"steps": 6, "bad": 2.0}, failure_config=_fail_fast())
    (run,) = queries.all_runs(script.database)
    assert run.state is RunState.FAILED
    assert "boom" in run.error
    assert "Traceback" in run.traceback


def _fail_fast() -> Any:
    from ray.tune import FailureConfig

    return FailureConfig(fail_fast="raise")


def test_a_fit_that_was_left_without_a_word_is_over_with_the_next_heartbeat(script: Script) -> None:
    """As after a second Ctrl-C; a notebook's kernel would beat for ever."""
    with pytest.raises(Killed):
        script.fit({"steps": 12}, at=4, do=script.kill)
    script.callback._session.on_beat()
    (run,) = queries.all_runs(script.database)
    assert (run.state, {trial.state for trial in run.trials}) == (RunState.STOPPED, {TrialState.STOPPED})
    assert "left before Tune could end its trials" in last_note(run)


def test_a_heartbeat_while_fit_works_leaves_it_alone(script: Script) -> None:
    script.fit({"steps": 6}, at=4, do=script.beat)
    (run,) = queries.all_runs(script.database)
    assert (run.state, run.reports) == (RunState.SUCCEEDED, 12)


def test_a_limit_of_tunes_own_is_no_wish_of_yours(script: Script) -> None:
    script.fit({"steps": 6}, stop=_after_three())
    (run,) = queries.all_runs(script.database)
    assert run.state is RunState.STOPPED
    assert last_note(run) == "ended before its trials"


def _after_three() -> Any:
    from ray.tune import Stopper

    class AfterThree(Stopper):
        def __init__(self) -> None:
            self.reports = 0

        def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
            self.reports += 1
            return False

        def stop_all(self) -> bool:
            return self.reports >= 3

    return AfterThree()


def test_a_name_that_cannot_be_stored_is_said_before_anything_begins(database: Database) -> None:
    import backend

    with pytest.raises(InvalidSpec):
        backend.RaydeckCallback("x" * 121)
    assert queries.all_runs(database) == []
