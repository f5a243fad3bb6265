"""What a fan-out's driver writes is what is read, exactly once, whatever fails between; and the
summary is what numpy says."""

import io
import json
import math
import weakref
from collections import Counter
from collections.abc import Iterable
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from backend.analysis import tables
from backend.errors import IllegalMove, StaleAttempt, StoreUnavailable, UnknownRun
from backend.model import RunState, Task, TaskCounts, TaskState
from backend.store import queries, runs, space, wishes
from backend.store.database import Database
from backend.store.fanout import book as book_
from backend.store.fanout import tasks as store
from backend.store.fanout.book import MOST_FAILURES, TaskBook
from backend.store.fanout.summary import LARGEST, SLOWEST, Durations, Histogram, Moments, Summary, Throughput
from backend.store.fanout.task_rows import Done, TaskRow
from backend.store.fanout.tasks import Wanted
from backend.store.schema import fanouts, tasks
from tests.conftest import content

FANOUT: dict[str, Any] = {
    "kind": "tasks",
    "name": "pi",
    "function": "monte_carlo_pi",
    "inputs": {"range": 10, "argument": "seed"},
}
ERROR = ("ValueError", "mine.py:3", "not in the mood", "Traceback …")


def launched(database: Database, total: int = 10) -> str:
    run_id = runs.create(database, content(FANOUT), [None], total=total)
    runs.claim(database, run_id, 1, "host", {})
    return run_id


def book_of(database: Database, run_id: str, attempt: int = 1) -> TaskBook:
    return TaskBook(database, run_id, attempt)


def done(number: int, value: float | None = None, **more: Any) -> Done:
    return Done(number, 1, json.dumps({"seed": number}), 100.0 + number, 0.5, 0, value, json.dumps(value), **more)


def failing(number: int, error: tuple[str, str, str, str] = ERROR) -> Done:
    return Done(number, 1, json.dumps({"seed": number}), 100.0 + number, 0.5, 0, error=error)


def counts(database: Database, run_id: str) -> TaskCounts:
    found = queries.run(database, run_id).tasks
    assert found is not None
    assert found == store.summary(database, run_id)[0]
    return found


def everything(database: Database, run_id: str) -> list[Task]:
    return store.page(database, run_id, Wanted(), limit=10_000)


def states(database: Database, run_id: str) -> dict[int, str]:
    return {each.number: each.state.value for each in everything(database, run_id)}


# ---- written and read


def test_what_is_flushed_is_read_back(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.running = 1
    book.begin(4, 2, '{"seed": 4}', 104.0)
    book.succeed([done(0, 3.5), done(1, artifact="results/0000/1.png"), done(2, output="hello\n")])
    book.fail(failing(3))
    book.flush()
    nothing = {"value": None, "artifact": None, "error": None, "failure": None, "output": None}
    mine = {"attempts": 1, "seconds": 0.5, "worker": 0, **nothing}
    assert everything(database, run_id) == [
        Task(**mine | {"number": 0, "state": TaskState.SUCCEEDED, "input": {"seed": 0}, "started_at": 100.0,
        "value": 3.5, "result": 3.5}),
        Task(**mine | {"number": 1, "state": TaskState.SUCCEEDED, "input": {"seed": 1}, "started_at": 101.0,
        "result": None,
                       "artifact": "results/0000/1.png"}),
        Task(**mine | {"number": 2, "state": TaskState.SUCCEEDED, "input": {"seed": 2}, "started_at": 102.0,
        "result": None,
                       "output": "hello\n"}),
        Task(**mine | {"number": 3, "state": TaskState.FAILED, "input": {"seed": 3}, "started_at": 103.0,
        "result": None,
                       "error": "ValueError: not in the mood", "failure": 0}),
        Task(**mine | {"number": 4, "state": TaskState.RUNNING, "attempts": 2, "input": {"seed": 4},
        "started_at": 104.0, "seconds": None,
                       "worker": None, "result": None}),
    ]  # fmt: skip
    assert counts(database, run_id) == TaskCounts(10, running=1, succeeded=3, failed=1)
    assert counts(database, run_id).queued == 5
    assert store.task(database, run_id, 3) == everything(database, run_id)[3]
    assert store.task(database, run_id, 9) is None, "nobody has taken it yet"
    assert [each.number for each in store.artifacts(database, run_id, ".png", 0, 10)] == [1]
    assert store.artifacts(database, run_id, ".npy", 0, 10) == []


def test_a_row_has_the_columns_of_its_table() -> None:
    assert [*TaskRow._fields] == [column.name for column in tasks.c if column.name != "run_id"]


def test_a_running_task_becomes_what_it_ended_as(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    for number in range(4):
        book.begin(number, 1, "{}", 1.0)
    book.succeed([done(0)])  # before it was written that it runs
    book.flush()
    assert states(database, run_id) == {0: "succeeded", 1: "running", 2: "running", 3: "running"}
    book.succeed([done(1), done(2, output="said")])
    book.fail(failing(3))
    book.flush()
    assert states(database, run_id) == {0: "succeeded", 1: "succeeded", 2: "succeeded", 3: "failed"}


def test_flushing_twice_is_flushing_once(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.succeed([done(number, 1.0) for number in range(7)])
    book.fail(failing(7))
    book.flush()
    before = everything(database, run_id), counts(database, run_id), store.failure_groups(database, run_id)
    assert book.waiting == 0
    book.flush()
    assert (everything(database, run_id), counts(database, run_id), store.failure_groups(database, run_id)) == before


def test_a_book_of_two_thousand_tasks_is_whole(database: Database) -> None:
    """More than a statement holds, and no multiple of it."""
    run_id = launched(database, 2003)
    book = book_of(database, run_id)
    book.succeed([done(number, float(number)) for number in range(1500)])
    for number in range(1500, 2003):
        book.fail(failing(number))
    book.flush()
    found = everything(database, run_id)
    assert [each.number for each in found] == list(range(2003))
    assert [each.value for each in found[:1500]] == list(map(float, range(1500)))
    assert counts(database, run_id) == TaskCounts(2003, succeeded=1500, failed=503)


def test_what_databases_cannot_hold_is_replaced(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.succeed([done(0, math.nan), done(1, math.inf), Done(2, 1, '{"s": "\\u0000\\ud800"}', result='"\\u0000"')])
    book.fail(failing(3, ("Odd\0Error", "a\0.py:1", "half \ud800 a pair", "\0")))
    book.flush()
    zero, one, two, three = everything(database, run_id)
    assert (zero.value, one.value) == (None, None)
    assert math.isnan(zero.result)
    assert math.isinf(one.result)
    assert (two.input, two.result) == ({"s": "\0\ud800"}, "\0"), "JSON escapes them"
    assert three.error == "Odd\ufffdError: half ? a pair"


def test_long_messages_are_cut(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.fail(failing(0, ("E", "p", "x" * 1_000_000, "t")))
    book.flush()
    (task,) = everything(database, run_id)
    assert len(task.error or "") == book_.MOST_TEXT
    assert len(store.failure_groups(database, run_id)[0].message) == book_.MOST_TEXT


def test_a_run_that_is_not_there_is_unknown(database: Database) -> None:
    with pytest.raises(UnknownRun):
        book_of(database, "nope")
    with pytest.raises(UnknownRun):
        store.summary(database, "nope")
    assert store.page(database, "nope", Wanted()) == []


# ---- crashes


def test_a_stale_attempt_writes_nothing(database: Database) -> None:
    run_id = launched(database)
    old = book_of(database, run_id)
    old.succeed([done(0)])
    old.flush()
    old.succeed([done(1)])
    old.fail(failing(2))
    runs.move(database, run_id, RunState.LOST, "silent")
    runs.requeue(database, run_id)
    with pytest.raises(StaleAttempt):
        old.flush()
    runs.claim(database, run_id, 2, "host", {})
    with pytest.raises(StaleAttempt):
        old.flush()
    assert states(database, run_id) == {0: "succeeded"}
    assert counts(database, run_id) == TaskCounts(10, succeeded=1)
    new = book_of(database, run_id, 2)
    assert list(new.ended()) == [1] + [0] * 9
    new.succeed([done(number) for number in range(1, 10)])
    new.flush()
    assert counts(database, run_id) == TaskCounts(10, succeeded=10)
    assert len(everything(database, run_id)) == 10


@pytest.mark.parametrize("where", ["before", "in the middle"])
def test_a_write_that_fails_keeps_everything_for_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.succeed([done(0, 1.0)])
    book.fail(failing(1))

    def full(*_: object) -> AbstractContextManager[Any]:
        raise StoreUnavailable("the disk is full")

    with monkeypatch.context() as patched:
        if where == "before":
            patched.setattr(database, "write", full)
        else:
            patched.setattr(book_.task_rows, "upsert", full)
        with pytest.raises(StoreUnavailable):
            book.flush()
    assert (book.waiting, everything(database, run_id)) == (2, [])
    assert store.failure_groups(database, run_id) == []
    book.succeed([done(2, 2.0)])
    book.flush()
    assert states(database, run_id) == {0: "succeeded", 1: "failed", 2: "succeeded"}
    assert counts(database, run_id) == TaskCounts(10, succeeded=2, failed=1)
    assert len(store.failure_groups(database, run_id)) == 1
    assert store.summary(database, run_id)[1].moments.count == 2


portion = st.tuples(
    st.lists(st.sampled_from(["plain", "file", "failed"]), max_size=40),
    st.sampled_from(["flush", "crash", "lost", "fails"]),
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(portions=st.lists(portion, min_size=1, max_size=6))
def test_counts_are_exact_whatever_breaks_off(database: Database, portions: list[tuple[list[str], str]]) -> None:
    """What was not written is done again by the next attempt, and nothing is counted twice."""
    run_id, attempt = launched(database, 250), 1
    book = book_of(database, run_id)
    todo = iter(range(250))
    for kinds, end in portions:
        for kind in kinds:
            number = next(todo)
            book.begin(number, 1, "{}", 1.0)
            if kind == "failed":
                book.fail(failing(number))
            else:
                book.succeed([done(number, 1.0, artifact="a.png" if kind == "file" else None)])
        if end == "flush":
            book.flush()
        elif end == "lost":
            runs.move(database, run_id, RunState.LOST, "silent")
            runs.requeue(database, run_id)
            attempt += 1
            runs.claim(database, run_id, attempt, "host", {})
        if end in ("crash", "lost"):
            book = book_of(database, run_id, attempt)
            ended = book.ended()
            todo = iter([number for number in range(250) if not ended[number]])
    book.flush()
    found = Counter(states(database, run_id).values())
    assert counts(database, run_id) == TaskCounts(250, succeeded=found["succeeded"], failed=found["failed"])
    assert set(found) <= {"succeeded", "failed"}
    summary = store.summary(database, run_id)[1]
    assert summary.moments.count == sum(summary.seconds.counts.values()) == found["succeeded"]
    assert sum(each.count for each in store.failure_groups(database, run_id)) == found["failed"]


def test_no_task_runs_in_a_run_that_is_over(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.running = 5  # three of them were sent together, and have no rows
    book.begin(0, 1, "{}", 1.0)
    book.begin(1, 3, "{}", 1.0)
    book.succeed([done(2)])
    book.flush()
    runs.finish(database, run_id, 1, RunState.STOPPED)
    assert states(database, run_id) == {0: "stopped", 1: "stopped", 2: "succeeded"}
    assert counts(database, run_id) == TaskCounts(10, succeeded=1, stopped=2)
    runs.requeue(database, run_id)
    assert states(database, run_id) == {0: "queued", 1: "queued", 2: "succeeded"}
    assert counts(database, run_id) == TaskCounts(10, succeeded=1)
    runs.claim(database, run_id, 2, "host", {})
    assert book_of(database, run_id, 2).attempts() == {0: 1, 1: 3}


def test_a_run_taken_for_lost_goes_on_counting_when_its_heart_beats_again(database: Database) -> None:
    run_id = launched(database)
    book = book_of(database, run_id)
    book.running = 1
    book.begin(0, 1, "{}", 1.0)
    book.flush()
    runs.move(database, run_id, RunState.LOST, "silent")
    assert counts(database, run_id) == TaskCounts(10, stopped=1)
    assert wishes.beat(database, run_id, 1).came_back
    book.succeed([done(0)])
    book.running = 0
    book.flush()
    assert states(database, run_id) == {0: "succeeded"}
    assert counts(database, run_id) == TaskCounts(10, succeeded=1)


# ---- failures, and trying again


def test_failures_are_grouped_by_kind_and_place(database: Database) -> None:
    run_id = launched(database, 20)
    book = book_of(database, run_id)
    kinds = [("ValueError", "a.py:1"), ("ValueError", "a.py:2"), ("OSError", "a.py:1"), ("ValueError", "a.py:2")]
    for number, (kind, place) in enumerate(kinds):
        book.fail(failing(number, (kind, place, f"message {number}", f"trace {number}")))
    book.flush()
    book = book_of(database, run_id)  # the groups are known to the next driver too
    book.fail(failing(4, ("ValueError", "a.py:2", "message 4", "trace 4")))
    book.flush()
    first, *others = store.failure_groups(database, run_id)
    assert (first.kind, first.place, first.count, first.first, first.message) == (
        "ValueError",
        "a.py:2",
        3,
        1,
        "message 1",
    )
    assert first.traceback == "trace 1"
    assert {(each.kind, each.place, each.count) for each in others} == {
        ("ValueError", "a.py:1", 1),
        ("OSError", "a.py:1", 1),
    }
    found = store.page(database, run_id, Wanted(failure=first.number))
    assert [each.number for each in found] == [1, 3, 4]
    assert store.count(database, run_id, Wanted(failure=first.number)) == 3


def test_too_many_kinds_of_failure_end_in_one_group_and_the_known_ones_go_on(database: Database) -> None:
    run_id = launched(database, 1000)
    book = book_of(database, run_id)
    for number in range(MOST_FAILURES + 50):
        book.fail(failing(number, ("KeyError", f"a.py:{number}", "", "")))
    book.fail(failing(900, ("KeyError", "a.py:7", "", "")))
    book.flush()
    found = store.failure_groups(database, run_id)
    assert len(found) == MOST_FAILURES + 1
    assert [(each.kind, each.place, each.count) for each in found[:2]] == [
        ("other errors", "", 50),
        ("KeyError", "a.py:7", 2),
    ]


def test_only_what_failed_is_tried_again(database: Database) -> None:
    run_id = launched(database, 4)
    book = book_of(database, run_id)
    book.succeed([done(0, 1.0), done(1, 3.0)])
    book.fail(failing(2))
    book.fail(failing(3))
    book.flush()
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    assert queries.run(database, run_id).can_retry
    with pytest.raises(IllegalMove, match="nothing left"):
        runs.requeue(database, run_id)
    runs.requeue_failed(database, run_id)
    assert queries.run(database, run_id).state is RunState.QUEUED
    assert states(database, run_id) == {0: "succeeded", 1: "succeeded", 2: "queued", 3: "queued"}
    assert counts(database, run_id) == TaskCounts(4, succeeded=2)
    assert store.failure_groups(database, run_id) == []
    assert {each.error for each in everything(database, run_id)} == {None}
    runs.claim(database, run_id, 2, "host", {})
    book = book_of(database, run_id, 2)
    assert list(book.ended()) == [1, 1, 0, 0]
    assert book.attempts() == {2: 1, 3: 1}
    book.succeed([done(2, 5.0)])
    book.fail(failing(3, ("OSError", "b.py:9", "again", "")))
    book.flush()
    runs.finish(database, run_id, 2, RunState.SUCCEEDED)
    assert counts(database, run_id) == TaskCounts(4, succeeded=3, failed=1)
    assert [(each.kind, each.count) for each in store.failure_groups(database, run_id)] == [("OSError", 1)]
    assert store.summary(database, run_id)[1].moments == Moments(3, 3.0, 8.0)


def test_what_cannot_be_tried_again_is_refused(database: Database) -> None:
    with pytest.raises(UnknownRun):
        runs.requeue_failed(database, "nope")
    run_id = launched(database, 2)
    book = book_of(database, run_id)
    book.fail(failing(0))
    book.flush()
    with pytest.raises(IllegalMove, match="running"):
        runs.requeue_failed(database, run_id)
    assert states(database, run_id) == {0: "failed"}
    runs.finish(database, run_id, 1, RunState.STOPPED)
    runs.requeue_failed(database, run_id)  # a stopped one too: what failed, and what is left
    runs.claim(database, run_id, 2, "host", {})
    book = book_of(database, run_id, 2)
    book.succeed([done(0), done(1)])
    book.flush()
    runs.finish(database, run_id, 2, RunState.SUCCEEDED)
    with pytest.raises(IllegalMove, match="No task of this run failed"):
        runs.requeue_failed(database, run_id)
    runs.remove(database, run_id)
    with pytest.raises(UnknownRun):
        runs.requeue_failed(database, run_id)


def test_deleting_a_fan_out_deletes_its_tasks(database: Database) -> None:
    kept, doomed = launched(database), launched(database)
    for run_id in (kept, doomed):
        book = book_of(database, run_id)
        book.succeed([done(0)])
        book.fail(failing(1))
        book.flush()
        runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    runs.remove(database, doomed)
    assert space.purge(database, lambda _: None) == 1
    with database.read() as connection:
        for table in ("tasks", "failures", "fanouts"):
            assert set(connection.exec_driver_sql(f"select run_id from {table}").scalars()) == {kept}


# ---- pages


@pytest.fixture
def mixed(database: Database) -> str:
    run_id = launched(database, 12)
    book = book_of(database, run_id)
    seconds = [0.3, 0.1, 0.5, 0.2, 0.4]
    book.succeed(
        [
            Done(n, 5 - n, json.dumps({"word": f"w{n}"}), 50.0 - n, seconds[n], n % 2, float(n % 3), str(n % 3))
            for n in range(5)
        ]
    )
    book.succeed(
        [Done(5, 1, json.dumps({"word": "café 50% C:\\temp"}), 60.0, 0.6, 0, None, json.dumps({"city": "Zürich"}))]
    )
    book.fail(failing(6))
    book.fail(failing(7, ("OSError", "b.py:1", "the Disk is full", "")))
    book.begin(8, 1, "{}", 70.0)
    book.flush()
    return run_id


def numbers(database: Database, run_id: str, wanted: Wanted, offset: int = 0, limit: int = 50) -> list[int]:
    return [each.number for each in store.page(database, run_id, wanted, offset, limit)]


PAGES: list[tuple[Wanted, list[int]]] = [
    (Wanted(), [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    (Wanted(states=("failed",)), [6, 7]),
    (Wanted(states=("succeeded",)), [0, 1, 2, 3, 4, 5]),
    (Wanted(states=("failed", "running")), [6, 7, 8]),
    (Wanted(states=("succeeded", "running"), descending=True), [8, 5, 4, 3, 2, 1, 0]),
    (Wanted(failure=1), [7]),
    (Wanted(failure=9), []),
    (Wanted(search="w3"), [3]),
    (Wanted(search="DISK full"), [7]),
    (Wanted(search="café"), [5]),
    (Wanted(search="Zürich"), [5]),
    (Wanted(search="50%"), [5]),
    (Wanted(search="0%"), [5]),
    (Wanted(search="_"), []),
    (Wanted(search="C:\\temp"), [5]),
    (Wanted(search='"word":'), [0, 1, 2, 3, 4, 5]),
    (Wanted(search="w1", states=("failed",)), []),
    (Wanted(order="seconds"), [1, 3, 0, 4, 2, 6, 7, 5, 8]),
    (Wanted(order="seconds", descending=True), [5, 2, 6, 7, 4, 0, 3, 1, 8]),
    (Wanted(order="started_at"), [4, 3, 2, 1, 0, 5, 8, 6, 7]),
    (Wanted(order="attempts", descending=True), [0, 1, 2, 3, 4, 5, 6, 7, 8]),
    (Wanted(order="value"), [0, 3, 1, 4, 2, 5, 6, 7, 8]),
    (Wanted(order="worker", descending=True, states=("succeeded",)), [1, 3, 0, 2, 4, 5]),
    (Wanted(order="state", states=("failed", "running")), [6, 7, 8]),
    (Wanted(order="number; drop table tasks"), [0, 1, 2, 3, 4, 5, 6, 7, 8]),  # type: ignore[arg-type]
]


def test_a_page_is_chosen_and_sorted_with_nothing_last(database: Database, mixed: str) -> None:
    for wanted, found in PAGES:
        assert numbers(database, mixed, wanted) == found, wanted
        assert store.count(database, mixed, wanted) == len(found), wanted
        paged = [number for offset in range(0, 9, 2) for number in numbers(database, mixed, wanted, offset, 2)]
        assert paged == found, f"pages neither overlap nor leave anything out: {wanted}"


def test_the_tasks_of_another_run_are_not_seen(database: Database, mixed: str) -> None:
    other = launched(database)
    assert numbers(database, other, Wanted(search="w3")) == []
    assert store.failure_groups(database, other) == []
    assert everything(database, other) == []


def test_all_tasks_are_read_in_portions(database: Database, monkeypatch: pytest.MonkeyPatch, mixed: str) -> None:
    monkeypatch.setattr(store, "ROWS_AT_ONCE", 4)
    assert [batch["number"].to_pylist() for batch in store.everything(database, mixed)] == [
        [0, 1, 2, 3],
        [4, 5, 6, 7],
        [8],
    ]


# ---- the summary

finite = st.floats(-1e12, 1e12) | st.sampled_from([0.0, 1.0, -1.0, 1e-300, -1e140, 1e140, 3.14159])
batches = st.lists(st.lists(finite, max_size=20), max_size=8)


@settings(deadline=None)
@given(parts=batches)
def test_a_histogram_counts_every_number_in_its_bin(parts: list[list[float]]) -> None:
    found = Histogram()
    for part in parts:
        found.add(np.asarray(part, np.float64))
    whole = np.sort(np.asarray([value for part in parts for value in part], np.float64))
    assert sum(found.counts) == len(whole)
    if not len(whole):
        return
    if found.width == 0:
        assert set(whole) == {found.low}
        return
    # A number on an edge may lie on either side of it, as far as rounding moves the edge.
    slack = 1e-9 * max(found.width, abs(found.low), abs(found.low + 64 * found.width))
    assert found.low - slack <= whole[0]
    assert whole[-1] <= found.low + len(found.counts) * found.width + slack
    edges = found.low + found.width * np.arange(1, len(found.counts))
    below = np.cumsum(found.counts)[:-1]
    assert (np.searchsorted(whole, edges - slack, "left") <= below).all()
    assert (below <= np.searchsorted(whole, edges + slack, "right")).all()
    if whole[-1] - whole[0] > max(1e-9 * np.abs(whole).max(), 1e-290):
        assert sum(count > 0 for count in found.counts) > 1, "it tells apart what differs"


def test_a_histogram_of_many_numbers_is_not_coarse() -> None:
    drawn = np.random.default_rng(1).normal(3.14, 0.01, 50_000)
    found = Histogram()
    for part in np.array_split(drawn, 700):
        found.add(part)
    assert sum(found.counts) == 50_000
    assert sum(count > 0 for count in found.counts) >= 16
    centres = found.low + found.width * (np.arange(64) + 0.5)
    assert np.average(centres, weights=found.counts) == pytest.approx(drawn.mean(), abs=found.width)


@settings(deadline=None)
@given(parts=batches.filter(any))
def test_moments_are_those_of_all_numbers_at_once(parts: list[list[float]]) -> None:
    found = Moments()
    for part in parts:
        found.add(np.asarray(part, np.float64))
    whole = np.asarray([value for part in parts for value in part], np.float64)
    size = np.abs(whole).max()
    assert found.count == len(whole)
    assert found.mean == pytest.approx(whole.mean(), abs=1e-9 * size)
    if len(whole) > 1:
        wanted = 1.96 * whole.std(ddof=1) / math.sqrt(len(whole))
        assert found.half_width == pytest.approx(wanted, rel=1e-6, abs=1e-6 * size)
    else:
        assert math.isnan(found.half_width)


def test_a_small_spread_around_a_large_mean_is_not_lost() -> None:
    """What the sum of squares minus the square of the sum would lose."""
    drawn = 1e9 + np.random.default_rng(2).normal(size=10_000)
    found = Moments()
    for part in np.array_split(drawn, 137):
        found.add(part)
    assert found.half_width == pytest.approx(1.96 * drawn.std(ddof=1) / 100, rel=1e-6)


@settings(deadline=None)
@given(parts=st.lists(st.lists(st.floats(0, 1e5) | st.sampled_from([0.0, 1e-12, 0.1, 1.0]), max_size=20), max_size=8))
def test_durations_count_each_in_its_decade(parts: list[list[float]]) -> None:
    found = Durations()
    for part in parts:
        found.add(np.asarray(part, np.float64))
    whole = [max(value, 1e-9) for part in parts for value in part]
    assert sum(found.counts.values()) == len(whole)
    for place, many in found.counts.items():
        low, high = (10 ** (edge / 10) for edge in (int(place), int(place) + 1))
        assert sum(low * (1 + 1e-9) <= value < high * (1 - 1e-9) for value in whole) <= many
        assert many <= sum(low * (1 - 1e-9) <= value < high * (1 + 1e-9) for value in whole)


@settings(deadline=None)
@given(took=st.lists(st.floats(0, 100), max_size=80), cut=st.integers(1, 30))
def test_the_slowest_are_the_slowest(took: list[float], cut: int) -> None:
    found = Summary()
    for start in range(0, len(took), cut):
        part = took[start : start + cut]
        found.add_durations(range(start, start + len(part)), part)
    assert [seconds for seconds, _ in found.slowest] == sorted(took, reverse=True)[:SLOWEST]
    assert all(took[int(number)] == seconds for seconds, number in found.slowest)
    assert len({number for _, number in found.slowest}) == len(found.slowest)
    assert found.total_seconds == pytest.approx(math.fsum(took))


@pytest.mark.filterwarnings("error")
def test_odd_numbers_take_no_part_and_do_not_break_the_summary(database: Database) -> None:
    """JSON has no infinity, and PostgreSQL takes none: one sum that overflows would keep all from being written."""
    run_id = launched(database)
    book = book_of(database, run_id)
    odd = [math.nan, math.inf, -math.inf, 1e308, -1e308, LARGEST, -LARGEST, 1.0]
    book.succeed([done(number, value) for number, value in enumerate(odd)])
    book.flush()
    found = store.summary(database, run_id)[1]
    assert found.moments.count == sum(found.numbers.counts) == 3
    assert math.isfinite(found.moments.squares)
    assert math.isfinite(found.numbers.low)
    assert everything(database, run_id)[3].value == 1e308


def test_a_summary_survives_being_stored_and_goes_on(database: Database) -> None:
    run_id = launched(database, 100)
    drawn = np.random.default_rng(3).normal(size=100)
    for part in np.array_split(np.arange(100), 7):
        book = book_of(database, run_id)
        book.succeed([done(int(number), float(drawn[number])) for number in part])
        book.summary.workers.append(["node", 1])
        book.flush()
    found = store.summary(database, run_id)[1]
    assert found.moments.mean == pytest.approx(drawn.mean())
    assert found.moments.half_width == pytest.approx(1.96 * drawn.std(ddof=1) / 10)
    assert len(found.workers) == 7
    with database.read() as connection:
        stored = connection.execute(select(fanouts.c.summary).where(fanouts.c.run_id == run_id)).scalar_one()
    assert Summary.of(stored) == found


def test_throughput_is_what_was_done_lately(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("backend.store.fanout.summary.time.monotonic", lambda: now[0])
    found = Throughput()
    assert found.rate(0) == 0.0
    rates = []
    for second in range(1, 101):  # 10 a second, and 30 a second from the half on
        now[0] = float(second)
        rates.append(found.rate(10 * second if second <= 50 else 500 + 30 * (second - 50)))
    assert rates[49] == pytest.approx(10)
    assert all(before <= after + 1e-9 for before, after in pairwise(rates[49:75]))
    assert rates[75] == pytest.approx(30)


# ---- tables to take away


def written(batches: Iterable[pa.RecordBatch], form: str) -> pd.DataFrame:
    buffer = io.BytesIO()
    tables.write(batches, form, buffer)
    buffer.seek(0)
    if form == "parquet":
        return pd.read_parquet(buffer)
    if form == "jsonl":
        return pd.DataFrame([json.loads(line) for line in buffer.read().decode().splitlines()])
    return pd.read_csv(buffer, keep_default_na=True)


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_table_holds_every_task_that_has_begun(database: Database, mixed: str, form: str) -> None:
    table = written(store.everything(database, mixed), form)
    assert table["number"].tolist() == list(range(9))
    assert table["state"].tolist() == ["succeeded"] * 6 + ["failed"] * 2 + ["running"]
    assert table["word"].tolist()[:6] == ["w0", "w1", "w2", "w3", "w4", "café 50% C:\\temp"]
    assert table["result"].tolist()[:5] == [0, 1, 2, 0, 1]
    assert table["result.city"].tolist()[5] == "Zürich"
    assert table["error"].tolist()[6:8] == ["ValueError: not in the mood", "OSError: the Disk is full"]
    assert table["error"].isna().tolist() == [True] * 6 + [False] * 2 + [True]
    assert table["seconds"].tolist()[:5] == [0.3, 0.1, 0.5, 0.2, 0.4]


def task(at: int, returned: Any, **given_to: Any) -> dict[str, Any]:
    row = dict.fromkeys(store.TAKEN_AWAY) | {
        "number": at,
        "state": "succeeded",
        "attempts": 1,
        "started_at": 1.5,
        "seconds": 0.5,
    }
    return row | {"input": json.dumps(given_to), "worker": 0, "result": json.dumps(returned)}


def batch(*rows: dict[str, Any]) -> pa.RecordBatch:
    return pa.RecordBatch.from_pylist(list(rows), schema=store.taken_away())


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_long_whole_numbers_keep_their_digits_beside_an_empty_cell(form: str) -> None:
    buffer = io.BytesIO()
    tables.write([batch(task(0, 2**60 + 1, x=2**61 + 1), task(1, None))], form, buffer)
    buffer.seek(0)
    if form == "parquet":
        table = pd.read_parquet(buffer)
        assert (int(table["result"][0]), int(table["x"][0])) == (2**60 + 1, 2**61 + 1)
    else:
        text = buffer.getvalue().decode()
        assert str(2**60 + 1) in text
        assert str(2**61 + 1) in text


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_results_of_every_kind_are_in_the_table(form: str) -> None:
    odd = [1, 2.5, True, "text", "half \ud800 a pair", [1, [2]], {"a": 1, "b": [2]}, None, math.nan, 2**70]
    table = written([batch(*(task(number, result) for number, result in enumerate(odd)))], form)
    assert len(table) == len(odd)
    assert table["result"].astype(str).tolist()[3:6] == ["text", "half ? a pair", "[1, [2]]"]
    assert str(table["result"].tolist()[9]) == str(2**70)
    assert (str(table["result.a"][6]).removesuffix(".0"), table["result.b"][6]) == ("1", "[2]")


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_an_argument_that_is_called_as_a_column_of_ours_is_told_from_it(form: str) -> None:
    clashing = ("number", "state", "worker", "result", "error", "artifact")
    table = written([batch(task(7, "r", **{name: f"my {name}" for name in clashing}))], form)
    assert {name: table[name][0] for name in ("number", "state", "result")} == {
        "number": 7,
        "state": "succeeded",
        "result": "r",
    }
    assert [table[f"input.{name}"][0] for name in clashing] == [f"my {name}" for name in clashing]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_table_without_tasks_has_its_columns(form: str) -> None:
    assert written([], form).columns.tolist() == list(tables.FIXED)


def test_pairs_are_results_of_two_numbers() -> None:
    found = tables.pairs([[1, 2.5], {"x": 3, "y": 4}, [1], ["a", 1], 5.0, None, [10**400, 1]])
    assert found == [(1.0, 2.5), (3.0, 4.0)]


def test_a_scatter_is_of_the_whole_run(database: Database) -> None:
    run_id = launched(database, 1000)
    book = book_of(database, run_id)
    book.succeed([done(number)._replace(result=f"[{number}, 1]") for number in range(1000)])
    book.flush()
    assert store.spread(database, run_id, 1000) == ([[number, 1] for number in range(1000)], 1)
    assert store.spread(database, run_id, 300) == ([[number, 1] for number in range(0, 1000, 4)], 4)


def test_a_column_that_comes_late_is_there_from_the_beginning_and_big_numbers_stay_beside_fractions() -> None:
    batches = [batch(task(0, 1)), batch(task(1, 2.5, late="yes")), batch(task(2, 10**400))]
    for form in ("csv", "parquet"):
        assert written(batches, form)["late"].isna().tolist() == [True, False, True]
    assert written(batches, "parquet")["result"].tolist() == ["1", "2.5", str(10**400)]
    assert written(batches[:2], "parquet")["result"].tolist() == [1.0, 2.5]


@pytest.mark.parametrize("form", ["csv", "parquet", "jsonl"])
def test_a_download_holds_a_batch_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Those that come from the store, and those that come back from where they waited."""
    known: list[weakref.ref[pa.RecordBatch]] = []
    held: list[int] = []
    rows_of = tables._rows

    def seen(each: pa.RecordBatch) -> list[dict[str, Any]]:
        known.append(weakref.ref(each))
        held.append(sum(one() is not None for one in known))
        return rows_of(each)

    monkeypatch.setattr(tables, "_rows", seen)
    with (tmp_path / form).open("wb") as file:
        tables.write(
            (batch(*(task(n, float(n), seed=n) for n in range(first, first + 10))) for first in range(0, 200, 10)),
            form,
            file,
        )
    assert len(held) == (20 if form == "jsonl" else 40)
    assert max(held) <= 2, "the one that is written, and the one that was before it"


def test_a_table_of_lines_has_null_for_nan() -> None:
    buffer = io.BytesIO()
    tables.write([batch(task(0, math.nan), task(1, [math.nan]))], "jsonl", buffer)
    first, second = buffer.getvalue().decode().splitlines()
    assert json.loads(first, parse_constant=pytest.fail)["result"] is None
    assert json.loads(second)["result"] == "[NaN]"


def test_a_table_in_csv_has_numbers_as_python_writes_them() -> None:
    buffer = io.BytesIO()
    tables.write(
        [batch(task(0, [1, True], x=10.0, y=1e-5, z=True), task(1, 0.1 + 0.2, x=3, y=math.inf))], "csv", buffer
    )
    assert buffer.getvalue().decode().splitlines() == [
        "number,state,attempts,started_at,seconds,worker,x,y,z,result,artifact,error",
        '0,succeeded,1,1.5,0.5,0,10.0,1e-05,True,"[1, true]",,',
        "1,succeeded,1,1.5,0.5,0,3,inf,,0.30000000000000004,,",
    ]


def test_a_state_that_somebody_else_wrote_is_read_as_it_is(database: Database, mixed: str) -> None:
    """A worker's row of an older attempt: whatever state the row has, the page shows that one."""
    with database.write() as tx:
        tx.execute(update(tasks).where(tasks.c.run_id == mixed, tasks.c.number == 8).values(state="queued"))
    assert numbers(database, mixed, Wanted(states=("queued",))) == [8]
