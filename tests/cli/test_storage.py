"""The commands for the database itself: what they print, and which exit code a script sees."""

import json
import os
from pathlib import Path

from backend import api
from backend.store.database import HEAD
from tests.conftest import recorded, typed


def test_a_whole_database_is_said_to_be_whole(home: Path) -> None:
    done = typed("check")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"{home / 'raydeck.db'}: schema {HEAD}" in done.stdout
    assert "It is whole." in done.stdout
    found = json.loads(typed("check", "--json").stdout)
    assert (found["problems"], found["rescued"], found["backups"]) == ([], [], [])
    assert typed("recover").stdout == "Nothing was wrong.\n"


def test_a_copy_comes_back_where_the_database_was_lost(home: Path) -> None:
    recorded("there", [1.0])
    made = Path(typed("backup").stdout.strip())
    assert made.parent == home / "backups"
    api.reset()
    (home / "raydeck.db").write_bytes(os.urandom(100_000))
    damaged = typed("check")
    assert damaged.returncode == 1
    assert "is not a Raydeck database, or its beginning is damaged" in damaged.stdout
    assert f"Copies: 1, the newest {made}" in damaged.stdout
    refused = typed("runs")
    assert refused.returncode == 2
    assert "raydeck recover" in refused.stderr
    done = typed("recover")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"The copy {made} is in its place." in done.stdout
    assert "there" in typed("runs").stdout
    assert typed("check").returncode == 0


def test_a_copy_of_ones_choice_is_put_in_its_place(home: Path, tmp_path: Path) -> None:
    recorded("then", [1.0])
    copy = tmp_path / "copy.db"
    assert json.loads(typed("backup", str(copy), "--json").stdout) == {"file": str(copy)}
    recorded("now", [1.0])
    assert f"The copy {copy} is in its place." in json.loads(typed("recover", "--from", str(copy), "--json").stdout)
    assert [run.name for run in api.runs()] == ["then"]


def test_the_runs_of_another_home_are_brought_in(home: Path, tmp_path: Path) -> None:
    recorded("theirs", [1.0])
    other = tmp_path / "other.db"
    typed("backup", str(other))
    (theirs,) = api.runs()
    api.delete(theirs.id)
    api.purge()
    recorded("mine", [1.0])
    assert f"Run {theirs.id} came from {other}." in typed("recover", str(other)).stdout
    assert {run.name for run in api.runs()} == {"mine", "theirs"}
    assert other.exists()
