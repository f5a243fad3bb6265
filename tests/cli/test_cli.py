"""The command line: what scripts rely on."""

import json
from pathlib import Path

import pytest
import yaml

from backend.store import runs
from backend.store.database import Database
from backend.store.metrics import Recorder
from backend.store.values import RunState
from tests.conftest import LAKE, cli, content


@pytest.fixture
def recorded(database: Database) -> str:
    run_id = runs.create(database, content(LAKE), [1, 2])
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1)
    for step in range(10):
        for trial in (0, 1):
            recorder.report(trial, step, {"return_mean": float("nan") if step == 3 else step + trial})
    recorder.close()
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    return run_id


def test_a_wrong_spec_names_every_field_and_starts_nothing(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(yaml.safe_dump({**LAKE, "environment": "FrozenLak", "seeds": [1, 1], "params": {"alpha": -1}}))
    said = cli("launch", str(file))
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    for field in ("environment:", "seeds:", "params.alpha:"):
        assert field in said.stderr
    assert json.loads(cli("runs", "--json").stdout) == []
    assert cli("launch", str(tmp_path / "missing.yaml")).returncode == 2


def test_show_and_series_as_json(recorded: str) -> None:
    shown = json.loads(cli("show", recorded, "--json").stdout)
    assert set(shown) == {"id", "name", "kind", "state", "error", "spec", "trials"}
    assert shown["state"] == "succeeded"
    assert shown["trials"][1] == {"number": 1, "state": "stopped", "params": {"seed": 2}, "last": {"return_mean": 10.0}}
    one = json.loads(cli("series", recorded, "return_mean", "--trial", "0", "--json").stdout)
    assert set(one) == {"x", "mean", "min", "max", "total"}
    assert one["mean"][:5] == [0.0, 1.0, 2.0, None, 4.0]
    assert one["total"] == 10
    both = json.loads(cli("series", recorded, "return_mean", "--points", "3", "--json").stdout)
    assert len(both["x"]) == 3
    assert (min(both["min"]), max(both["max"])) == (0.0, 10.0)


def test_every_command_has_json_and_an_unknown_run_is_a_line(recorded: str) -> None:
    for command in (("runs",), ("status",), ("logs", recorded), ("down",)):
        json.loads(cli(*command, "--json").stdout)
    for command in ("show", "stop", "delete", "logs", "resume"):
        said = cli(command, "nosuchrun")
        assert said.returncode == 2, command
        assert "no run “nosuchrun”" in said.stderr
        assert "Traceback" not in said.stderr
    assert json.loads(cli("status", "--json").stdout)["state"] == "off", "asking for a run that is not there starts no cluster"


def test_delete_removes_row_and_files(recorded: str, home: Path) -> None:
    folder = home / "runs" / recorded
    folder.mkdir(parents=True)
    assert cli("delete", recorded).returncode == 0
    assert not folder.exists()
    assert cli("show", recorded).returncode == 2


def test_settings_that_cannot_be_are_a_line_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAYDECK_SLOTS", "0")
    said = cli("runs")
    assert said.returncode == 2
    assert "RAYDECK_SLOTS" in said.stderr
    assert "Traceback" not in said.stderr
    monkeypatch.delenv("RAYDECK_SLOTS")
    monkeypatch.setenv("RAYDECK_HOME", "/proc/nope")
    said = cli("runs")
    assert said.returncode == 2
    assert "Traceback" not in said.stderr


def test_a_file_that_is_no_database_is_a_line_too(home: Path) -> None:
    home.mkdir()
    (home / "raydeck.db").write_text("no database " * 100)
    said = cli("runs")
    assert said.returncode == 2
    assert "not a Raydeck database" in said.stderr
    assert "Traceback" not in said.stderr
