"""A run from launch to end with its results in PostgreSQL: driver, stop, resume, reads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from backend import api
from backend.model import RunState
from tests.conftest import LAKE, cli, end_all_runs, new_database, poll
from tests.store.test_rollups import check

pytestmark = pytest.mark.ray


@pytest.fixture
def on_postgres(cluster: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    url = new_database(postgres_url)
    monkeypatch.setenv("RAYDECK_DB", url)
    api.reset()
    yield url
    end_all_runs()
    monkeypatch.delenv("RAYDECK_DB")
    api.reset()


def test_a_run_stops_goes_on_and_ends(on_postgres: str) -> None:
    run_id = api.launch({**LAKE, "stop": {"episodes": 12_000}})
    poll(lambda: api.run(run_id).reports > 3, "live points")
    api.stop(run_id)
    poll(lambda: api.run(run_id).state is RunState.STOPPED)
    before = api.run(run_id).reports
    api.resume(run_id)
    poll(lambda: api.run(run_id).is_over)
    run = api.run(run_id)
    assert run.attempt == 2
    assert run.reports > before
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    assert run.last is not None
    assert run.last > 0.9
    assert check(api.house().database, run_id) > 100
    told = cli("runs", "--query", "lake")
    assert run_id in told.stdout, told.stderr
    logged = api.log_tail(run_id) + (api.house().settings.home / "cluster.log").read_text()
    assert on_postgres not in logged, "no password in a log"
