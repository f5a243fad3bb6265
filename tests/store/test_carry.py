"""What one database holds of a run comes into another once, whatever is there already, and nothing later is lost."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from backend.model import Checkpoint, RunState, TrialState
from backend.settings import Settings
from backend.store import annotations, carry, carry_asides, queries, runs, schema
from backend.store.database import Database, open_database
from backend.store.fanout.book import TaskBook
from backend.store.fanout.task_rows import Done
from backend.store.recording.recorder import Recorder
from backend.store.series import read
from tests.conftest import LAKE, content
from tests.store.test_rollups import check

OWN_NUMBERS = {"ordinal", "id", "series", "run"}  # what each database counts for itself
ASIDES = {table.name for table in carry_asides.TABLES}  # see test_what_was_set_aside_comes_too
TABLES = [table for table in schema.metadata.sorted_tables if table.name not in {"views", *ASIDES}]


@pytest.fixture
def mine(home: Path, tmp_path: Path) -> Iterator[Database]:
    """The database that the run is in."""
    opened = open_database(Settings(home=tmp_path / "mine", db=""))
    yield opened
    opened.close()


@pytest.fixture
def there(database: Database) -> Database:
    """The database that it comes to: another run of it has taken the numbers."""
    other = runs.create(database, content({**LAKE, "name": "other"}), [1, 2])
    runs.claim(database, other, 1, "host", {})
    recorder = Recorder(database, other, 1)
    recorder.report(0, 1.0, {"return_mean": 0.5})
    recorder.finish(RunState.SUCCEEDED)
    return database


@pytest.fixture
def run_id(mine: Database) -> str:
    made = runs.create(mine, content(LAKE), [1, 2], launch_key="k")
    runs.claim(mine, made, 1, "host", {"ray": "2"})
    return made


def reported(database: Database, run_id: str, reports: int, attempt: int = 1) -> None:
    recorder = Recorder(database, run_id, attempt)
    recorder.trial(0, state=TrialState.RUNNING, started_at=1.0)
    for step in range(reports):
        recorder.report(0, float(step), {"return_mean": step / 7, "learner/loss": float("nan")})
    recorder.checkpoint(Checkpoint.of(run_id, 0, reports, {"return_mean": 1.0}, 10))
    recorder.close()


def carried(source: Database, target: Database, run_id: str) -> carry.Carried:
    with source.read() as connection, target.write() as tx:
        return carry.carry(carry.Source(connection), tx, run_id)


def held(database: Database, run_id: str) -> dict[str, list[Any]]:
    """Returns all that a database holds of a run, but for the numbers that it has itself given."""
    run = queries.run(database, run_id)
    with database.read() as connection:
        numbers = list(connection.execute(select(schema.series.c.id).where(schema.series.c.run_id == run_id)).scalars())
        rows = {}
        for table in TABLES:
            owner = next(name for name in ("run_id", "run", "series", "ordinal") if name in table.c)
            wanted = {"run_id": [run_id], "run": [run.ordinal], "series": numbers, "ordinal": [run.ordinal]}[owner]
            kept = [column for column in table.c if column.name not in OWN_NUMBERS]
            found = connection.execute(select(*kept).where(table.c[owner].in_(wanted))).all()
            rows[table.name] = sorted(map(repr, map(tuple, found)))
    return rows


def test_a_run_that_is_not_there_comes_whole(mine: Database, there: Database, run_id: str) -> None:
    reported(mine, run_id, 1000)
    annotations.tag(mine, [run_id], ["mine"])
    annotations.note(mine, run_id, "a note")
    assert carried(mine, there, run_id) is carry.Carried.ALL
    assert held(there, run_id) == held(mine, run_id)
    assert check(there, run_id) == 2000
    assert len(queries.all_runs(there)) == 2


def test_a_fan_out_comes_with_its_tasks(mine: Database, there: Database) -> None:
    spec = content({"kind": "tasks", "function": "monte_carlo_pi", "inputs": {"range": 30}})
    run_id = runs.create(mine, spec, [None], total=30)
    runs.claim(mine, run_id, 1, "host", {})
    book = TaskBook(mine, run_id, 1)
    book.succeed([Done(number, 1, "{}", 1.0, 0.1, 0, 3.0, "3.0") for number in range(20)])
    book.fail(Done(20, 1, "{}", 1.0, 0.1, 0, error=("ValueError", "a.py:1", "no", "trace")))
    book.flush()
    carried(mine, there, run_id)
    assert held(there, run_id) == held(mine, run_id)
    book.succeed([Done(21, 1, "{}", 1.0, 0.1, 0, 3.0, "3.0")])
    book.flush()
    carried(mine, there, run_id)
    assert held(there, run_id) == held(mine, run_id)


@pytest.mark.parametrize("more", [0, 1, 15, 16, 500])
def test_a_run_that_is_there_gets_what_it_lacks(mine: Database, there: Database, run_id: str, more: int) -> None:
    reported(mine, run_id, 100)
    carried(mine, there, run_id)
    reported(mine, run_id, more)
    for _ in range(2):  # twice is once
        carried(mine, there, run_id)
        assert held(there, run_id) == held(mine, run_id)
        assert check(there, run_id) == 2 * (100 + more)


def test_points_that_are_missing_in_the_middle_come_too(mine: Database, there: Database, run_id: str) -> None:
    reported(mine, run_id, 1000)
    carried(mine, there, run_id)
    with there.write() as tx:
        tx.exec_driver_sql("delete from points where sequence between 100 and 299 or sequence > 900")
    carried(mine, there, run_id)
    assert held(there, run_id) == held(mine, run_id)


def later_there(there: Database, run_id: str) -> None:
    """Resumes the run there: its second attempt reports in its own way."""
    runs.move(there, run_id, RunState.LOST)
    runs.requeue(there, run_id)
    runs.claim(there, run_id, 2, "host", {})
    reported(there, run_id, 50, attempt=2)


def by_hand(there: Database, run_id: str) -> None:
    annotations.tag(there, [run_id], ["theirs"])
    annotations.note(there, run_id, "said there")
    annotations.star(there, [run_id], True)


def given_up(there: Database, run_id: str) -> None:
    """A reader has taken it for lost; the next heartbeat says that it came back."""
    runs.move(there, run_id, RunState.LOST, "silent", ended_at=1.0)


@pytest.mark.parametrize("change", [later_there, by_hand, given_up])
def test_what_is_known_better_there_stays(
    mine: Database, there: Database, run_id: str, change: Callable[[Database, str], None]
) -> None:
    reported(mine, run_id, 100)
    carried(mine, there, run_id)
    change(there, run_id)
    before = queries.run(there, run_id)
    reported(mine, run_id, 200)
    came = carried(mine, there, run_id)
    assert came is (carry.Carried.SOME if change is later_there else carry.Carried.ALL)
    after = queries.run(there, run_id)
    for name in ("state", "attempt", "note", "starred", "tags"):
        assert getattr(after, name) == getattr(before, name)
    points = check(there, run_id)
    assert len(queries.all_runs(there, query="lake said")) == (change is by_hand), "it is found by what was said of it"
    assert points == (2 * 150 if change is later_there else 2 * 300)


def test_what_cannot_be_read_is_left_out_and_the_rest_comes(mine: Database, there: Database, run_id: str) -> None:
    reported(mine, run_id, 1000)
    with mine.write() as tx:
        tx.exec_driver_sql("drop table checkpoints")
        tx.exec_driver_sql("drop table rollups")
    with mine.read() as connection, there.write() as tx:
        source = carry.Source(connection)
        assert carry.carry(source, tx, run_id) is carry.Carried.ALL
    assert not source.is_whole
    assert check(there, run_id) == 2000
    assert len(read.read(there, [run_id], ["return_mean"])[0].x) > 0


def test_of_a_run_that_the_source_does_not_know_nothing_comes(mine: Database, there: Database) -> None:
    assert carried(mine, there, "nobody22") is carry.Carried.NOTHING


def test_what_was_set_aside_comes_too_and_only_once(mine: Database, there: Database, run_id: str) -> None:
    reported(mine, run_id, 30)
    assert carried(mine, there, run_id) is carry.Carried.ALL
    recorder = Recorder(mine, run_id, 1)
    recorder.go_back(0, 20)
    recorder.report(0, 20.0, {"return_mean": -1.0})
    recorder.close()
    for _ in range(2):
        carried(mine, there, run_id)
    with mine.read() as one, there.read() as other:
        for table in carry_asides.TABLES:
            counted = select(func.count()).select_from(table)
            assert one.execute(counted).scalar() == other.execute(counted).scalar() > 0, table.name
    lines = [read.read(each, [run_id], ["return_mean"])[0] for each in (mine, there)]
    assert lines[0].length == lines[1].length == 21
    assert lines[1].last[-1] == -1.0
