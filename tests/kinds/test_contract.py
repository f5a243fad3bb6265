"""What every kind of work promises, checked on each that there is: on a real head where that takes one."""

from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import psutil
import pytest

from backend import api
from backend.api import export, kinds
from backend.cluster import head
from backend.cluster.cluster import Cluster
from backend.errors import IllegalMove
from backend.kinds import KINDS, specs, work_of
from backend.model import Run, RunState
from backend.settings import Settings
from tests.conftest import FINISHED, SOON, poll
from tests.jobs import driver_of, family
from tests.kinds.samples import CODE, FAILS, GOES_ON

LAUNCHED = [each.id for each in KINDS.values() if each.launches]
WHOLE = {"rl": "lake", "sweep": "sweep", "tasks": "tasks"}  # the run of FINISHED that is of this kind


def test_each_kind_that_launches_has_its_samples() -> None:
    assert set(GOES_ON) == set(FAILS) == set(WHOLE) == set(LAUNCHED)


@pytest.mark.parametrize("name", KINDS)
def test_its_facts_lead_to_its_work_and_its_page(name: str) -> None:
    kind = KINDS[name]
    assert kind.title
    assert kind.part
    work = work_of(name)
    assert work.spec.model_fields["kind"].default == name
    for promised in ("prepare", "needs", "drive", "progress", "sparkline", "why_not_resume", "still_there", "unusual"):
        assert callable(getattr(work, promised)), promised
    view = import_module(kind.page).view
    for promised in ("subject", "parts", "failed", "numbers", "tabs"):
        assert callable(getattr(view, promised)), promised


@pytest.mark.parametrize("name", LAUNCHED)
def test_a_spec_comes_back_equal_from_its_yaml_and_its_row(name: str, home: Path) -> None:
    spec = specs.parse(FINISHED[WHOLE[name]])
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
    assert specs.parse_yaml(specs.to_yaml(specs.brief(spec))) == spec
    assert specs.parse(api.run(api.launch(spec)).spec).model_dump(exclude={"name"}) == work_of(name).prepare(
        spec, api.house().settings, api.house().database
    ).spec.model_dump(exclude={"name"})


def test_what_is_only_recorded_is_never_launched(home: Path) -> None:
    for kind in KINDS.values():
        if not kind.launches:
            with pytest.raises(IllegalMove, match="run its script again"):
                work_of(kind.id).prepare(None, api.house().settings, api.house().database)


# ---- on a head


@pytest.mark.ray
@pytest.mark.parametrize("name", LAUNCHED)
def test_it_is_recorded_and_leaves_the_house(name: str, finished: Callable[[str], Run]) -> None:
    run = finished(WHOLE[name])
    assert [event.move for event in api.events(run.id)] == ["queued", "running", "succeeded"]
    assert run.versions["ray"]
    assert run.host
    assert "Traceback" not in api.log_tail(run.id)
    keys = api.metric_keys(run.id)
    assert keys
    points = b"".join(export.file_of_points([run.id], None, [], "csv"))
    assert all(key.encode() in points for key in keys)
    assert kinds.progress(run).share == 1.0
    assert not kinds.can_resume(run)


@pytest.fixture
def samples(cluster: Path, tmp_path: Path) -> Path:
    """The user's file of samples where Raydeck looks for it; its environment breaks once the flag is there."""
    flag = tmp_path / "flag"
    put(cluster, flag)
    return flag


def put(home: Path, flag: Path) -> None:
    (home / "workloads").mkdir(parents=True, exist_ok=True)
    (home / "workloads" / "samples.py").write_text(CODE.replace("FLAG", str(flag)))


def wait_for(ids: list[str], *states: RunState, limit: float = 60) -> None:
    poll(lambda: all(api.run(each).state in states for each in ids), limit, f"{ids} {states}")


def wait_for_reports(ids: list[str]) -> None:
    begun = {each: api.run(each).reports for each in ids}
    poll(lambda: all(api.run(each).reports > begun[each] for each in ids), 90, f"each of {ids} reports")


@pytest.mark.ray
def test_each_shows_what_it_failed_of(samples: Path) -> None:
    ids = {name: api.launch(spec) for name, spec in FAILS.items()}
    samples.touch()
    wait_for(list(ids.values()), RunState.FAILED, limit=90)
    for name, run_id in ids.items():
        run = api.run(run_id)
        assert "not today" in run.error, name
        assert "samples.py" in run.traceback, name
        assert "\x1b" not in run.traceback, name
        assert kinds.can_resume(run), name


@pytest.mark.ray
@pytest.mark.parametrize("name", LAUNCHED)
def test_one_whose_driver_is_killed_is_lost_with_a_reason_goes_on_and_stops(name: str, samples: Path) -> None:
    run_id = api.launch(GOES_ON[name])
    wait_for_reports([run_id])
    driver_of(run_id).kill()
    wait_for([run_id], RunState.LOST, limit=30)
    lost = api.run(run_id)
    assert "killed by signal 9" in lost.error
    assert kinds.can_resume(lost)
    api.resume(run_id)
    wait_for_reports([run_id])
    assert (api.run(run_id).state, api.run(run_id).attempt) == (RunState.RUNNING, 2)
    api.stop(run_id)
    assert api.run(run_id).is_stopping or api.run(run_id).is_over
    wait_for([run_id], RunState.STOPPED, limit=30)
    assert [each.move for each in api.events(run_id)] == [
        "queued", "running", "lost", "queued", "running", "stop requested", "stopped",
    ]  # fmt: skip
    poll(lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0, 30, "no actor is left behind")


@pytest.mark.ray
def test_all_outlive_their_head_which_ends_with_all_that_is_its_own(
    ray_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a head of their own, with a slot for each: it is killed, started again, and ended; no other head is."""
    mine = tmp_path / "home"
    for name, value in {**SOON, "RAYDECK_HOME": str(mine), "RAYDECK_SLOTS": str(len(LAUNCHED))}.items():
        monkeypatch.setenv(name, value)
    api.reset()
    put(mine, tmp_path / "flag")
    try:
        api.cluster_up()
        ids = [api.launch(spec) for spec in GOES_ON.values()]
        wait_for_reports(ids)
        known = head.known_head(api.house().settings)
        assert known
        for process in [*psutil.Process(known.pid).children(recursive=True), psutil.Process(known.pid)]:
            with suppress(psutil.NoSuchProcess):  # some end with others
                process.kill()
        wait_for(ids, RunState.LOST, limit=30)
        assert all("cluster" in api.run(each).error for each in ids)
        assert api.cluster_status().state == "dead"
        api.cluster_up()
        for each in ids:
            api.resume(each)
        wait_for_reports(ids)
        assert all(api.run(each).state is RunState.RUNNING for each in ids)
    finally:
        assert api.cluster_down()
        api.reset()
    assert Cluster(Settings(home=ray_home)).jobs().answers(), "another head is not ours to end"
    assert family(mine) == []
