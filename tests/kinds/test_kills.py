"""Whenever a driver is killed, what was recorded is whole, the state becomes true, and the run
goes on: fifty times over."""

import random
from pathlib import Path

import pytest

from backend import api
from backend.model import RunState
from tests.conftest import poll
from tests.jobs import driver_of
from tests.kinds.samples import GOES_ON
from tests.kinds.test_contract import has_one_line, put
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
        _reports(
            run_id, sum(api.run(run_id).recorded) + dice.randrange(4)
        )  # right after its start, or some reports later
        poll(lambda: _killed(run_id), "a driver to kill")
        poll(lambda: api.run(run_id).state in (RunState.LOST, RunState.FAILED), "lost, or failed before it began")
        lost = api.run(run_id)
        assert lost.error
        assert sum(lost.recorded) >= seen, "what was on disk stays, in the line or aside"
        seen = sum(lost.recorded)
        api.resume(run_id)
    poll(lambda: sum(api.run(run_id).recorded) > seen, "it goes on in the end")
    api.stop(run_id)
    poll(lambda: api.run(run_id).state is RunState.STOPPED, "stopped")
    check(api.house().database, run_id)  # every report once, in order, and the rollups are those of its points
    has_one_line(run_id)


def _reports(run_id: str, wanted: int) -> None:
    poll(lambda: sum(api.run(run_id).recorded) >= wanted, "it goes on")


def _killed(run_id: str) -> bool:
    try:
        driver_of(run_id).kill()
    except AssertionError:  # it has not begun
        return False
    return True
