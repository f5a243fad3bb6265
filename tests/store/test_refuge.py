"""A run whose database is removed, replaced, damaged or dropped goes on, keeps all that it recorded, and says so."""

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import NullPool, create_engine, make_url

import backend
from backend import api
from backend.errors import StaleAttempt, StoreGone, StoreUnavailable, UnknownRun
from backend.model import Run, RunState
from backend.settings import Settings
from backend.store import queries, runs, whereabouts
from backend.store.database import Database, open_database
from backend.store.fanout.book import TaskBook
from backend.store.fanout.task_rows import Done
from backend.store.fanout.tasks import Wanted, page
from backend.store.recording import refuge
from backend.store.recording.refuge import PATTERN, Refuge
from backend.store.series import read
from backend.tracking.track import TrackedRun
from tests.conftest import LAKE, content, new_database, poll
from tests.store.test_rollups import check


@pytest.fixture
def path(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The database's file; nobody waits long for one that is gone."""
    monkeypatch.setattr(refuge, "GRACE_SECONDS", 0.3)
    monkeypatch.setattr(refuge, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(whereabouts, "LOOK_SECONDS", 0.1)
    return home / "raydeck.db"


@pytest.fixture
def run(path: Path) -> Iterator[TrackedRun]:
    """A run of a script that has reported a thousand times."""
    tracked = backend.track("mine")
    logged(tracked, 1000)
    poll(lambda: api.run(tracked.id).reports == 1000, "all on disk")
    api.reset()
    yield tracked
    tracked.finish()


def logged(run: TrackedRun, reports: int) -> None:
    """Reports on, as many times."""
    first = run._session.recorder.reports(0)
    for step in range(first, first + reports):
        run.log({"loss": float(step)}, step=step)


def rescue(path: Path, run: TrackedRun) -> Path:
    return path.with_name(PATTERN.format(run.id))


def within(path: Path, run: TrackedRun) -> Run:
    """Returns the run as a file has it, after a look at all of its points."""
    database = Database(f"sqlite:///{path}")
    found = queries.run(database, run.id)
    (curve,) = read.read(database, [run.id], ["loss"], points=10**6)
    np.testing.assert_array_equal(curve.mean, np.arange(found.reports))
    assert check(database, run.id) == found.reports, "each of them is there once, and in the rollups"
    database.close()
    return found


def has(path: Path, run: TrackedRun, reports: int) -> bool:
    if not path.exists():
        return False
    database = Database(f"sqlite:///{path}")
    try:
        arrived = queries.run(database, run.id).reports == reports
    except (StoreUnavailable, UnknownRun):
        return False  # it is being made
    finally:
        database.close()
    return arrived and within(path, run).reports == reports


def written_back(path: Path) -> None:
    """Has what is in the log written to the file itself."""
    file = sqlite3.connect(path)
    file.execute("pragma wal_checkpoint(full)")
    file.close()


def damaged(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(os.urandom(8192))


def removed(path: Path) -> None:
    path.unlink()


def replaced_by_an_empty_one(path: Path) -> None:
    aside = path.with_name("other")
    open_database(Settings(db=f"sqlite:///{aside}")).close()
    aside.replace(path)


def replaced_by_notes(path: Path) -> None:
    aside = path.with_name("other")
    aside.write_text("my precious notes" * 1000)
    aside.replace(path)


def all_removed(path: Path) -> None:
    for part in path.parent.glob("raydeck.db*"):
        part.unlink()


@pytest.mark.parametrize("gone", [removed, all_removed, replaced_by_an_empty_one, replaced_by_notes])
def test_a_run_goes_on_in_a_file_beside_it_with_all_that_it_had(
    path: Path, run: TrackedRun, gone: Callable[[Path], None], capfd: pytest.CaptureFixture[str]
) -> None:
    gone(path)
    before = path.read_bytes() if path.exists() else None
    logged(run, 500)
    poll(lambda: has(rescue(path, run), run, 1500), "all in the file beside it")
    logged(run, 500)
    run.finish()
    ended = within(rescue(path, run), run)
    assert (ended.state, ended.reports, ended.name) == (RunState.SUCCEEDED, 2000, "mine")
    assert (path.read_bytes() if path.exists() else None) == before
    said = capfd.readouterr().err
    assert f"raydeck: The database {path} was re" in said
    assert f"raydeck: run {run.id} goes on in {rescue(path, run)}" in said
    assert "“raydeck recover” brings it into the database" in said


def test_of_a_damaged_file_what_can_be_read_comes_along_and_it_is_not_used_again(
    path: Path, run: TrackedRun, capfd: pytest.CaptureFixture[str]
) -> None:
    damaged(path)
    logged(run, 500)
    poll(rescue(path, run).exists, "a file beside it")
    logged(run, 500)
    run.finish()
    ended = queries.run(Database(f"sqlite:///{rescue(path, run)}"), run.id)
    assert (ended.state, ended.name) == (RunState.SUCCEEDED, "mine")
    assert ended.reports == 2000
    assert capfd.readouterr().err.count("goes on in") == 1


def test_what_is_back_at_once_is_used_as_before(path: Path, run: TrackedRun) -> None:
    aside = path.rename(path.with_name("aside"))
    logged(run, 500)
    with pytest.raises(StoreGone):
        run._session.recorder.flush()
    aside.rename(path)
    run.finish()
    assert within(path, run).reports == 1500
    assert not rescue(path, run).exists()


def moved_back(path: Path, aside: Path) -> None:
    aside.rename(path)


def copied_back(path: Path, aside: Path) -> None:
    """Another file, with what was written back when it was copied; beside it lies the log of the one that is gone."""
    shutil.copyfile(aside, path.with_name("copy"))
    path.with_name("copy").rename(path)


@pytest.mark.parametrize("back", [moved_back, copied_back])
@pytest.mark.parametrize("is_soon", [True, False])
def test_what_is_back_later_gets_all_that_was_recorded_meanwhile(
    path: Path, run: TrackedRun, back: Callable[[Path, Path], None], is_soon: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    written_back(path)
    logged(run, 500)
    poll(lambda: has(path, run, 1500), "on disk, some of it in the log")
    aside = path.rename(path.with_name("aside"))
    logged(run, 500)
    if not is_soon:
        poll(lambda: has(rescue(path, run), run, 2000), "in the file beside it")
    back(path, aside)
    logged(run, 500)
    poll(lambda: has(path, run, 2500), "home again")
    logged(run, 500)
    run.finish()
    ended = within(path, run)
    assert (ended.state, ended.reports, ended.attempt) == (RunState.SUCCEEDED, 3000, 1)
    assert not rescue(path, run).exists()
    assert ("which is there again" in capfd.readouterr().err) == (not is_soon or back is copied_back)
    whole = sqlite3.connect(path)
    assert whole.execute("pragma integrity_check").fetchall() == [("ok",)]
    whole.close()


def test_a_run_that_was_given_up_at_home_meanwhile_comes_back(path: Path, run: TrackedRun) -> None:
    aside = path.rename(path.with_name("aside"))
    poll(rescue(path, run).exists, "a file beside it")
    aside.rename(path)
    poll(lambda: not rescue(path, run).exists(), "home again")
    home = Database(f"sqlite:///{path}")
    runs.move(home, run.id, RunState.LOST, "silent")
    poll(lambda: queries.run(home, run.id).state is RunState.RUNNING, "its heartbeat came back")


def test_a_run_that_another_attempt_has_taken_over_at_home_stays_where_it_is(path: Path, run: TrackedRun) -> None:
    written_back(path)
    aside = path.rename(path.with_name("aside"))
    poll(rescue(path, run).exists, "a file beside it")
    copy = path.with_name("copy")
    shutil.copyfile(aside, copy)
    other = Database(f"sqlite:///{copy}")
    runs.move(other, run.id, RunState.LOST, "silent")
    runs.requeue(other, run.id)
    other.close()
    copy.rename(path)
    logged(run, 500)
    run.finish()
    assert within(rescue(path, run), run).reports == 1500
    assert queries.run(Database(f"sqlite:///{path}"), run.id).attempt == 2


def test_where_its_folder_is_gone_too_the_file_is_where_files_for_a_while_are(
    path: Path, run: TrackedRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    run._session._refuge._folders[-1] = tmp_path
    shutil.rmtree(path.parent)
    logged(run, 500)
    poll(lambda: has(tmp_path / PATTERN.format(run.id), run, 1500), "in the other folder")
    assert not path.parent.exists()


def test_a_file_that_is_removed_in_its_turn_is_followed_by_another(path: Path, run: TrackedRun) -> None:
    path.unlink()
    poll(rescue(path, run).exists, "a file beside it")
    rescue(path, run).unlink()
    logged(run, 500)
    poll(lambda: has(rescue(path, run), run, 1500), "another one")


def test_what_a_fan_out_writes_goes_along(path: Path) -> None:
    database = open_database(Settings())
    run_id = runs.create(
        database, content({"kind": "tasks", "function": "word_count", "inputs": {"range": 9}}), [None], total=9
    )
    runs.claim(database, run_id, 1, "host", {})
    kept = Refuge(database, run_id, 1, path.parent)
    book = TaskBook(database, run_id, 1)
    book.succeed([Done(number, 1, "{}", 1.0, 0.1, 0, 3.0, "3.0") for number in range(5)])
    book.flush()
    path.unlink()
    book.succeed([Done(number, 1, "{}", 1.0, 0.1, 0, 3.0, "3.0") for number in range(5, 9)])

    def flushed() -> bool:
        try:
            book.flush()
        except StoreGone:
            return False
        return True

    poll(flushed, "written beside it")
    rescued = Database(f"sqlite:///{path.with_name(PATTERN.format(run_id))}")
    assert len(page(rescued, run_id, Wanted(), 0, 100)) == 9
    tasks = queries.run(rescued, run_id).tasks
    assert tasks is not None
    assert tasks.succeeded == 9
    kept.leave()
    for each in (database, rescued):
        each.close()


def test_an_attempt_that_nobody_wants_any_more_is_told_so_there_too(path: Path) -> None:
    database = open_database(Settings())
    run_id = runs.create(database, content(LAKE), [1])
    runs.claim(database, run_id, 1, "host", {})
    runs.move(database, run_id, RunState.LOST)
    runs.requeue(database, run_id)
    kept = Refuge(database, run_id, 1, path.parent)
    path.unlink()

    def told() -> bool:
        try:
            with database.write() as tx:
                runs.hold(tx, run_id, 1)
        except StoreGone:
            return False
        except StaleAttempt:
            return True
        raise AssertionError("it may write")

    poll(told, "told")
    kept.leave()
    database.close()


@pytest.fixture
def renamed(home: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Lets the database be one on a server, and returns what takes it away there, or puts it back."""
    monkeypatch.setattr(refuge, "LOOK_SECONDS", 0.1)
    url = new_database(postgres_url)
    monkeypatch.setenv("RAYDECK_DB", url)
    name = make_url(url).database
    engine = create_engine(
        make_url(postgres_url).set(drivername="postgresql+psycopg"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )

    def rename(is_there: bool) -> None:
        names = (f"{name}_away", name) if is_there else (name, f"{name}_away")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"alter database {names[0]} with allow_connections {is_there}")
            connection.exec_driver_sql(
                f"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{names[0]}'"
            )
            connection.exec_driver_sql(f"alter database {names[0]} rename to {names[1]}")

    return rename


@pytest.mark.parametrize("is_soon", [True, False])
def test_a_database_that_a_server_no_longer_has_is_waited_for_and_then_written_beside(
    home: Path,
    renamed: Callable[[bool], None],
    is_soon: bool,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(refuge, "SERVER_GRACE_SECONDS", 600.0 if is_soon else 0.5)
    run = backend.track("mine")
    logged(run, 1000)
    run._session.recorder.flush()
    renamed(False)
    logged(run, 500)
    told = []
    poll(lambda: told.append(capfd.readouterr().err) or "no longer on its server" in "".join(told), "said")
    if not is_soon:
        poll((home / PATTERN.format(run.id)).exists, "a file in the home")
        logged(run, 500)
        poll(lambda: api_run(home, run).reports == 2000, "what came since is there")
    renamed(True)
    logged(run, 500)
    run.finish()
    assert not (home / PATTERN.format(run.id)).exists()
    database = open_database(Settings())
    ended = queries.run(database, run.id)
    assert (ended.state, ended.reports) == (RunState.SUCCEEDED, 2000 if is_soon else 2500)
    assert check(database, run.id) == ended.reports
    database.close()


def api_run(home: Path, run: TrackedRun) -> Run:
    database = Database(f"sqlite:///{home / PATTERN.format(run.id)}")
    found = queries.run(database, run.id)
    database.close()
    return found
