"""A damaged database gives back what can be read of it, copies take its place, and nothing that was there is lost."""

import os
import shutil
import sqlite3
from pathlib import Path

import pytest

from backend import api
from backend.errors import StoreUnavailable
from backend.model import RunState
from backend.settings import Settings
from backend.store import queries, runs
from backend.store.database import HEAD, Database, open_database
from backend.store.fanout.book import TaskBook
from backend.store.fanout.task_rows import Done
from backend.store.recording.recorder import Recorder
from backend.store.recording.refuge import PATTERN
from backend.store.recovery import backup
from backend.store.recovery.check import check
from backend.store.recovery.reader import Reader
from backend.store.recovery.recover import recover
from backend.store.sqlite_file import log_of
from tests.conftest import LAKE, content, recorded
from tests.store.test_carry import held
from tests.store.test_rollups import check as rollups_of

REPORTS = 3000


@pytest.fixture
def path(home: Path) -> Path:
    """A database with ten runs, points by the thousand and a fan-out, all of it in the file itself."""
    for number in range(10):
        recorded(f"run {number}", [step / 7 for step in range(REPORTS)])
    database = api.house().database
    spec = content({"kind": "tasks", "function": "word_count", "inputs": {"range": 2000}})
    run_id = runs.create(database, spec, [None], total=2000)
    runs.claim(database, run_id, 1, "host", {})
    book = TaskBook(database, run_id, 1)
    book.succeed([Done(number, 1, "{}" * 20, 1.0, 0.1, 0, 3.0, "3.0") for number in range(2000)])
    book.flush()
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    api.reset()
    assert not log_of(home / "raydeck.db").exists()
    return home / "raydeck.db"


def all_of(path: Path) -> dict[str, dict[str, list[object]]]:
    """Returns all that a database holds, by run."""
    database = Database(f"sqlite:///{path}")
    everything = {run.id: held(database, run.id) for run in queries.all_runs(database)}
    database.close()
    return everything


def pages_of(path: Path, table: str) -> list[int]:
    """Returns the pages of a table that hold its rows, in order."""
    connection = sqlite3.connect(path)
    (root,) = connection.execute("select rootpage from sqlite_master where name = ?", (table,)).fetchone()
    connection.close()
    content, leaves, left = path.read_bytes(), [], [root]
    while left:
        page = left.pop(0)
        at = (page - 1) * 4096
        kind, cells = content[at], int.from_bytes(content[at + 3 : at + 5])
        if kind in (10, 13):
            leaves.append(page)
            continue
        pointers = [int.from_bytes(content[at + 12 + 2 * each :][:2]) for each in range(cells)]
        left += [int.from_bytes(content[at + pointer :][:4]) for pointer in pointers]
        left.append(int.from_bytes(content[at + 8 : at + 12]))
    return leaves


def spoil(path: Path, page: int) -> None:
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(os.urandom(4096))


def test_a_whole_database_has_no_problems_and_is_left_alone(path: Path) -> None:
    before = path.read_bytes()
    found = check(Settings())
    assert (found.problems, found.database, found.schema) == ((), str(path), HEAD)
    assert recover(Settings()) == []
    assert path.read_bytes() == before


@pytest.mark.parametrize("table", ["points", "tasks", "runs", "trials", "events", "rollups", "run_settings", "series"])
def test_what_lies_around_a_damaged_page_is_saved(path: Path, table: str) -> None:
    before = all_of(path)
    leaves = pages_of(path, table)
    spoil(path, leaves[len(leaves) // 2])
    assert check(Settings()).problems
    said = " ".join(recover(Settings()))
    assert "is kept as" in said
    assert check(Settings()).problems == ()
    after = all_of(path)
    assert set(after) == set(before), "each run is there, if under another name"
    lost = dict.fromkeys(next(iter(before.values())), 0)
    for run_id, tables in before.items():
        for name, rows in tables.items():
            lost[name] += len(set(map(str, rows)) - set(map(str, after[run_id][name])))
    spared = {"points", "tasks", "trials", "checkpoints", "events"} - {table}
    assert {name: lost[name] for name in spared} == dict.fromkeys(spared, 0)
    assert sum(lost.values()) < 300, "no more than a page holds"
    database = open_database(Settings())
    for run_id in after:
        rollups_of(database, run_id)
    database.close()


@pytest.mark.parametrize("bytes_", [100, 4096])
def test_a_file_without_its_beginning_is_read_all_the_same(path: Path, bytes_: int) -> None:
    before = all_of(path)
    with path.open("r+b") as file:
        file.write(os.urandom(bytes_))
    assert check(Settings()).problems
    recover(Settings())
    assert all_of(path) == before


def test_the_end_of_a_file_that_was_cut_is_lost_and_nothing_else(path: Path) -> None:
    before = all_of(path)
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size * 2 // 3)
    recover(Settings())
    after = all_of(path)
    assert check(Settings()).problems == ()
    assert set(after) <= set(before)
    assert sum(len(tables["points"]) for tables in after.values()) > 0.3 * sum(
        len(t["points"]) for t in before.values()
    )


@pytest.mark.parametrize("is_copied", [True, False])
def test_a_file_of_which_nothing_can_be_read_makes_room_for_the_newest_copy(path: Path, is_copied: bool) -> None:
    before = all_of(path)
    if is_copied:
        with_copy(path)
    path.write_bytes(os.urandom(500_000))
    if is_copied:
        assert "Nothing of" in recover(Settings())[0]
        assert all_of(path) == before
    else:
        with pytest.raises(StoreUnavailable, match=r"Nothing of .* can be read"):
            recover(Settings())
        assert path.stat().st_size == 500_000


def with_copy(path: Path) -> Path:
    database = open_database(Settings())
    made = backup.back_up(Settings(), database)
    database.close()
    return made


def test_what_is_lost_comes_back_from_the_newest_copy(path: Path) -> None:
    before = all_of(path)
    with_copy(path)
    for table in ("points", "runs"):
        spoil(path, pages_of(path, table)[-1])
    recover(Settings())
    assert all_of(path) == before


def test_the_rows_around_those_that_cannot_be_read_are_read(home: Path) -> None:
    bad = {5, 6, 100, *range(1000, 1700), 9_999}

    def fetch(low: int, many: int) -> list[tuple[int, ...]]:
        wanted = [number for number in range(10_000) if number >= low and number % 3][:many]
        if bad & set(wanted):
            raise sqlite3.DatabaseError("malformed")
        return [(number,) for number in wanted]

    reader = Reader(sqlite3.connect(":memory:"))
    rows = [number for batch in reader.numbered(fetch) for (number,) in batch]
    assert rows == [number for number in range(10_000) if number % 3 and number not in bad]
    assert reader.lost == 3


def test_a_copy_is_made_while_others_write_and_is_whole(path: Path, tmp_path: Path) -> None:
    database = open_database(Settings())
    run_id = runs.create(database, content(LAKE), [1])
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1)
    recorder.report(0, 1.0, {"return_mean": 1.0})
    recorder.flush()
    made = backup.back_up(Settings(), database, tmp_path / "copies" / "mine.db")
    recorder.report(0, 2.0, {"return_mean": 2.0})
    recorder.close()
    copy = Database(f"sqlite:///{made}")
    assert queries.run(copy, run_id).reports == 1
    copy.close()
    with pytest.raises(StoreUnavailable, match="is there already"):
        backup.back_up(Settings(), database, made)
    assert sorted(each.name for each in made.parent.iterdir()) == ["mine.db"]
    database.close()


def test_copies_are_made_once_a_day_and_the_oldest_go(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    database, kept = open_database(Settings()), Settings(backups=3)
    assert backup.nightly(Settings(), database) is None
    for day in range(5):
        made = backup.nightly(kept, database)
        assert made
        assert backup.nightly(kept, database) is None, "there is one of this day"
        for copy in backup.backups(kept):
            os.utime(copy, (copy.stat().st_mtime - 90_000,) * 2)
        made.rename(made.with_name(f"raydeck-2026010{day}-000000.db"))
    assert [each.name for each in backup.backups(kept)] == [f"raydeck-2026010{day}-000000.db" for day in (4, 3, 2)]
    database.close()


def test_a_copy_takes_the_place_of_what_is_there_which_is_kept(path: Path, tmp_path: Path) -> None:
    then = all_of(path)
    copy = with_copy(path)
    recorded("later", [1.0])
    api.reset()
    now = all_of(path)
    said = recover(Settings(), copy)
    assert all_of(path) == then
    (kept,) = path.parent.glob("raydeck.db.before-*")
    assert str(kept) in said[0]
    assert all_of(kept) == now


def test_where_there_is_none_the_newest_copy_comes_and_where_there_is_no_copy_a_new_one(path: Path) -> None:
    before = all_of(path)
    copy = with_copy(path)
    path.unlink()
    recover(Settings())
    assert all_of(path) == before
    copy.unlink()
    path.unlink()
    assert recover(Settings()) == []
    assert all_of(path) == {}


def test_runs_that_went_on_beside_the_database_come_in_and_their_files_go(path: Path) -> None:
    beside = path.with_name(PATTERN.format("abcdefgh"))
    shutil.copyfile(path, beside)
    before = all_of(path)
    later = Database(f"sqlite:///{beside}")
    run_id = runs.create(later, content({**LAKE, "name": "beside"}), [1])
    runs.claim(later, run_id, 1, "host", {})
    later.close()
    (said, going) = recover(Settings())
    assert "and 7 more came from" in said
    assert run_id in going
    assert beside.exists(), "its run may still go on there"
    later = Database(f"sqlite:///{beside}")
    runs.finish(later, run_id, 1, RunState.SUCCEEDED)
    later.close()
    recover(Settings())
    assert not beside.exists()
    after = all_of(path)
    assert set(after) == {*before, run_id}
    assert recover(Settings()) == []


def test_what_is_no_database_is_neither_copied_from_nor_brought_in(path: Path) -> None:
    notes, before = path.with_name("notes.txt"), path.read_bytes()
    notes.write_text("my precious notes" * 1000)
    with pytest.raises(StoreUnavailable):
        recover(Settings(), notes)
    with pytest.raises(StoreUnavailable, match=r"notes.txt is no Raydeck database"):
        recover(Settings(), brought=[notes])
    assert path.read_bytes() == before
    assert notes.exists()
