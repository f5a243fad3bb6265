"""What is stored can be read where nothing can be written: the disk is full, or is there to be read alone."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import api
from backend.errors import StoreUnavailable
from backend.settings import Settings
from backend.store import queries, runs
from backend.store.database import Database, open_database
from tests.conftest import LAKE, content, recorded, typed
from tests.small_disk import SmallDisk, small_disk

CANNOT = {"full": "The disk is full or failing", "read-only": "cannot be opened for writing"}


@pytest.fixture
def disk(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallDisk]:
    """A small disk, whose home has one run that is over."""
    with small_disk(home / "disk", 8) as mounted:
        monkeypatch.setenv("RAYDECK_HOME", str(mounted.folder))
        (mounted.folder / "raydeck.db").write_bytes((home / "raydeck.db").read_bytes())
        api.reset()
        recorded("there", [0.5])
        api.reset()
        yield mounted
        api.reset()
        mounted.may_write(yes=True)


def cannot_be_written(disk: SmallDisk, why: str) -> None:
    if why == "full":
        disk.fill()
    else:
        disk.may_write(yes=False)


@pytest.mark.parametrize("why", list(CANNOT))
@pytest.mark.parametrize("is_killed", [False, True])
def test_a_new_process_reads_what_is_there(disk: SmallDisk, why: str, is_killed: bool) -> None:
    """Also where the last writer was killed, and left what it wrote in the log."""
    if is_killed:
        _written_and_killed(disk.folder / "raydeck.db")
    cannot_be_written(disk, why)
    listed = typed("runs")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert ("renamed" if is_killed else "there") in listed.stdout
    (run,) = api.runs()
    shown = typed("show", run.id)
    assert (shown.returncode, shown.stderr) == (0, "")
    assert f"{run.id}  succeeded" in shown.stdout


def _written_and_killed(path: Path) -> None:
    """Leaves a log that holds what the file does not, and nothing that its readers shared in memory."""
    writer = (
        "import os, sqlite3, sys\n"
        "file = sqlite3.connect(sys.argv[1])\n"
        "file.execute(\"update runs set name = 'renamed'\")\n"
        "file.commit()\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", writer, str(path)], check=False)
    assert path.with_name("raydeck.db-wal").stat().st_size
    path.with_name("raydeck.db-shm").unlink()


@pytest.mark.parametrize("why", list(CANNOT))
def test_who_wants_to_write_is_told_why_it_cannot_be(disk: SmallDisk, why: str) -> None:
    (run,) = api.runs()
    api.reset()
    cannot_be_written(disk, why)
    with pytest.raises(StoreUnavailable, match=CANNOT[why]):
        api.delete(run.id)
    assert [each.id for each in api.runs()] == [run.id]


def test_what_is_written_meanwhile_is_seen(disk: SmallDisk) -> None:
    disk.fill()
    database = open_database(Settings())
    assert len(queries.all_runs(database)) == 1
    disk.free()
    runs.create(database, content(LAKE), [1])
    disk.fill()
    assert len(queries.all_runs(database)) == 2
    database.close()


def test_an_older_database_that_cannot_be_brought_up_to_date_says_so(disk: SmallDisk) -> None:
    with api.house().database.write() as tx:
        tx.exec_driver_sql("update alembic_version set version_num = '0010'")
    api.reset()
    disk.may_write(yes=False)
    with pytest.raises(StoreUnavailable, match=r"brought up to date, and nothing can be written"):
        open_database(Settings())


def test_opening_a_file_that_is_gone_makes_none(home: Path) -> None:
    database = Database(Settings().database_url)
    (home / "raydeck.db").unlink()
    for transaction in (database.read, database.write, database.outside_transactions):
        with pytest.raises(StoreUnavailable), transaction():
            pass
    assert list(home.glob("raydeck.db*")) == []
