"""Whatever is recorded, in whatever portions, with whatever crashes between: the rollups equal a recomputation."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from backend.settings import Settings
from backend.store import runs
from backend.store.database import Database, open_database
from backend.store.recording.recorder import Recorder
from backend.store.schema import points, rollups, series
from backend.store.series import pyramid
from backend.store.series.pyramid import FACTOR
from tests.conftest import LAKE, content, new_database

ODD = [math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 0.0]
values = st.one_of(st.floats(), st.sampled_from(ODD), st.floats(-1e3, 1e3))
steps = st.one_of(st.none(), st.integers(-5, 50), st.floats(allow_nan=False, allow_infinity=False, width=32))


def recomputed(rows: list[tuple[int, float | None, float, float | None]]) -> dict[str, Any]:
    """One record as pure Python sees it."""
    known = [value for *_, value in rows if value is not None and math.isfinite(value)]
    where = [step for _, step, *_ in rows if step is not None]
    times = [time for *_, time, _ in rows]
    nothing = math.nan
    return {
        "sequence": rows[-1][0], "points": len(rows), "count": len(known),
        "step_min": min(where, default=nothing), "step_max": max(where, default=nothing),
        "time_min": min(times), "time_max": max(times),
        "min": min(known, default=nothing), "max": max(known, default=nothing),
        "mean": math.fsum(value / len(known) for value in known) if known else nothing,
        "last": nothing if rows[-1][3] is None else rows[-1][3],
    }  # fmt: skip


def check(database: Database, run_id: str) -> int:
    """Compares each stored rollup with its points; returns how many points there are."""
    total = 0
    with database.read() as connection:
        for head in connection.execute(select(series).where(series.c.run_id == run_id)):
            wanted = select(points.c.sequence, points.c.step, points.c.time, points.c.value).where(
                points.c.series == head.id
            )
            rows = [tuple(row) for row in connection.execute(wanted.order_by(points.c.sequence))]
            assert head.length == len(rows)
            assert head.closed == (rows[len(rows) // FACTOR * FACTOR - 1][0] if len(rows) >= FACTOR else -1)
            stored: dict[int, list[bytes]] = {}
            for chunk in connection.execute(
                select(rollups).where(rollups.c.series == head.id).order_by(rollups.c.level, rollups.c.chunk)
            ):
                stored.setdefault(chunk.level, []).append(chunk.data)
                assert chunk.chunk == len(stored[chunk.level]) - 1
            for level in range(1, max(stored, default=0) + 2):
                width = FACTOR**level
                records = pyramid.unpacked(stored.get(level, []))
                assert len(records) == len(rows) // width
                for place, record in enumerate(records):
                    expected = recomputed(rows[place * width : (place + 1) * width])
                    # A mean may lose what its values' size and the smallest floats let it lose; all else is exact.
                    size = max(abs(expected["min"]), abs(expected["max"]))
                    lost = max(size * 1e-12, len(rows) * math.ulp(0.0))
                    np.testing.assert_allclose(record["mean"], expected.pop("mean"), rtol=0, atol=lost)
                    for name, value in expected.items():
                        assert record[name] == value or (math.isnan(record[name]) and math.isnan(value)), name
            total += len(rows)
    return total


def begun(database: Database) -> str:
    run_id = runs.create(database, content(LAKE), [1, 2])
    runs.claim(database, run_id, 1, "host", {})
    return run_id


portion = st.lists(st.tuples(steps, values, st.booleans(), st.integers(0, 1)), max_size=60)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)
@given(portions=st.lists(st.tuples(portion, st.integers(1, 12), st.booleans()), min_size=1, max_size=6))
def test_rollups_equal_a_recomputation(database: Database, portions: list[Any]) -> None:
    run_id = begun(database)
    recorder = Recorder(database, run_id, 1)
    reported = 0
    for reports, repeats, crash in portions:
        for step, value, has_both, trial in reports * repeats:
            recorder.report(trial, step, {"a": value, "b": 1.0} if has_both else {"a": value})
            reported += 2 if has_both else 1
        recorder.flush()
        if crash:  # the memory of what is open is lost, and read anew
            recorder.abandon()
            recorder = Recorder(database, run_id, 1)
    recorder.close()
    assert check(database, run_id) == reported


def test_a_long_series_has_rollups_of_every_level(database: Database) -> None:
    run_id = begun(database)
    recorder = Recorder(database, run_id, 1)
    noise = np.random.default_rng(1).normal(size=70_000)
    for step, value in enumerate(noise):
        recorder.report(0, step, {"a": value})
    recorder.close()
    assert check(database, run_id) == 70_000
    with database.read() as connection:
        top = connection.execute(select(rollups.c.data).where(rollups.c.level == 4)).scalar_one()
    (record,) = pyramid.unpacked([top])
    assert record["max"] == noise[:65_536].max()


def test_both_databases_store_the_same(tmp_path_factory: pytest.TempPathFactory, postgres_url: str) -> None:
    stored = []
    for url in (f"sqlite:///{tmp_path_factory.mktemp('same')}/a.db", new_database(postgres_url)):
        opened = open_database(Settings(db=url))
        run_id = begun(opened)
        recorder = Recorder(opened, run_id, 1)
        for step in range(600):
            recorder.report(0, step, {"a": ODD[step % 7] if step % 5 == 0 else step**0.5}, at=1e9 + step)
        recorder.close()
        chunks = select(rollups.c.level, rollups.c.chunk, rollups.c.data).order_by(rollups.c.level, rollups.c.chunk)
        raw = select(points.c.sequence, points.c.step, points.c.value).order_by(points.c.sequence)
        with opened.read() as connection:
            stored.append((connection.execute(chunks).all(), connection.execute(raw).all()))
        opened.close()
    assert stored[0] == stored[1]
