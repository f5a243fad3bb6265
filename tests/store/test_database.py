"""The database opens under a lock, is brought up to date once, and says what is wrong with a file it cannot use."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from backend import settings
from backend.errors import StoreUnavailable
from backend.settings import Settings
from backend.store import database as module
from backend.store import runs
from backend.store.database import HEAD, Database, open_database, stored_version
from backend.store.recording.recorder import Recorder
from backend.store.schema import metadata
from tests.conftest import LAKE, content, typed


def test_the_migrations_make_the_schema_and_head_is_the_newest(database: Database) -> None:
    with database.engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    config = Config()
    config.set_main_option("script_location", str(Path(module.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
    assert stored_version(database) == HEAD


def test_what_was_recorded_before_there_were_rollups_is_summarised(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_database(Settings())
    run_id = runs.create(opened, content(LAKE), [1])
    runs.claim(opened, run_id, 1, "host", {})
    recorder = Recorder(opened, run_id, 1)
    for step in range(1000):
        recorder.report(0, step, {"return_mean": float("nan") if step % 7 == 0 else step**0.5})
    recorder.close()
    with opened.write() as tx:
        before = tx.exec_driver_sql("select series, level, chunk, data from rollups order by 1, 2, 3").all()
        tx.exec_driver_sql("drop table rollups")
        tx.exec_driver_sql("alter table series drop column length")
        tx.exec_driver_sql("alter table series drop column closed")
        tx.exec_driver_sql("drop index runs_listed")
        for name in ("tail", "cuts"):
            tx.exec_driver_sql(f"alter table series drop column {name}")
        judged = tx.exec_driver_sql("select best, last from runs").all()
        standing = tx.exec_driver_sql("select key, run, last, best, mean, low, high from run_metrics order by 1").all()
        settings = tx.exec_driver_sql("select name, run, trial, number, text from run_settings order by 1, 2, 3").all()
        tx.exec_driver_sql("alter table runs drop column deleted_at")
        for name in (
            "workload",
            "workload_hash",
            "wishes",
            "metrics_version",
            "note",
            "starred",
            "archived",
            "best",
            "last",
        ):
            tx.exec_driver_sql(f"alter table runs drop column {name}")
        for name in ("checkpoint_iteration", "checkpoint_reports", "set_aside", "stop_requested_at"):
            tx.exec_driver_sql(f"alter table trials drop column {name}")
        for table in (
            "fanouts",
            "tasks",
            "failures",
            "checkpoints",
            "aside_points",
            "aside_series",
            "asides",
            "run_tags",
            "run_settings",
            "run_metrics",
            "views",
        ):
            tx.exec_driver_sql(f"drop table {table}")
        tx.exec_driver_sql("update alembic_version set version_num = '0001'")
    opened.close()
    again = open_database(Settings())
    with again.read() as connection:
        assert len(before) == 5  # 62 records of level 1, 3 of level 2
        assert (
            connection.exec_driver_sql("select series, level, chunk, data from rollups order by 1, 2, 3").all()
            == before
        )
        assert connection.exec_driver_sql("select length, closed from series").all() == [(1000, 991)]
        assert connection.exec_driver_sql("select best, last from runs").all() == judged == [(999**0.5, 999**0.5)]
        assert len(standing) == 1
        assert (
            connection.exec_driver_sql("select key, run, last, best, mean, low, high from run_metrics order by 1").all()
            == standing
        )
        assert (
            connection.exec_driver_sql("select name, run, trial, number, text from run_settings order by 1, 2, 3").all()
            == settings
        )
    again.close()


def test_an_up_to_date_database_is_opened_without_alembic(database: Database, home: Path) -> None:
    said = subprocess.run(
        [sys.executable, "-c", "import sys; from backend import api; api.house(); print('alembic' in sys.modules)"],
        capture_output=True,
        text=True,
        cwd=settings.ROOT,
        check=True,
    )
    assert said.stdout.strip() == "False"


def test_processes_that_start_at_once_make_one_database(new_home: Path) -> None:
    command = [sys.executable, "-c", "from backend import api; print(len(api.house().launcher.database.url))"]
    started = [subprocess.Popen(command, cwd=settings.ROOT, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    for process in started:
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors


def test_a_file_that_is_no_database_is_left_alone(home: Path) -> None:
    path = home / "raydeck.db"
    path.write_text("my precious notes " * 100)
    with pytest.raises(StoreUnavailable, match="not a Raydeck database"):
        open_database(Settings())
    assert path.read_text().startswith("my precious notes")


NEWER = r"newer Raydeck \(schema 9999, this one knows \d+\)\. Update Raydeck, or .* Nothing was changed\."


def test_a_database_of_a_newer_version_is_refused(database: Database) -> None:
    with database.write() as tx:
        tx.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(StoreUnavailable, match=NEWER):
        open_database(Settings())
    assert stored_version(database) == "9999"


@pytest.mark.parametrize(("journal", "is_killed"), [("delete", False), ("wal", False), ("wal", True)])
def test_a_file_of_a_newer_version_stays_as_it_is_byte_by_byte(home: Path, journal: str, is_killed: bool) -> None:
    """Also one without a write-ahead log, and one whose last writer was killed before its log was written back."""
    open_database(Settings()).close()
    newer = (
        "import os, sqlite3, sys\n"
        "with sqlite3.connect(sys.argv[1]) as file:\n"
        f"    file.execute('pragma journal_mode={journal}')\n"
        "    file.execute(\"update alembic_version set version_num = '9999'\")\n"
        f"os._exit(9) if {is_killed} else file.close()\n"
    )
    subprocess.run([sys.executable, "-c", newer, str(home / "raydeck.db")], check=False)
    before = content_of(home)
    assert ("raydeck.db-wal" in before) is is_killed
    said = typed("runs")
    assert (said.returncode, said.stdout) == (2, "")
    assert re.search(NEWER, said.stderr)
    assert content_of(home) == before


def content_of(home: Path) -> dict[str, str]:
    """Returns the hash of each file of a database; what a reader shares with others in memory is none."""
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in home.glob("raydeck.db*")
        if path.suffix != ".db-shm"
    }


@pytest.mark.parametrize(
    ("url", "said"), [("nonsense", "no database URL"), ("mysql://somewhere/db", "must be an SQLite or PostgreSQL URL")]
)
def test_a_url_that_cannot_be_used_says_so(home: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str) -> None:
    monkeypatch.setenv("RAYDECK_DB", url)
    with pytest.raises(StoreUnavailable, match=said):
        open_database(Settings())


def test_another_sqlite_file_is_used_when_asked_for(
    new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAYDECK_DB", f"sqlite:///{tmp_path / 'elsewhere' / 'other.db'}")
    open_database(Settings()).close()
    assert (tmp_path / "elsewhere" / "other.db").exists()
    assert not (new_home / "raydeck.db").exists()
