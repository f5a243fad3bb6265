"""Sweeps from the command line: what scripts rely on."""

import csv
import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from backend import api
from backend.cli import runs as command_line
from backend.store import runs, wishes
from backend.store.database import Database
from tests.conftest import LAKE, ON_SQLITE, content, typed

BRANIN: dict[str, Any] = {
    "kind": "sweep",
    "trainable": "branin",
    "space": {"x": {"uniform": [-5, 10]}, "y": {"fixed": 2.5}},
    "samples": 4,
}


def written(folder: Path, spec: dict[str, Any]) -> str:
    file = folder / "sweep.yaml"
    file.write_text(yaml.safe_dump(spec))
    return str(file)


def test_a_wrong_sweep_names_every_field_and_starts_nothing(home: Path, tmp_path: Path) -> None:
    wrong = {
        **BRANIN,
        "trainable": "branim",
        "search": "optun",
        "space": {"x": {"uniform": [3, 1]}, "y": {"loguniform": [0, 1]}},
    }
    said = typed("launch", written(tmp_path, wrong))
    assert said.returncode == 2
    for line in (
        "trainable: There is no trainable “branim”. Did you mean branin?",
        "space.x: min must be below max",
        "space.y: a log range",
    ):
        assert line in said.stderr
    assert "Traceback" not in said.stderr
    assert json.loads(typed("runs", "--json").stdout) == []


def test_a_grid_that_explodes_is_asked_for_twice(home: Path, tmp_path: Path) -> None:
    huge = {**BRANIN, "search": "grid", "space": {name: {"grid": list(range(22))} for name in "xyz"}}
    said = typed("launch", written(tmp_path, huge))
    assert said.returncode == 2
    assert "10,648 trials" in said.stderr
    assert "--yes" in said.stderr
    assert json.loads(typed("runs", "--json").stdout) == []


def test_trainables_are_listed_ones_own_among_them(home: Path) -> None:
    (home / "workloads").mkdir(parents=True)
    (home / "workloads" / "mine.py").write_text(
        "from ray import tune\n\ndef train(config):\n    'Learns.'\n    tune.report({'score': config['x']})\n"
    )
    (home / "workloads" / "broken.py").write_text("def train(config:\n")
    rows = {row["trainable"]: row for row in json.loads(typed("trainables", "--json").stdout)}
    assert rows["mine:train"] == {"trainable": "mine:train", "metrics": ["score"], "about": "Learns."}
    assert rows["digits_mlp"]["metrics"] == ["accuracy", "loss"]
    assert "hartmann6" in typed("trainables").stdout


@pytest.fixture
def queued(database: Database) -> str:
    return runs.create(database, content(BRANIN), [])


def test_a_sweep_is_extended_and_what_cannot_be_is_said(queued: str, database: Database) -> None:
    said = typed("extend", queued, "--samples", "9", "--time-budget", "60", "--concurrency", "2", "--json")
    assert json.loads(said.stdout) == {"id": queued, "samples": 9, "time_budget_s": 60.0, "concurrency": 2}
    assert wishes.wishes(database, queued) == wishes.Wishes({"samples": 9, "concurrency": 2, "time_budget_s": 60.0})
    assert "unchanged" in typed("extend", queued).stdout
    lake = runs.create(database, content(LAKE), [1])
    for arguments, said_of in (
        ((queued, "--samples", "0"), "samples:"),
        (("nope", "--samples", "5"), "nope"),
        ((lake, "--samples", "5"), "sweep"),
    ):
        wrong = typed("extend", *arguments)
        assert wrong.returncode == 2
        assert said_of in wrong.stderr
        assert "Traceback" not in wrong.stderr


def test_what_a_sweep_without_trials_cannot_do_is_said(queued: str) -> None:
    for command in (("promote", queued, "best"), ("stop", queued, "--trial", "3")):
        said = typed(*command)
        assert said.returncode == 2, command
        assert "Traceback" not in said.stderr
        assert said.stderr.strip()
    assert typed("trials", queued).stdout.startswith("number,state")
    assert json.loads(typed("models", "--json").stdout) == []
    assert typed("models").stdout == "no models yet\n"


@ON_SQLITE
def test_from_a_file_to_a_promoted_model_and_once_more(
    driven: Any, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # while it waits
    monkeypatch.setattr(command_line, "time", SimpleNamespace(sleep=lambda _: driven.run(api.runs()[0].id)))
    space = {"lr": {"grid": [0.001, 0.01]}, "epochs": {"fixed": 2}}
    digits = {"kind": "sweep", "trainable": "digits_mlp", "search": "grid", "space": space, "max_iterations": 2}
    said = typed("launch", written(tmp_path, digits), "--wait")
    assert said.returncode == 0, said.stderr
    assert "2 of 2 trials, best accuracy" in said.stderr
    run_id = said.stdout.strip().splitlines()[-1]

    shown = json.loads(typed("show", run_id, "--json").stdout)
    assert [trial["params"] for trial in shown["trials"]] == [{"lr": 0.001, "epochs": 2}, {"lr": 0.01, "epochs": 2}]
    assert all(0.3 < trial["last"]["accuracy"] <= 1 for trial in shown["trials"])
    assert all(trial["state"] == "succeeded" for trial in shown["trials"])

    rows = list(csv.DictReader(io.StringIO(typed("trials", run_id, "--format", "csv").stdout)))
    assert [(row["number"], row["state"], row["param.lr"], row["reports"]) for row in rows] == [
        ("0", "succeeded", "0.001", "2"),
        ("1", "succeeded", "0.01", "2"),
    ]
    assert [float(row["last.accuracy"]) for row in rows] == [trial["last"]["accuracy"] for trial in shown["trials"]]
    out = tmp_path / "trials.parquet"
    assert typed("trials", run_id, "--format", "parquet", "--out", str(out)).returncode == 0
    assert out.read_bytes()[:4] == b"PAR1"
    assert typed("trials", run_id, "--format", "xlsx").returncode == 2

    best = max(rows, key=lambda row: float(row["best"]))
    promoted = typed("promote", run_id, "digits-best", "--json")
    assert promoted.returncode == 0, promoted.stderr
    assert json.loads(promoted.stdout)["trial"] == int(best["number"])
    assert (home / "models" / "digits-best" / "checkpoint" / "model.pickle").is_file()
    assert "digits-best" in typed("models").stdout
    assert typed("promote", run_id, "digits-best").returncode == 2
    assert typed("resume", run_id).returncode == 2

    again = typed("again", run_id, "--seeds", "2")
    assert again.returncode == 0, again.stderr
    child = driven.run(again.stdout.strip().splitlines()[-1])
    assert (child.state, child.parent_id) == ("succeeded", run_id)
    assert [(trial.params["lr"], trial.seed) for trial in child.trials] == [
        (float(best["param.lr"]), 1),
        (float(best["param.lr"]), 2),
    ]


@ON_SQLITE
def test_whoever_waits_for_a_sweep_that_fails_is_told_why(
    driven: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command_line, "time", SimpleNamespace(sleep=lambda _: driven.run(api.runs()[0].id)))
    spec = {
        "kind": "sweep",
        "trainable": "own_sweeps:moody",
        "metric": "score",
        "space": {"x": {"uniform": [0, 1]}, "mood": {"fixed": 3}},
    }
    said = typed("launch", written(tmp_path, spec), "--wait")
    assert said.returncode == 1
    assert "is not in the mood" in said.stderr
