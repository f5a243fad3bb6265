"""Runs whose parts have left the catalogue: what pages and commands say when such a run is to be begun again."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import sweeps
from backend.errors import InvalidSpec
from backend.kinds.specs import to_yaml
from backend.model import RunState, TrialState
from backend.settings import ROOT
from backend.store import runs
from backend.store.recording.recorder import Recorder
from backend.store.schema import runs as table
from tests.conftest import LAKE, content, typed
from tests.pages.test_pages import app, opened, said

__all__ = ["app"]  # the fixture

SWEEP: dict[str, Any] = {
    "kind": "sweep",
    "name": "digits",
    "trainable": "digits_mlp",
    "search": "random",
    "scheduler": "asha",
    "samples": 4,
    "space": {"lr": {"loguniform": [1e-4, 1e-1]}},
}
PI: dict[str, Any] = {
    "kind": "tasks",
    "name": "pi",
    "function": "monte_carlo_pi",
    "inputs": {"range": 3, "argument": "seed"},
}
SETTING = {"params": content(LAKE)["params"] | {"gone": 1}}


def stopped(spec: dict[str, Any], total: int | None = None, **changes: Any) -> str:
    """Returns a run that is over, and whose spec then became another."""
    database, whole = api.house().database, content(spec)
    made = runs.create(database, whole, whole.get("seeds", [None]), total=total)
    runs.claim(database, made, 1, "host", {})
    recorder = Recorder(database, made, 1, api.run(made).goal)
    if spec["kind"] == "sweep":
        recorder.add_trial(1, {"lr": 0.1})
        recorder.report(1, 1, {"accuracy": 0.5})
        recorder.trial(1, TrialState.SUCCEEDED)
    recorder.close()
    runs.finish(database, made, 1, RunState.STOPPED)
    with database.write() as tx:
        told = {**whole, **changes}
        tx.execute(update(table).where(table.c.id == made).values(spec=told, kind=told["kind"]))
    return made


def read(app: AppTest) -> str:
    return said(app).replace("\\", "")


def labels(app: AppTest) -> set[str]:
    return {button.label for button in app.button}


def test_a_clone_begins_without_a_setting_that_is_gone(app: AppTest) -> None:
    run_id = stopped(LAKE, **SETTING)
    opened(app, "rl", clone=run_id)
    assert "**params.gone**: there is no such setting" in read(app)
    assert next(each for each in app.number_input if each.label == "Learning rate α").value == 0.5
    next(button for button in app.button if button.label == "Start run").click().run()
    assert api.runs()[0].parent_id == run_id
    assert "gone" not in api.runs()[0].spec["params"]


def test_a_clone_begins_without_a_search_and_a_scheduler_that_are_gone(app: AppTest) -> None:
    opened(app, "sweep", clone=stopped(SWEEP, search="gone_search", scheduler="gone_scheduler"))
    assert "There is no search “gone_search”" in read(app)
    assert "There is no scheduler “gone_scheduler”" in read(app)
    assert not next(button for button in app.button if button.label == "Start run").disabled


@pytest.mark.parametrize(
    ("spec", "changes", "told"),
    [
        (LAKE, {"algorithm": "gone_learning"}, "There is no algorithm “gone_learning”"),
        (SWEEP, {"trainable": "gone_mlp"}, "There is no trainable “gone_mlp”"),
        (PI, {"kind": "gone"}, "must be one of: rl, sweep, tasks, not “gone”"),
    ],
)
def test_a_clone_of_what_is_gone_is_a_message(
    app: AppTest, spec: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    opened(app, spec["kind"], clone=stopped(spec, **changes))
    assert told in read(app)
    assert "Start run" not in labels(app)


def test_a_run_of_an_unknown_kind_shows_what_it_recorded_and_cannot_be_begun_again(app: AppTest) -> None:
    run_id = stopped(LAKE, kind="gone")
    opened(app, "run", id=run_id)
    assert "gone, which this version does not know" in read(app)
    assert {"Compare", "Delete"} <= labels(app)
    assert not {"Resume", "Clone"} & labels(app)


def test_titles_that_are_gone_are_ids(app: AppTest) -> None:
    opened(app, "run", id=stopped(SWEEP, trainable="gone_mlp", search="gone_search", scheduler="gone_scheduler"))
    assert "gone_mlp · gone_search · gone_scheduler · 4 trials" in read(app)
    opened(app, "run", id=stopped(PI, 3, function="gone_pi"))
    assert "gone_pi · range" in read(app)


def test_resume_says_on_the_page_what_is_gone(app: AppTest) -> None:
    run_id = stopped(LAKE, **SETTING)
    opened(app, "run", id=run_id)
    app.button(key="resume").click().run()
    assert "**params.gone**: there is no such setting" in read(app)
    assert api.run(run_id).state is RunState.STOPPED


@pytest.mark.parametrize(
    ("arguments", "spec", "changes", "told"),
    [
        (["resume"], LAKE, SETTING, "params.gone: there is no such setting"),
        (["resume"], LAKE, {"kind": "gone"}, "kind: must be one of: rl, sweep, tasks, not “gone”"),
        (["resume"], PI, {"function": "gone_pi"}, "function: There is no function “gone_pi”"),
        (["retry"], PI, {"function": "gone_pi"}, "function: There is no function “gone_pi”"),
        (["resume"], SWEEP, {"scheduler": "gone"}, "scheduler: There is no scheduler “gone”"),
        (["extend", "--samples", "9"], SWEEP, {"search": "gone"}, "search: There is no search “gone”"),
    ],
)
def test_commands_say_what_is_gone_and_start_no_cluster(
    home: Path, arguments: list[str], spec: dict[str, Any], changes: dict[str, Any], told: str
) -> None:
    run_id = stopped(spec, 3 if spec is PI else None, **changes)
    done = typed(arguments[0], run_id, *arguments[1:])
    assert (done.returncode, done.stdout) == (2, "")
    assert told in done.stderr
    assert api.run(run_id).state is RunState.STOPPED
    assert not (home / "cluster.json").exists()


def test_what_a_run_of_another_version_was_asked_is_not_launched_unchecked(home: Path, tmp_path: Path) -> None:
    run = api.run(stopped(LAKE, **SETTING))
    with pytest.raises(InvalidSpec, match="gone"):
        api.launch(run.spec)
    (tmp_path / "old.yaml").write_text(to_yaml(run.spec))
    assert "params.gone: there is no such setting" in typed("launch", str(tmp_path / "old.yaml")).stderr


def test_the_best_trial_of_a_sweep_whose_search_is_gone_is_not_begun_again(home: Path) -> None:
    with pytest.raises(InvalidSpec, match="There is no search “gone”"):
        sweeps.best_again(stopped(SWEEP, search="gone"), 3)


def test_a_driver_that_finds_something_gone_says_so_without_a_traceback(home: Path) -> None:
    run_id = stopped(LAKE, algorithm="gone_learning")
    runs.requeue(api.house().database, run_id)
    driver = [sys.executable, "-m", "backend.drivers", run_id, "2", "backend.kinds.rl.work"]
    done = subprocess.run(driver, cwd=ROOT, check=False, timeout=60)
    run = api.run(run_id)
    assert (done.returncode, run.state, run.traceback) == (1, RunState.FAILED, "")
    assert "There is no algorithm “gone_learning”" in run.error
