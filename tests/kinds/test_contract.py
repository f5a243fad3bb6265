"""What every kind of work promises, checked on each that there is: on a real head where that takes one."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import numpy as np
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


def wait_for(ids: list[str], *states: RunState) -> None:
    poll(lambda: all(api.run(each).state in states for each in ids), f"{ids} {states}")


def wait_for_reports(ids: list[str]) -> None:
    begun = {each: api.run(each).reports for each in ids}
    poll(lambda: all(api.run(each).reports > begun[each] for each in ids), f"each of {ids} reports")


@pytest.mark.ray
def test_each_shows_what_it_failed_of(samples: Path) -> None:
    ids = {name: api.launch(spec) for name, spec in FAILS.items()}
    samples.touch()
    wait_for(list(ids.values()), RunState.FAILED)
    for name, run_id in ids.items():
        run = api.run(run_id)
        assert "not today" in run.error, name
        assert "samples.py" in run.traceback, name
        assert "\x1b" not in run.traceback, name
        assert kinds.can_resume(run), name


@pytest.fixture
def own_head(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ray_home: Path) -> Iterator[Path]:
    """A home with a head of its own, that has a slot for each kind; with it ends all that is
    its own, and no other head."""
    mine = tmp_path / "home"
    for name, value in {**SOON, "RAYDECK_HOME": str(mine), "RAYDECK_SLOTS": str(len(LAUNCHED))}.items():
        monkeypatch.setenv(name, value)
    api.reset()
    put(mine, tmp_path / "flag")
    try:
        api.cluster_up()
        yield mine
    finally:
        assert api.cluster_down()
        api.reset()
    assert Cluster(Settings(home=ray_home)).jobs().answers(), "another head is not ours to end"
    assert family(mine) == []


def kill_head() -> None:
    known = head.known_head(api.house().settings)
    assert known
    for process in [*psutil.Process(known.pid).children(recursive=True), psutil.Process(known.pid)]:
        with suppress(psutil.NoSuchProcess):  # some end with others
            process.kill()


def has_one_line(run_id: str) -> None:
    """Each iteration of a trial is in its curve once, in order, and what was repeated is kept aside."""
    run = api.run(run_id)
    for curve in api.curves([run], ["iteration", "height"], points=20_000):
        steps = curve.mean if curve.key == "iteration" else curve.x
        assert (np.diff(steps) > 0).all(), curve
    assert bool(run.set_aside) == ("set aside" in [event.move for event in api.events(run_id)])


@pytest.mark.ray
def test_each_outlives_its_driver_and_its_head_and_stops(own_head: Path) -> None:
    """One run of each kind at the same time: whatever is killed, it is lost with a reason, and goes on."""
    ids = [api.launch(spec) for spec in GOES_ON.values()]
    wait_for_reports(ids)
    for each in ids:
        driver_of(each).kill()
    wait_for(ids, RunState.LOST)
    for each in ids:
        assert "killed by signal 9" in api.run(each).error
        assert kinds.can_resume(api.run(each))
        api.resume(each)
    wait_for_reports(ids)
    kill_head()
    wait_for(ids, RunState.LOST)
    assert all("cluster" in api.run(each).error for each in ids)
    assert api.cluster_status().state == "dead"
    api.cluster_up()
    for each in ids:
        api.resume(each)
    wait_for_reports(ids)
    assert [(api.run(each).state, api.run(each).attempt) for each in ids] == [(RunState.RUNNING, 3)] * len(ids)
    for each in ids:
        api.stop(each)
        assert api.run(each).is_stopping or api.run(each).is_over
    wait_for(ids, RunState.STOPPED)
    for each in ids:
        moves = [event.move for event in api.events(each)]
        assert [move for move in moves if move != "set aside"] == [
            *["queued", "running", "lost"] * 2, "queued", "running", "stop requested", "stopped",
        ]  # fmt: skip
        has_one_line(each)
    poll(
        lambda: (load := api.house().cluster.jobs().load()) is not None and load.cpus_taken == 0,
        "no actor is left behind",
    )
