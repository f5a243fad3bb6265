"""Deleting gives the room back, in small steps, whatever breaks off; compact makes the rest small."""

import sqlite3
import threading
from pathlib import Path

import pytest

from backend import api
from backend.errors import StaleAttempt, UnknownRun
from backend.model import RunState
from backend.settings import Settings
from backend.store import queries, runs, space, wishes
from backend.store.database import Database, open_database
from backend.store.recording.recorder import Recorder
from tests.conftest import LAKE, ON_SQLITE, cli, content

TABLES = ("runs", "trials", "series", "points", "rollups", "events")


def recorded(database: Database, reports: int, state: RunState = RunState.SUCCEEDED) -> str:
    run_id = runs.create(database, content({**LAKE, "seeds": [1]}), [1])
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1)
    for step in range(reports):
        recorder.report(0, step, {f"metric_{number}": step * 0.1 for number in range(10)})
    recorder.close()
    runs.finish(database, run_id, 1, state)
    return run_id


def counted(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {table: connection.exec_driver_sql(f"select count(*) from {table}").scalar_one() for table in TABLES}


def nothing(_run_id: str) -> None:
    """There are no files."""


def test_a_deleted_run_is_gone_at_once_and_its_room_after_the_purge(database: Database) -> None:
    kept, doomed = recorded(database, 50), recorded(database, 5000)
    before = counted(database)
    runs.remove(database, doomed)
    assert [run.id for run in queries.all_runs(database)] == [kept]
    with pytest.raises(UnknownRun):
        runs.remove(database, doomed)
    forgotten: list[str] = []
    assert space.purge(database, forgotten.append) == 1
    assert forgotten == [doomed]
    after = counted(database)
    assert (before["points"], after["points"]) == (50_500, 500)
    assert {table: after[table] for table in ("runs", "trials", "series")} == {"runs": 1, "trials": 1, "series": 10}
    runs.remove(database, kept)
    space.purge(database, nothing)
    assert set(counted(database).values()) == {0}


@ON_SQLITE
def test_the_file_shrinks(database: Database) -> None:
    doomed = recorded(database, 20_000)
    before = space.size(database)
    runs.remove(database, doomed)
    space.purge(database, nothing)
    with database.outside_transactions() as connection:
        connection.exec_driver_sql("pragma wal_checkpoint(truncate)")
    assert space.size(database) < before / 20


def test_others_write_while_a_long_run_is_cleared(database: Database) -> None:
    doomed = recorded(database, 20_000)
    runs.remove(database, doomed)
    other = runs.create(database, content({**LAKE, "seeds": [1]}), [1])
    runs.claim(database, other, 1, "host", {})
    purging = threading.Thread(target=space.purge, args=(database, nothing))
    purging.start()
    beats = 0
    while purging.is_alive():
        wishes.beat(database, other, 1)
        beats += 1
    assert beats > 10
    assert counted(database)["points"] == 0


def test_a_purge_that_broke_off_is_gone_on_with(database: Database) -> None:
    doomed = recorded(database, 100)
    runs.remove(database, doomed)

    def fails(_run_id: str) -> None:
        raise OSError("no permission")

    with pytest.raises(OSError, match="no permission"):
        space.purge(database, fails)
    assert queries.all_runs(database) == []
    assert space.purge(database, nothing) == 1
    assert space.purge(database, nothing) == 0


def test_a_driver_that_was_given_up_cannot_bring_a_deleted_run_back(database: Database) -> None:
    run_id = recorded(database, 10, RunState.LOST)
    alive = Recorder(database, run_id, 1)
    runs.remove(database, run_id)
    alive.report(0, 1, {"return_mean": 1.0})
    with pytest.raises(StaleAttempt):
        alive.flush()
    with pytest.raises(StaleAttempt):
        wishes.beat(database, run_id, 1)
    for change in (runs.requeue, runs.request_stop):
        with pytest.raises(UnknownRun):
            change(database, run_id)
    alive.abandon()


def test_compact_makes_the_database_small(database: Database) -> None:
    kept, doomed = recorded(database, 20), recorded(database, 5000)
    api.delete(doomed)
    done = api.compact()
    assert done.after < done.before
    assert counted(database)["points"] == 200
    assert [run.id for run in api.runs()] == [kept]


def test_compact_lets_an_old_file_shrink_from_then_on(home: Path) -> None:
    (home / "raydeck.db").unlink()
    old = sqlite3.connect(home / "raydeck.db")
    old.execute("create table before_us (x)")  # without auto_vacuum, which is fixed with the first table
    old.commit()
    old.close()
    database = open_database(Settings())
    api.delete(recorded(database, 5000))
    said = cli("compact")
    assert said.returncode == 0, said.stderr
    assert " MB before, " in said.stdout
    with database.read() as connection:
        assert connection.exec_driver_sql("select count(*) from runs").scalar() == 0
        assert connection.exec_driver_sql("pragma auto_vacuum").scalar() == 2, "incremental from now on"
    database.close()


def test_the_command_line_deletes_files_and_room(home: Path) -> None:
    database = open_database(Settings())
    doomed = recorded(database, 100)
    folder = Settings().run_folder(doomed)
    folder.mkdir(parents=True)
    (folder / "checkpoint").write_text("x")
    assert cli("delete", doomed).returncode == 0
    assert not folder.exists()
    assert counted(database)["points"] == 0
    database.close()
