"""Which checkpoints a seed keeps."""

import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from backend.kinds.rl.options import Checkpoints
from backend.kinds.rl.shelf import Shelf
from backend.settings import Settings
from backend.store import queries, runs
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from tests.conftest import LAKE, content


class Kept:
    """A shelf over a run, and what it has on disk and in the database."""

    def __init__(self, database: Database, tmp_path: Path, **wish: int) -> None:
        self.database, self.tmp_path, self.wish = database, tmp_path, Checkpoints(**wish)
        self.run_id = runs.create(database, content(LAKE), [1, 2])
        runs.claim(database, self.run_id, 1, "host", {})
        self.recorder = Recorder(database, self.run_id, 1)
        self.settings = Settings(home=tmp_path / "home")
        self.shelf = self.opened()

    def opened(self) -> Shelf:
        attempt = SimpleNamespace(
            database=self.database, run_id=self.run_id, recorder=self.recorder, settings=self.settings
        )
        return Shelf(attempt, self.wish)  # type: ignore[arg-type]

    def offer(self, iteration: int, **metrics: float) -> None:
        path = self.tmp_path / "tune" / f"checkpoint_{iteration}"
        path.mkdir(parents=True, exist_ok=True)
        (path / "weights").write_text(f"weights of {iteration}")
        self.shelf.offer(0, path, iteration, metrics, iteration)

    def iterations(self) -> list[int]:
        self.recorder.flush()
        stored = [each.iteration for each in queries.checkpoints(self.database, self.run_id)]
        on_disk = sorted(
            int(path.name.split("-")[1]) for path in (self.settings.run_folder(self.run_id) / "checkpoints").glob("*")
        )
        assert stored == on_disk
        return stored

    def best(self) -> Iterable[int]:
        self.recorder.flush()
        return [each.iteration for each in queries.checkpoints(self.database, self.run_id) if each.is_best]


def test_every_kth_is_kept_and_too_many_are_spread_over_the_training(database: Database, tmp_path: Path) -> None:
    kept = Kept(database, tmp_path, every=2, keep=4)
    for iteration in range(1, 41):
        kept.offer(iteration, return_mean=-float(iteration))  # the first is the best
    found = kept.iterations()
    assert kept.best() == [1]
    assert len(found) == 5
    assert all(iteration % 2 == 0 for iteration in found[1:])
    assert found[-1] == 40
    gaps = [after - before for before, after in pairwise(found)]
    assert max(gaps) <= 20, f"not spread: {found}"
    kept.recorder.close()


def test_the_best_is_that_of_the_evaluation_once_there_is_one(database: Database, tmp_path: Path) -> None:
    kept = Kept(database, tmp_path, every=0, keep=3)
    kept.offer(1, return_mean=50.0)
    kept.offer(2, return_mean=90.0)
    kept.shelf.offer(0, tmp_path / "tune" / "checkpoint_2", 3, {"return_mean": 10.0, "eval/return_mean": 20.0})
    kept.offer(4, return_mean=500.0)
    kept.shelf.offer(0, tmp_path / "tune" / "checkpoint_4", 5, {"return_mean": math.nan, "eval/return_mean": 30.0})
    kept.shelf.offer(0, tmp_path / "tune" / "checkpoint_4", 6, {"return_mean": 9.0, "eval/return_mean": math.nan})
    assert kept.iterations() == kept.best() == [5]
    (row,) = queries.checkpoints(database, kept.run_id)
    assert row.metrics == {"return_mean": None, "eval/return_mean": 30.0}
    assert row.bytes > 0
    kept.recorder.close()


def test_a_next_attempt_goes_on_with_what_is_kept(database: Database, tmp_path: Path) -> None:
    kept = Kept(database, tmp_path, every=5, keep=3)
    for iteration in (5, 10):
        kept.offer(iteration, return_mean=float(iteration))
    kept.recorder.flush()
    kept.shelf = kept.opened()
    kept.offer(11, return_mean=1.0)
    kept.offer(15, return_mean=2.0)
    assert kept.iterations() == [5, 10, 15]
    assert kept.best() == [10]
    kept.recorder.close()


def test_a_full_disk_costs_a_kept_checkpoint_but_no_training(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = Kept(database, tmp_path, every=1, keep=3)
    with monkeypatch.context() as full:
        full.setattr("backend.kinds.rl.shelf.shutil.copytree", _no_room)
        kept.offer(1, return_mean=1.0)
    assert "is not kept" in capsys.readouterr().out
    kept.offer(2, return_mean=1.0)
    assert kept.iterations() == [2]
    kept.recorder.close()


def _no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_seed_that_went_back_keeps_what_its_line_has_come_to_and_the_best_of_that(
    database: Database, tmp_path: Path
) -> None:
    kept = Kept(database, tmp_path, every=1, keep=10)
    for iteration, score in enumerate((0.1, 0.7, 0.5, 0.9), 1):
        kept.recorder.report(0, iteration, {"return_mean": score})
        kept.offer(iteration, return_mean=score)
    assert kept.best() == [4]
    back = kept.recorder.go_back(0, 3)
    assert back is not None
    kept.shelf.forget(0, back.gone)
    assert kept.iterations() == [1, 2, 3]
    assert kept.best() == [2]
    kept.offer(4, return_mean=0.8)
    assert (kept.iterations(), kept.best()) == ([1, 2, 3, 4], [4])


def test_one_whose_checkpoints_are_all_gone_begins_its_shelf_anew(database: Database, tmp_path: Path) -> None:
    kept = Kept(database, tmp_path, every=0)
    kept.recorder.report(0, 1, {"return_mean": 0.9})
    kept.offer(1, return_mean=0.9)
    kept.recorder.flush()
    back = kept.recorder.go_back(0, 0)
    assert back is not None
    kept.shelf.forget(0, back.gone)
    assert (kept.iterations(), kept.best()) == ([], [])
    kept.offer(1, return_mean=0.2)
    assert kept.best() == [1]
