"""A file that is removed, replaced or damaged under those who have it open is noticed, and no other file suffers."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.errors import StoreGone, StoreUnavailable
from backend.settings import Settings
from backend.store import queries, runs, whereabouts
from backend.store.database import Database, open_database
from backend.store.sqlite_file import log_of
from backend.store.whereabouts import Trouble, Whereabouts, looks_whole
from tests.conftest import LAKE, content
from tests.small_disk import small_disk


@pytest.fixture
def path(home: Path) -> Path:
    return home / "raydeck.db"


@pytest.fixture
def opened(path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """A database with one run, looked into as often as it is asked."""
    monkeypatch.setattr(whereabouts, "LOOK_SECONDS", 0.0)
    database = open_database(Settings())
    begun(database, "first")
    yield database
    database.close()


def begun(database: Database, name: str) -> str:
    return runs.create(database, content({**LAKE, "name": name}), [1])


def names(database: Database) -> list[str]:
    return [run.name for run in queries.all_runs(database)]


def test_nothing_is_wrong_with_a_file_that_stays_where_it_is(opened: Database) -> None:
    for number in range(20):
        begun(opened, f"run {number}")
        assert opened.trouble() is None
    assert opened.moves == 0


def test_what_is_removed_is_neither_written_nor_made_anew_and_used_again_once_it_is_back(
    opened: Database, path: Path
) -> None:
    aside = path.rename(path.with_name("aside"))
    assert opened.trouble() is Trouble.REMOVED
    for what in (lambda: names(opened), lambda: begun(opened, "lost")):
        with pytest.raises(StoreGone, match=f"{path} was removed"):
            what()
    assert not path.exists()
    aside.rename(path)
    begun(opened, "second")
    assert names(opened) == ["second", "first"]


def test_another_database_in_its_place_is_used_from_then_on(opened: Database, path: Path, migrated: Path) -> None:
    path.unlink()
    shutil.copyfile(migrated, path)
    assert opened.trouble() is Trouble.REPLACED
    assert names(opened) == []
    begun(opened, "elsewhere")
    assert (names(opened), opened.moves, opened.trouble()) == (["elsewhere"], 1, None)
    assert opened.replaced_at is not None


def test_the_log_that_a_removed_file_left_is_not_added_to_the_one_in_its_place(
    opened: Database, path: Path, migrated: Path
) -> None:
    """As SQLite does, which goes by the log's name: it would show the first run in a file that never had it."""
    assert log_of(path).stat().st_size
    path.unlink()
    shutil.copyfile(migrated, path)
    assert names(opened) == []
    assert path.with_name("raydeck.db-wal.left").stat().st_size
    with sqlite3.connect(path) as whole:
        assert whole.execute("pragma integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("other", ["nothing", "notes", "older"])
def test_what_is_no_such_database_is_left_alone(opened: Database, path: Path, migrated: Path, other: str) -> None:
    aside = path.with_name("other")
    if other == "older":
        shutil.copyfile(migrated, aside)
        older = sqlite3.connect(aside)
        older.execute("update alembic_version set version_num = '0003'")
        older.commit()
        older.close()
    else:
        aside.write_text("" if other == "nothing" else "my precious notes " * 1000)
    aside.replace(path)
    before = path.read_bytes()
    for what in (lambda: names(opened), lambda: begun(opened, "lost")):
        with pytest.raises(StoreGone, match="was replaced by another file"):
            what()
    assert path.read_bytes() == before


@pytest.mark.parametrize("how", ["beginning", "cut", "emptied"])
def test_damage_is_seen_at_the_second_look(opened: Database, path: Path, how: str) -> None:
    """The first one may have come while the log was being written back."""
    watched = Whereabouts(path)
    assert [watched.trouble() for _ in range(3)] == [None] * 3
    opened.engine.dispose()  # writes the log back
    with path.open("r+b") as file:
        if how == "beginning":
            file.write(os.urandom(4096))
        else:
            file.truncate(0 if how == "emptied" else 20_000)
    assert not looks_whole(path)
    assert [watched.trouble() for _ in range(3)] == [None, Trouble.DAMAGED, Trouble.DAMAGED]


def test_a_file_that_was_cut_is_seen_beside_its_log_too(opened: Database, path: Path) -> None:
    begun(opened, "a longer log")
    assert log_of(path).stat().st_size
    watched = Whereabouts(path)
    assert watched.trouble() is None
    with path.open("r+b") as file:
        file.truncate(20_000)
    assert [watched.trouble() for _ in range(3)] == [None, Trouble.DAMAGED, Trouble.DAMAGED]


def test_a_log_that_could_not_be_written_back_is_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full the file's first page may already tell of pages that are still in the log."""
    monkeypatch.setattr(whereabouts, "LOOK_SECONDS", 0.0)
    with small_disk(path.parent / "disk", 8) as disk:
        shutil.copyfile(path, disk.folder / "raydeck.db")
        database = open_database(Settings(home=disk.folder))
        for _ in range(2):  # the log is long, and what comes next is written over it
            for number in range(100):
                begun(database, f"run {number}")
            written_back(database)
        disk.fill()
        for number in range(15):
            begun(database, f"run {number}")
        assert not written_back(database)
        assert [database.trouble() for _ in range(3)] == [None] * 3
        disk.free()
        assert [database.trouble() for _ in range(3)] == [None] * 3
        assert len(names(database)) == 215
        database.close()


def written_back(database: Database) -> bool:
    """Has what is in the log written to the file; returns whether there was room for all of it."""
    try:
        with database.outside_transactions() as connection:
            connection.exec_driver_sql("pragma wal_checkpoint(restart)")
    except StoreUnavailable:
        return False
    return True


def test_damage_that_a_reader_meets_is_told_and_what_can_be_read_is_read(opened: Database, path: Path) -> None:
    with opened.read() as connection:
        page, size = (
            connection.exec_driver_sql(wanted).scalar_one()
            for wanted in ("select rootpage from sqlite_master where name = 'events'", "pragma page_size")
        )
    opened.engine.dispose()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(os.urandom(size))
    assert names(opened) == ["first"]
    (run,) = queries.all_runs(opened)
    with pytest.raises(StoreGone, match="raydeck recover"):
        queries.history(opened, run.id)
    assert opened.trouble() is Trouble.DAMAGED
    assert names(opened) == ["first"]


def test_asking_again_and_again_opens_no_more_and_more_files(opened: Database, path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(200):
        assert opened.trouble() is None
    assert len(os.listdir("/proc/self/fd")) <= before + 1
