"""A trial that goes back to a checkpoint: what it had reported since is kept, and the rest is as if it had never been
reported."""

import math
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, func, select

from backend.errors import StaleAttempt, StoreUnavailable
from backend.model import Checkpoint, Goal, RunState, TrialState
from backend.store import queries, runs, space
from backend.store.database import Database
from backend.store.recording import recorder as recording
from backend.store.recording.recorder import Recorder
from backend.store.schema import aside_points, aside_series, asides, points, rollups, run_metrics, series, trials
from backend.store.schema import runs as runs_table
from backend.store.series import asides as reading
from backend.store.series import read
from tests.store.test_rollups import begun, check, steps, values

Report = tuple[int, float | None, dict[str, float]]  # trial, step, values


def report(recorder: Recorder, trial: int, step: float | None, found: dict[str, float], at: float = 0.0) -> None:
    recorder.report(trial, step, found, at=1e9 + at)


def climbed(recorder: Recorder, trial: int, begin: int, end: int, key: str = "return_mean") -> None:
    """Reports of the steps from `begin` to before `end`."""
    for step in range(begin, end):
        report(recorder, trial, step, {key: float(step)}, step)


def resumed(database: Database) -> str:
    """A run of two seeds that stopped; the first had gone back from report 53 to 40, and went on to 60."""
    recorder = Recorder(database, begun(database), 1)
    for trial, end in ((0, 53), (1, 60)):
        climbed(recorder, trial, 0, end)
    recorder.go_back(0, 40)
    climbed(recorder, 0, 40, 60)
    recorder.finish(RunState.STOPPED)
    return recorder.run_id


def stands(database: Database, run_id: str) -> dict[str, Any]:
    """Everything that is stored of a run's line: what no cut may leave another than it would be without one."""
    with database.read() as connection:
        whole = connection.execute(select(runs_table).where(runs_table.c.id == run_id)).one()
        heads = connection.execute(select(series).where(series.c.run_id == run_id)).all()
        held = {
            (head.trial, head.key): (
                (head.length, head.closed, head.tail),
                _rows(connection, points, head.id, points.c.sequence),
                _rows(connection, rollups, head.id, rollups.c.level, rollups.c.chunk),
            )
            for head in heads
        }
        rows = connection.execute(select(trials).where(trials.c.run_id == run_id).order_by(trials.c.number)).all()
        metrics = connection.execute(select(run_metrics).where(run_metrics.c.run == whole.ordinal)).all()
        return {
            "series": held,
            "trials": [(row.reports, row.last, row.best) for row in rows],
            "metrics": {row.key: (row.last, row.best, row.mean, row.low, row.high) for row in metrics},
            "run": (whole.best, whole.last),
        }


def _rows(connection: Any, table: Any, owner: int, *order: Any) -> list[Any]:
    wanted = select(*(column for column in table.c if column.name != "series"))
    return [tuple(row) for row in connection.execute(wanted.where(table.c.series == owner).order_by(*order))]


def near(found: Any, expected: Any) -> bool:
    """Whether two values are the same, but for what a mean may lose."""
    if isinstance(found, float) and isinstance(expected, float):
        return found == pytest.approx(expected, rel=1e-9, abs=1e-300) or found == expected
    if isinstance(found, dict) and isinstance(expected, dict):
        return found.keys() == expected.keys() and all(near(found[key], expected[key]) for key in found)
    if isinstance(found, list | tuple) and isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(near(*pair) for pair in zip(found, expected, strict=True))
    return bool(found == expected)


@pytest.fixture
def recorder(database: Database) -> Iterator[Recorder]:
    made = Recorder(database, begun(database), 1)
    yield made
    made.abandon()


# ---- what is left is as if nothing else had ever come

plain = values.map(lambda value: value + 0.0)  # SQLite keeps no sign of a zero
one = st.tuples(
    st.integers(0, 1), steps, st.dictionaries(st.sampled_from(["a", "return_mean", "late"]), plain, min_size=1)
)
portion = st.tuples(st.lists(one, max_size=40), st.integers(1, 12))
back = st.tuples(st.integers(0, 1), st.floats(0, 1))


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large, HealthCheck.too_slow],
)
@given(
    portions=st.lists(st.tuples(portion, back, st.booleans()), min_size=1, max_size=5),
    goal=st.sampled_from([None, Goal("a", "min")]),
)
def test_the_line_equals_one_that_was_written_without_what_was_set_aside(
    database: Database, portions: list[Any], goal: Goal | None
) -> None:
    run_id = begun(database)
    recorder = Recorder(database, run_id, 1, goal)
    lines: dict[int, list[Report]] = {0: [], 1: []}
    away = 0
    for (reports, repeats), (trial, share), crash in portions:
        for each in reports * repeats:
            report(recorder, *each)
            lines[each[0]].append(each)
        after = math.floor(share * len(lines[trial]))
        recorder.go_back(trial, after)
        away += len(lines[trial]) - after
        del lines[trial][after:]
        if crash:  # the process dies: all that the next one knows is what is stored
            recorder.flush()
            recorder.abandon()
            recorder = Recorder(database, run_id, 1, goal)
    recorder.close()
    check(database, run_id)
    other = begun(database)
    unbroken = Recorder(database, other, 1, goal)
    for line in lines.values():
        for each in line:
            report(unbroken, *each)
    unbroken.close()
    found, expected = stands(database, run_id), stands(database, other)
    assert found["series"] == expected["series"]
    for part in ("trials", "metrics", "run"):
        assert near(found[part], expected[part]), part
    assert queries.run(database, run_id).set_aside == away
    assert sum(each.reports for each in reading.listed(database, [run_id])) == away


def test_what_was_set_aside_is_kept_to_the_point(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 53)
    climbed(recorder, 1, 0, 10)
    recorder.go_back(0, 40)
    climbed(recorder, 0, 40, 45)
    recorder.go_back(0, 40)
    climbed(recorder, 0, 40, 60)
    recorder.flush()
    first, second = reading.listed(database, [recorder.run_id])
    assert [(each.trial, each.attempt, each.after, each.reports) for each in (first, second)] == [
        (0, 1, 40, 13),
        (0, 1, 40, 5),
    ]
    kept = reading.read(database, [recorder.run_id], ["return_mean"])
    assert [list(each.curve.mean) for each in kept] == [list(range(40, 53)), list(range(40, 45))]
    assert [each.aside for each in kept] == [first, second]
    (line,) = read.read(database, [recorder.run_id], ["return_mean"], trial=0)
    assert list(line.mean) == list(range(60))
    run = queries.run(database, recorder.run_id)
    assert [(trial.reports, trial.set_aside) for trial in run.trials] == [(60, 18), (10, 0)]
    assert run.recorded == (70, 18)
    said = [each.note for each in queries.history(database, run.id) if each.move == "set aside"]
    assert said == [
        "attempt 1: trial 0 goes on after report 40; 13 reports set aside",
        "attempt 1: trial 0 goes on after report 40; 5 reports set aside",
    ]


def test_a_trial_that_begins_anew_has_nothing_left_and_no_checkpoint(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 30)
    recorder.trial(0, checkpoint="gone", checkpoint_iteration=20, checkpoint_reports=20)
    back = recorder.go_back(0, 0)
    assert back is not None
    assert (back.book.best, back.book.last) == (None, {})
    run = queries.run(database, recorder.run_id)
    trial = run.trials[0]
    assert (trial.reports, trial.last, trial.best, trial.set_aside) == (0, {}, None, 30)
    assert (trial.checkpoint, trial.checkpoint_iteration, trial.checkpoint_reports) == ("", None, None)
    assert (run.best, run.last) == (None, None)
    assert queries.metric_keys(database, run.id) == []
    assert queries.history(database, run.id)[-1].note == "attempt 1: trial 0 begins anew; 30 reports set aside"
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(run_metrics)).scalar() == 0


def test_going_back_to_where_it_is_does_nothing(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 5)
    assert recorder.go_back(0, 5) is None
    assert recorder.go_back(0, 9) is None, "a checkpoint may be newer than what was on disk"
    assert reading.listed(database, [recorder.run_id]) == []


def test_the_bounds_of_a_run_are_those_of_all_its_trials(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 5, 50)
    climbed(recorder, 1, 3, 20)
    recorder.go_back(0, 10)
    run = queries.run(database, recorder.run_id)
    assert (run.best, run.last) == (19.0, (14 + 19) / 2)
    with database.read() as connection:
        row = connection.execute(select(run_metrics)).one()
    assert (row.low, row.high, row.best, row.last) == (3.0, 19.0, 19.0, (14 + 19) / 2)


# ---- checkpoints


def test_checkpoints_that_the_line_has_not_come_to_are_forgotten(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 30)
    recorder.flush()
    for iteration, reports in ((10, 10), (20, 20), (30, 30)):
        made = Checkpoint.of(recorder.run_id, 0, iteration, {}, is_best=iteration == 30, reports=reports)
        recorder.checkpoint(made)
    recorder.checkpoint(Checkpoint.of(recorder.run_id, 1, 30, {}, reports=30))
    back = recorder.go_back(0, 20)
    assert back is not None
    assert back.gone == [30]
    left = [(each.trial, each.iteration, each.is_best) for each in queries.checkpoints(database, recorder.run_id)]
    assert left == [(0, 10, False), (0, 20, False), (1, 30, False)]


def test_of_older_checkpoints_the_hour_tells(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 30)
    for iteration in (10, 20, 21, 30):
        made = Checkpoint.of(recorder.run_id, 0, iteration, {})
        recorder.checkpoint(Checkpoint(**{**vars(made), "at": 1e9 + iteration - 0.5}))
    recorder.go_back(0, 20)
    assert [each.iteration for each in queries.checkpoints(database, recorder.run_id)] == [10, 20]


def test_how_many_reports_an_older_checkpoint_holds_is_found_by_its_iteration(
    database: Database, recorder: Recorder
) -> None:
    for number in (*range(1, 6), *range(4, 9)):  # doubled, as older versions left it
        report(recorder, 0, 10.0 * number, {"return_mean": 1.0, "iteration": float(number)})
        report(recorder, 1, number, {"return_mean": 1.0})
    recorder.flush()

    def found(trial: int, iteration: float) -> int | None:
        return reading.reports_until(database, recorder.run_id, trial, iteration)

    assert [found(0, number) for number in (3, 5, 8, 9)] == [3, 7, 10, None]
    assert [found(1, number) for number in (3, 5, 8, 9)] == [3, 7, 10, None], "a sweep's step is its iteration"


# ---- what was read before


@pytest.mark.parametrize("points_wanted", [10, 1000])
def test_reading_on_from_what_was_read_before_the_cut_is_reading_anew(
    database: Database, recorder: Recorder, points_wanted: int
) -> None:
    """Also when the line is as long again as it was: a page may not have looked in between."""
    noise = np.random.default_rng(4).normal(size=400)

    def now(**more: Any) -> list[Any]:
        recorder.flush()
        return read.read(database, [recorder.run_id], ["a", "b"], points=points_wanted, **more)

    def reported(begin: int, end: int, shift: float) -> None:
        for step in range(begin, end):
            report(recorder, 0, step, {"a": noise[step] + shift} | ({"b": noise[step] + shift} if step > 250 else {}))

    reported(0, 300, 0.0)
    known = {(curve.run_id, curve.trial, curve.key): curve for curve in now()}
    recorder.go_back(0, 100)
    reported(100, 300, 50.0)
    for found, fresh in zip(now(earlier_curves=known), now(), strict=True):
        np.testing.assert_array_equal(found.records, fresh.records)
        assert found.cuts == 1


@pytest.mark.parametrize("points_wanted", [7, 5000])
def test_an_aside_is_read_in_buckets_along_any_axis(
    database: Database, recorder: Recorder, points_wanted: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH", 300)
    for step in range(2000):
        report(recorder, 0, 2 * step, {"a": math.nan if step == 1500 else float(step), "clock": step / 10}, step)
    recorder.go_back(0, 500)

    def along(x: str) -> Any:
        (found,) = reading.read(database, [recorder.run_id], ["a"], x=x, points=points_wanted)
        return found.curve

    curve = along(read.STEP)
    ends = np.minimum((np.arange(len(curve.x)) + 1) * curve.width, 1500) + 499
    assert len(curve.x) <= points_wanted
    np.testing.assert_array_equal(curve.x, 2 * ends)
    np.testing.assert_array_equal(along(read.TIME).x, 1e9 + ends)
    np.testing.assert_array_equal(along(read.ITERATION).x, ends + 1)
    np.testing.assert_allclose(along("clock").x, ends / 10)
    assert np.isnan(along("nothing").x).all()
    assert (np.nanmin(curve.min), np.nanmax(curve.max), curve.shown, curve.odd) == (500, 1999, 1500, 1)


# ---- accidents


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        said.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    yield said
    event.remove(database.engine, "before_cursor_execute", note)


def test_a_long_series_costs_no_more_than_what_is_set_aside(database: Database, recorder: Recorder) -> None:
    """As many statements as a short one but for its levels, and none that touches more than the end."""
    many = []
    for trial, length in ((0, 300), (1, 70_000)):
        climbed(recorder, trial, 0, length)
        recorder.flush()
        with statements(database) as said:
            recorder.go_back(trial, length - 13)
        many.append(len(said))
    assert many[1] - many[0] <= 3 * 2 + 2, many
    assert check(database, recorder.run_id) == 300 + 70_000 - 26


def test_an_attempt_that_is_not_wanted_sets_nothing_aside(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 20)
    recorder.flush()
    before = stands(database, recorder.run_id)
    runs.finish(database, recorder.run_id, 1, RunState.STOPPED)
    with pytest.raises(StaleAttempt):
        recorder.go_back(0, 5)
    assert stands(database, recorder.run_id)["series"] == before["series"]
    assert reading.listed(database, [recorder.run_id]) == []


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_connection_that_breaks_around_the_commit_sets_aside_once(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr(recording, "RETRY_SECONDS", 0.0)
    climbed(recorder, 0, 0, 50)
    recorder.flush()
    whole, broken = database.write, []

    @contextmanager
    def breaking(patience: float | None = None) -> Iterator[Any]:
        with whole(patience) as tx:
            yield tx
            if moment == "before" and not broken:
                broken.append(True)
                raise StoreUnavailable("the connection broke")
        if moment == "after" and not broken:
            broken.append(True)
            raise StoreUnavailable("the connection broke")

    monkeypatch.setattr(database, "write", breaking)
    back = recorder.go_back(0, 20)
    assert back is not None
    assert broken
    climbed(recorder, 0, 20, 30)
    recorder.flush()
    (line,) = read.read(database, [recorder.run_id], ["return_mean"], trial=0)
    assert list(line.mean) == list(range(30))
    assert [each.reports for each in reading.listed(database, [recorder.run_id])] == [30]
    assert queries.run(database, recorder.run_id).trials[0].best == 29.0
    check(database, recorder.run_id)


def test_a_signal_right_after_the_commit_leaves_memory_and_disk_alike(
    database: Database, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    climbed(recorder, 0, 0, 50)
    recorder.flush()
    whole, main = database.write, threading.get_ident()

    class Told(BaseException):
        """Somebody ends the process."""

    def tell(_number: int, _frame: Any) -> None:
        raise Told

    @contextmanager
    def telling(patience: float | None = None) -> Iterator[Any]:
        with whole(patience) as tx:
            yield tx
        signal.pthread_kill(main, signal.SIGUSR2)

    before = signal.signal(signal.SIGUSR2, tell)
    try:
        monkeypatch.setattr(database, "write", telling)
        with pytest.raises(Told):
            recorder.go_back(0, 20)
    finally:
        monkeypatch.setattr(database, "write", whole)
        signal.signal(signal.SIGUSR2, before)
    assert recorder.reports(0) == 20
    recorder.trial(0, state=TrialState.STOPPED)
    recorder.finish(RunState.STOPPED)
    trial = queries.run(database, recorder.run_id).trials[0]
    assert (trial.reports, trial.set_aside, trial.best) == (20, 30, 19.0)


def test_a_deleted_run_leaves_nothing_of_it(database: Database, recorder: Recorder) -> None:
    climbed(recorder, 0, 0, 50)
    recorder.go_back(0, 20)
    recorder.finish(RunState.STOPPED)
    runs.remove(database, recorder.run_id)
    space.purge(database, lambda _: None)
    with database.read() as connection:
        for table in (asides, aside_series, aside_points, points, series):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0, table.name
