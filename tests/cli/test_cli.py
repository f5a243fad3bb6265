"""The command line: what scripts rely on."""

import json
from pathlib import Path

import pytest
import yaml

from backend.model import RunState
from backend.store import runs
from backend.store.database import Database
from backend.store.fanout.book import TaskBook
from backend.store.fanout.task_rows import Done
from backend.store.recording.recorder import Recorder
from tests.analysis.test_scores import tracked
from tests.conftest import LAKE, content, typed
from tests.store.test_going_back import resumed


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
    said = typed("launch", str(file))
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
    for field in ("environment:", "seeds:", "params.alpha:"):
        assert field in said.stderr
    assert json.loads(typed("runs", "--json").stdout) == []
    assert typed("launch", str(tmp_path / "missing.yaml")).returncode == 2


def test_show_and_series_as_json(recorded: str) -> None:
    shown = json.loads(typed("show", recorded, "--json").stdout)
    assert set(shown) == {"id", "name", "kind", "state", "error", "spec", "trials"}
    assert shown["state"] == "succeeded"
    assert shown["trials"][1] == {"number": 1, "state": "stopped", "params": {"seed": 2}, "last": {"return_mean": 10.0}}
    one = json.loads(typed("series", recorded, "return_mean", "--trial", "0", "--json").stdout)
    assert set(one) == {"x", "mean", "min", "max", "total"}
    assert one["mean"][:5] == [0.0, 1.0, 2.0, None, 4.0]
    assert one["total"] == 10
    both = json.loads(typed("series", recorded, "return_mean", "--points", "3", "--json").stdout)
    assert len(both["x"]) == 3
    assert (min(both["min"]), max(both["max"])) == (0.0, 10.0)


def test_series_prints_what_was_set_aside_if_asked(database: Database) -> None:
    run_id = resumed(database)
    plain = json.loads(typed("series", run_id, "return_mean", "--trial", "0", "--json").stdout)
    assert (plain["total"], plain["mean"]) == (60, [float(step) for step in range(60)])
    both = json.loads(typed("series", run_id, "return_mean", "--aside", "--json").stdout)
    (apart,) = both.pop("aside")
    assert (apart["trial"], apart["attempt"], apart["after"]) == (0, 1, 40)
    assert apart["mean"] == [float(step) for step in range(40, 53)]
    assert both == json.loads(typed("series", run_id, "return_mean", "--json").stdout)
    window = ["--from", "45", "--to", "46"]
    (few,) = json.loads(typed("series", run_id, "return_mean", "--aside", *window, "--json").stdout)["aside"]
    assert few["x"] == [45.0, 46.0]
    said = typed("series", run_id, "return_mean", "--aside").stdout
    assert "set aside: trial 0, repeated by attempt 1 after report 40" in said
    assert json.loads(typed("series", run_id, "return_mean", "--aside", "--trial", "1", "--json").stdout)["aside"] == []


@pytest.fixture
def fanned_out(database: Database) -> str:
    spec = {"kind": "tasks", "name": "roots", "function": "flaky", "inputs": {"range": 4, "argument": "number"}}
    run_id = runs.create(database, content(spec), [None], total=4)
    runs.claim(database, run_id, 1, "host", {})
    book = TaskBook(database, run_id, 1)
    book.succeed(
        [Done(number, 1, json.dumps({"number": number}), 1.0, 0.1, 0, number / 2, str(number / 2)) for number in (0, 1)]
    )
    book.fail(Done(2, 3, '{"number": 2}', 1.0, 0.1, 0, error=("ValueError", "a.py:1", "not in the mood", "")))
    book.flush()
    runs.finish(database, run_id, 1, RunState.STOPPED)
    return run_id


def test_a_fan_out_is_shown_and_its_results_are_saved_as_a_table(fanned_out: str, tmp_path: Path) -> None:
    shown = json.loads(typed("show", fanned_out, "--json").stdout)
    assert shown["tasks"] == {"queued": 1, "running": 0, "succeeded": 2, "failed": 1}
    assert shown["spec"]["inputs"] == {"range": 4, "argument": "number"}
    assert "2 succeeded" in typed("show", fanned_out).stdout
    printed = typed("results", fanned_out).stdout.splitlines()
    assert printed[0] == "number,state,attempts,started_at,seconds,worker,input.number,result,artifact,error"
    assert printed[3] == "2,failed,3,1.0,0.1,0,2,,,ValueError: not in the mood"
    out = tmp_path / "roots.jsonl"
    assert typed("results", fanned_out, "--format", "jsonl", "--out", str(out)).returncode == 0
    assert [json.loads(line)["result"] for line in out.read_text().splitlines()] == [0.0, 0.5, None]
    wrong = typed("results", fanned_out, "--format", "xlsx")
    assert (wrong.returncode, "csv, parquet, jsonl" in wrong.stderr) == (2, True)


def test_the_functions_are_listed_with_the_users_own_and_the_broken_ones(home: Path) -> None:
    folder = home / "workloads"
    folder.mkdir(parents=True)
    (folder / "mine.py").write_text('raise SystemExit("imported")\ndef double(x: int, k=2):\n    "Doubles."\n')
    (folder / "broken.py").write_text("def f(:")
    listed = {each["function"]: each for each in json.loads(typed("functions", "--json").stdout)}
    assert listed["monte_carlo_pi"]["signature"] == "estimate(seed: int, darts: int)"
    assert listed["mine:double"] == {
        "function": "mine:double",
        "signature": "double(x: int, k: int)",
        "about": "Doubles.",
    }
    assert "does not parse: line 1" in listed["broken.py"]["about"]
    text = typed("functions").stdout
    assert all(name in text for name in listed)


def test_every_command_has_json_and_an_unknown_run_is_a_line(recorded: str) -> None:
    for command in (("runs",), ("status",), ("logs", recorded), ("down",)):
        json.loads(typed(*command, "--json").stdout)
    for command in ("show", "stop", "delete", "logs", "resume", "retry", "results"):
        said = typed(command, "nosuchrun")
        assert said.returncode == 2, command
        assert "no run “nosuchrun”" in said.stderr
        assert "Traceback" not in said.stderr
    assert json.loads(typed("status", "--json").stdout)["state"] == "off", (
        "asking for a run that is not there starts no cluster"
    )


def test_groups_are_compared_as_an_address_says(home: Path) -> None:
    ids = ",".join([*tracked("slow", [[1.0], [2.0], [1.5]], lr=1), *tracked("fast", [[3.0], [4.0], [3.5]], lr=2)])
    told = json.loads(typed("compare", f"/compare?runs={ids}&tab=Curves", "--json").stdout)
    assert (told["metric"], told["better"], told["baseline"]) == ("reward", "max", "slow")
    assert [each["group"] for each in told["verdicts"]] == ["fast"]
    assert told["verdicts"][0]["difference"].startswith("2 ")
    assert "“fast”" in typed("compare", f"runs={ids}").stdout
    for wrong, why in (
        ("", "not two groups"),
        (f"runs={ids.partition(',')[0]}", "not two groups"),
        ("runs=x", "no run “x”"),
    ):
        said = typed("compare", wrong)
        assert (said.returncode, why in said.stderr) == (2, True)


def test_delete_removes_row_and_files(recorded: str, home: Path) -> None:
    folder = home / "runs" / recorded
    folder.mkdir(parents=True)
    assert typed("delete", recorded).returncode == 0
    assert not folder.exists()
    assert typed("show", recorded).returncode == 2


def test_settings_that_cannot_be_are_a_line_too(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RAYDECK_SLOTS", "0")
    said = typed("runs")
    assert said.returncode == 2
    assert "RAYDECK_SLOTS" in said.stderr
    assert "Traceback" not in said.stderr
    monkeypatch.delenv("RAYDECK_SLOTS")
    monkeypatch.setenv("RAYDECK_HOME", "/proc/nope")
    said = typed("runs")
    assert said.returncode == 2
    assert "Traceback" not in said.stderr


def test_a_file_that_is_no_database_is_a_line_too(home: Path) -> None:
    (home / "raydeck.db").write_text("no database " * 100)
    said = typed("runs")
    assert said.returncode == 2
    assert "not a Raydeck database" in said.stderr
    assert "Traceback" not in said.stderr


def test_a_query_is_read_and_what_is_wrong_is_pointed_at(recorded: str, database: Database) -> None:
    found = typed("runs", "--query", "algorithm == q_learning and metrics.return_mean.best > 9", "--json")
    assert [run["id"] for run in json.loads(found.stdout)] == [recorded]
    wrong = typed("runs", "--query", "lake and params.alfa < 1")
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[:2] == ["lake and params.alfa < 1", "         ^^^^^^^^^^^"]
    assert "params.alpha" in wrong.stderr
    assert "Traceback" not in wrong.stderr
