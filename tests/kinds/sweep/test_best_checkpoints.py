"""A sweep's trial keeps its best checkpoint, and what is promoted has the value it carries."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backend import api
from backend.api import models, sweeps
from backend.errors import IllegalMove
from backend.kinds import specs
from backend.kinds.sweep.best_checkpoints import BestCheckpoints
from backend.model import Goal, RunState
from backend.settings import Settings
from backend.store import queries, runs
from backend.store.recording.recorder import Recorder
from tests.conftest import ON_SQLITE

SPEC = {
    "kind": "sweep",
    "trainable": "mine:train",
    "metric": "loss",
    "mode": "min",
    "space": {"x": {"uniform": [0, 1]}},
    "samples": 2,
}


class Sweep:
    """A sweep of one trial whose checkpoints Tune would rotate."""

    def __init__(self) -> None:
        self.database = api.house().database
        self.id = runs.create(self.database, specs.parse(SPEC).model_dump(exclude_none=True, mode="json"), [])
        runs.claim(self.database, self.id, 1, "host", {})
        self.recorder = Recorder(self.database, self.id, 1, Goal("loss", "min"))
        self.recorder.add_trial(0, {"x": 0.5})
        self.folder = Settings().run_folder(self.id)
        self.best = self.opened()

    def opened(self) -> BestCheckpoints:
        attempt: Any = SimpleNamespace(
            database=self.database, run_id=self.id, recorder=self.recorder, settings=Settings()
        )
        return BestCheckpoints(attempt, Goal("loss", "min"))

    def report(self, iteration: int, loss: float, *, is_offered: bool = True, **more: float) -> None:
        """A report with a checkpoint; the one before it goes away, as with Tune."""
        path = self.folder / "tune-1" / f"checkpoint_{iteration}"
        shutil.rmtree(path.parent, ignore_errors=True)
        path.mkdir(parents=True)
        (path / "weights").write_text(f"weights of {iteration}")
        metrics = {"loss": loss, **more}
        self.recorder.report(0, iteration, metrics)
        self.recorder.trial(0, checkpoint=str(path.relative_to(Settings().home)), checkpoint_iteration=iteration)
        if is_offered:
            self.best.offer(0, path, iteration, metrics, iteration)
        self.recorder.flush()

    def kept(self) -> list[str]:
        assert [each.iteration for each in queries.checkpoints(self.database, self.id)] == [
            int(path.name.split("-")[1]) for path in (self.folder / "checkpoints").glob("*")
        ]
        return sorted(path.read_text() for path in self.folder.rglob("weights"))

    def promote(self, name: str) -> tuple[str, float | None, dict[str, Any]]:
        model = models.promote(self.id, name, 0)
        about = json.loads((model.path / "model.json").read_text())
        assert about["value"] == model.value
        return (model.path / "checkpoint" / "weights").read_text(), model.value, about["params"]


@pytest.fixture
def sweep(database: Any) -> Iterator[Sweep]:
    made = Sweep()
    yield made
    made.recorder.abandon()


def test_the_best_checkpoint_stays_beside_the_newest_and_is_promoted_with_its_own_value(sweep: Sweep) -> None:
    for iteration, loss in enumerate((0.9, 0.3, 0.5, float("nan"), 0.7), 1):
        sweep.report(iteration, loss)
    assert sweep.kept() == ["weights of 2", "weights of 5"]
    assert sweep.promote("first") == ("weights of 2", 0.3, {"x": 0.5})
    sweep.best = sweep.opened()  # the next attempt knows which one that was
    sweep.report(6, 0.4)
    sweep.report(7, 0.2)
    assert sweep.kept() == ["weights of 7", "weights of 7"]
    assert sweep.promote("second")[:2] == ("weights of 7", 0.2)


def test_the_best_of_what_was_set_aside_is_not_the_best_of_the_line(sweep: Sweep) -> None:
    for iteration, loss in enumerate((0.9, 0.5, 0.1), 1):
        sweep.report(iteration, loss)
    back = sweep.recorder.go_back(0, 2)
    assert back is not None
    assert back.gone == [3]
    sweep.best.forget(0, back.gone)
    assert sweep.kept() == ["weights of 3"], "Tune's own; ours is gone with its row"
    sweep.report(3, 0.4)
    assert sweep.promote("first") == ("weights of 3", 0.4, {"x": 0.5})


def test_a_checkpoint_of_a_population_is_promoted_with_the_parameters_of_its_time(sweep: Sweep) -> None:
    sweep.report(1, 0.1, **{"param/x": 0.25})
    sweep.report(2, 0.6, **{"param/x": 0.5})
    assert sweep.promote("early") == ("weights of 1", 0.1, {"x": 0.25})


def test_a_sweep_from_before_the_best_was_kept_promotes_its_newest_with_the_value_of_that(sweep: Sweep) -> None:
    sweep.report(1, 0.2, is_offered=False)
    sweep.report(2, 0.6, is_offered=False)
    assert sweep.promote("newest")[:2] == ("weights of 2", 0.6)


@ON_SQLITE
def test_a_checkpoint_that_is_replaced_while_it_is_copied(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep.report(1, 0.5)
    copy, replaced = shutil.copytree, []

    def racing(source: Path, target: Path, **how: Any) -> Any:
        if Path(target).name == "checkpoint" and len(replaced) < 2:
            replaced.append(source)
            sweep.report(1 + len(replaced), 0.5 - len(replaced) / 10)
        return copy(source, target, **how)

    monkeypatch.setattr(models.shutil, "copytree", racing)
    assert sweep.promote("raced")[:2] == ("weights of 3", pytest.approx(0.3))
    monkeypatch.setattr(models.shutil, "copytree", _gone)
    with pytest.raises(IllegalMove, match="too fast"):
        sweep.promote("never")


def _gone(source: Path, target: Path) -> None:
    raise FileNotFoundError(2, "No such file or directory", str(source))


def test_the_disk_a_run_uses_counts_what_is_there(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep.report(1, 0.5)
    whole = sweeps.disk(sweep.id)
    assert whole == len("weights of 1"), "the newest is the best: one file with two names"
    (sweep.folder / "gone").write_text("x" * 100)
    stat = sweeps.os.stat
    monkeypatch.setattr(
        sweeps.os, "stat", lambda path, **how: _gone(path, path) if str(path).endswith("gone") else stat(path, **how)
    )
    assert sweeps.disk(sweep.id) == whole


def test_limits_can_be_lifted_again(sweep: Sweep) -> None:
    sweeps.extend(sweep.id, concurrency=2, time_budget_s=60)
    found = sweeps.limits(api.run(sweep.id))
    assert (found.concurrency, found.time_budget_s) == (2, 60)
    sweeps.extend(sweep.id, concurrency=0, time_budget_s=0)
    found = sweeps.limits(api.run(sweep.id))
    assert (found.concurrency, found.time_budget_s) == (None, None)
    assert "2 → no limit" in [event.note for event in api.events(sweep.id)]


def test_the_best_again_gives_up_a_seed_of_its_own(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    launched: list[Any] = []
    monkeypatch.setattr(sweeps, "launch", lambda spec, **_: launched.append(specs.parse(spec)) or "id")
    spec = specs.parse({**SPEC, "space": {"x": {"uniform": [0, 1]}, "seed": {"randint": [0, 9]}}})
    made = runs.create(sweep.database, spec.model_dump(exclude_none=True, mode="json"), [])
    runs.claim(sweep.database, made, 1, "host", {})
    recorder = Recorder(sweep.database, made, 1, Goal("loss", "min"))
    recorder.add_trial(0, {"x": 0.5, "seed": 3})
    recorder.report(0, 1, {"loss": 1.0})
    recorder.finish(RunState.SUCCEEDED)
    sweeps.best_again(made, 3)
    assert (launched[0].repeats, launched[0].fixed) == (3, {"x": 0.5})
