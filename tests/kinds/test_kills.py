"""Whenever a driver is killed, what was recorded is whole, the state becomes true, and the run goes on: fifty times over."""

import random
from pathlib import Path

import pytest

from backend import api
from backend.model import RunState
from tests.conftest import poll
from tests.jobs import driver_of
from tests.kinds.samples import GOES_ON
from tests.kinds.test_contract import put
from tests.store.test_rollups import check

pytestmark = [pytest.mark.ray, pytest.mark.nightly, pytest.mark.timeout(1800)]
KILLS = 50


@pytest.mark.parametrize("name", GOES_ON)
def test_a_driver_may_be_killed_at_any_moment(name: str, cluster: Path, tmp_path: Path) -> None:
    put(cluster, tmp_path / "flag")
    dice = random.Random(name)
    run_id = api.launch(GOES_ON[name])
    seen = 0
    for _ in range(-(-KILLS // len(GOES_ON))):
        _reports(run_id, api.run(run_id).reports + dice.randrange(4))  # right after its start, or some reports later
        poll(lambda: _killed(run_id), 60, "a driver to kill")
        poll(lambda: api.run(run_id).state in (RunState.LOST, RunState.FAILED), 30, "lost, or failed before it began")
        lost = api.run(run_id)
        assert lost.error
        assert lost.reports >= seen, "what was on disk stays"
        seen = lost.reports
        api.resume(run_id)
    poll(lambda: api.run(run_id).reports > seen, 90, "it goes on in the end")
    api.stop(run_id)
    poll(lambda: api.run(run_id).state is RunState.STOPPED, 30, "stopped")
    check(api.house().database, run_id)  # every report once, in order, and the rollups are those of its points


def _reports(run_id: str, wanted: int) -> None:
    poll(lambda: api.run(run_id).reports >= wanted, 90, "it goes on")


def _killed(run_id: str) -> bool:
    try:
        driver_of(run_id).kill()
    except AssertionError:  # it has not begun
        return False
    return True
