"""Points as files and as a DataFrame: every one of them, whose it is, in little memory; on each database."""

import io
import math
import os
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

import backend
from backend import api
from backend.api import export
from backend.errors import InvalidSpec, UnknownRun
from backend.export.points import COLUMNS
from backend.store import runs
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from backend.store.series import points as store
from tests.conftest import ON_SQLITE
from tests.store.test_going_back import resumed

NASTY = 'a "quoted", <b>name</b>\nover two lines'
COUNT = 700


def recorded(database: Database, name: str = "mine", lr: float = 0.1, seed: int = 1, count: int = COUNT) -> str:
    run_id = runs.begin(database, {"kind": "external", "name": name, "params": {"lr": lr}, "seed": seed}, "host", {})
    recorder = Recorder(database, run_id, 1)
    for step in range(count):
        values = {"reward": math.nan if step == 3 else step / 7}
        recorder.report(0, step * 10, values | ({"loss": -float(step)} if step % 2 else {}))
    recorder.close()
    return run_id


def read(run_ids: list[str], metrics: list[str] | None, form: str, by: tuple[str, ...] = ()) -> pd.DataFrame:
    file = io.BytesIO(b"".join(export.file_of_points(run_ids, metrics, by, form)))
    return pd.read_csv(file) if form == "csv" else pd.read_parquet(file)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_every_point_is_in_the_file(database: Database, form: str) -> None:
    ids = [recorded(database, NASTY, lr, seed) for lr in (0.1, 0.2) for seed in (1, 2)]
    found = read(ids, None, form)
    assert list(found.columns) == ["run", "group", "trial", "seed", "metric", "step", "time", "value"]
    assert len(found) == 4 * COUNT * 3 // 2 == export.rows(ids)
    assert list(dict.fromkeys(found["run"])) == ids, "in the order asked for"
    assert set(found["group"]) == {"lr 0.1", "lr 0.2"}
    assert set(found["seed"]) == {1, 2}
    mine = found[(found["run"] == ids[2]) & (found["metric"] == "reward")].reset_index(drop=True)
    assert list(mine["step"]) == [10 * step for step in range(COUNT)]
    assert math.isnan(mine["value"][3])
    assert list(mine["value"][4:]) == [step / 7 for step in range(4, COUNT)]
    assert mine["time"].is_monotonic_increasing


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_odd_names_come_back_as_they_are(database: Database, form: str) -> None:
    ids = [recorded(database, NASTY, count=2), recorded(database, "b", lr=3.0, count=2)]
    assert read(ids, ["reward"], form)["group"][0] == NASTY


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_was_set_aside_is_in_it_only_if_asked_for(database: Database, form: str) -> None:
    ids = [recorded(database, count=4), resumed(database)]
    plain = read(ids, ["return_mean"], form)
    assert list(plain.columns) == list(COLUMNS)
    assert list(plain[plain["trial"] == 0]["step"]) == list(range(60)), "the line, each step once"
    assert export.rows(ids, ["return_mean"]) == len(plain) == 120
    whole = pd.read_csv if form == "csv" else pd.read_parquet
    found = whole(io.BytesIO(b"".join(export.file_of_points(ids, None, [], form, aside=True))))
    assert list(found.columns) == [*COLUMNS, "aside"]
    apart = found[found["aside"].notna()]
    assert list(apart["step"]) == list(range(40, 53))
    assert (set(apart["run"]), set(apart["trial"]), set(apart["aside"]), set(apart["seed"])) == (
        {ids[1]},
        {0},
        {1},
        {1},
    )
    assert len(found) == 120 + 13 + 6
    frame = export.points(ids, "return_mean", aside=True)
    assert frame["aside"].notna().sum() == 13
    assert "aside" not in export.points(ids)


@ON_SQLITE
def test_long_asides_are_read_piece_by_piece_too(database: Database) -> None:
    run_id = resumed(database)
    heads = store.heads(database, [run_id], aside=True)
    assert [(head.trial, head.aside, head.length) for head in heads] == [(0, None, 60), (1, None, 60), (0, 1, 13)]
    for size in (5, 100, 1000):
        batches = list(store.batches(database, heads, size=size))
        steps = [step for batch in batches for step in batch.step[batch.place == 2]]
        assert steps == list(range(40, 53))
        assert sum(len(batch.step) for batch in batches) == 133


@ON_SQLITE
def test_long_series_are_read_piece_by_piece_and_short_ones_together(database: Database) -> None:
    ids = [
        recorded(database, "short", seed=1, count=5),
        recorded(database, "long", seed=2),
        recorded(database, "brief", seed=3, count=4),
    ]
    heads = store.heads(database, ids, ["reward"])
    batches = list(store.batches(database, heads, size=100))
    assert [len(batch.value) for batch in batches] == [5, *[100] * 7, 4]
    assert [int(batch.place[0]) for batch in batches] == [0, *[1] * 7, 2]
    joined = [value for batch in batches[1:-1] for value in batch.step]
    assert joined == [10.0 * step for step in range(COUNT)]


@ON_SQLITE
def test_what_comes_while_it_is_written_is_left_for_the_next_file(database: Database) -> None:
    run_id = recorded(database, count=10)
    heads = store.heads(database, [run_id], ["reward"])
    recorder = Recorder(database, run_id, 1)
    recorder.report(0, 1000, {"reward": 1.0})
    recorder.close()
    assert sum(len(batch.value) for size in (4, 100) for batch in store.batches(database, heads, size)) == 20


@ON_SQLITE
def test_what_cannot_be_written_is_said(database: Database) -> None:
    run_id = recorded(database, count=2)
    with pytest.raises(InvalidSpec, match="csv, parquet"):
        export.file_of_points([run_id], None, (), "xlsx")
    with pytest.raises(UnknownRun, match="gone"):
        export.file_of_points([run_id, "gone"], None, (), "csv")
    assert read([run_id], ["nothing such"], "csv").empty
    assert backend.points(run_id, "nothing such").empty


def test_the_door_gives_a_frame(database: Database) -> None:
    ids = [recorded(database, seed=seed, count=20) for seed in (1, 2)]
    found = backend.points(ids, "reward", by=["seed", "params.lr"])
    assert len(found) == 40
    assert list(found["seed"].unique()) == [1, 2]
    last = found.groupby(["group", "seed"], observed=True)["value"].last()
    assert list(last) == [19 / 7, 19 / 7]
    assert backend.points([]).empty


@ON_SQLITE
def test_the_snippet_runs_as_shown(database: Database, home: Path) -> None:
    ids = [recorded(database, seed=seed, count=20) for seed in (1, 2)]
    text = export.snippet(ids, ["reward", "loss"], ["params.lr"])
    plain = {name: value for name, value in os.environ.items() if not name.startswith("RAYDECK_")}
    said = subprocess.run(
        [sys.executable, "-c", text], capture_output=True, text=True, env=plain, cwd=home, check=False
    )
    assert said.returncode == 0, said.stderr
    assert "reward" in said.stdout
    assert "2.714286" in said.stdout, "the mean of the last values"
    known: dict[str, object] = {}
    exec(text, known)
    assert len(known["points"]) == 60  # type: ignore[arg-type]


@ON_SQLITE
def test_the_snippet_tells_no_password(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.house().settings.__class__, "db", "postgresql://me:secret@host/raydeck", raising=False)
    monkeypatch.setitem(api.house().settings.__dict__, "db", "postgresql://me:secret@host/raydeck")
    assert "secret" not in export.snippet(["a"], None, ())
    assert "RAYDECK_DB must be in the environment" in export.snippet(["a"], None, ())
