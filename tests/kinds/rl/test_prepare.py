"""A reinforcement-learning run that could never work is refused before it starts, each problem by its field."""

from pathlib import Path
from typing import Any

import pytest

from backend import api
from backend.cluster import needs
from backend.cluster.jobs import JobsClient, Load
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.kinds.rl.spec import RLSpec
from backend.kinds.rl.work import work
from tests.conftest import CARTPOLE, LAKE

TWO_CPUS = {"CPU": 2.0}


def lacking(spec: dict[str, Any]) -> dict[str, str]:
    parsed = specs.parse(spec)
    assert isinstance(parsed, RLSpec)
    return needs.lacking(work.needs(parsed), TWO_CPUS)


@pytest.mark.parametrize(
    ("more", "field", "told"),
    [
        ({"params": {"num_env_runners": 2}}, "params.num_env_runners", "asks for 3 CPUs, and the whole cluster has 2"),
        ({"params": {"num_learners": 4}}, "params.num_learners", "asks for 5 CPUs"),
        (
            {"params": {"num_gpus_per_learner": 1, "num_learners": 1}},
            "params.num_gpus_per_learner",
            "1 GPU, and the whole cluster has 0",
        ),
        ({"algorithm": "a3c", "params": {"num_workers": 3}}, "params.num_workers", "asks for 3 CPUs"),
    ],
)
def test_more_processes_than_the_cluster_has_are_told_by_their_field(
    more: dict[str, Any], field: str, told: str
) -> None:
    found = lacking({**CARTPOLE, **more})
    assert list(found) == [field]
    assert told in found[field]


def test_what_fits_is_let_through() -> None:
    assert lacking({**CARTPOLE, "params": {"num_env_runners": 1}}) == {}
    assert lacking(LAKE) == {}


def test_a_launch_refuses_it_and_stores_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = JobsClient("http://127.0.0.1:9", "")
    monkeypatch.setattr(jobs, "load", lambda: Load(0, 2, 0, 2, dict(TWO_CPUS)))
    monkeypatch.setattr(api.house().cluster, "jobs", lambda: jobs)
    with pytest.raises(InvalidSpec) as caught:
        api.launch({**CARTPOLE, "params": {"num_env_runners": 9}})
    assert list(caught.value.problems) == ["params.num_env_runners"]
    assert api.runs() == []


def test_numbers_of_states_are_not_normalised() -> None:
    wrappers = {"normalize_observation": True}
    asked = {"kind": "rl", "algorithm": "sb3_ppo", "environment": "FrozenLake-v1", "stop": {"env_steps": 100}}
    with pytest.raises(InvalidSpec) as caught:
        specs.parse({**asked, "wrappers": wrappers})
    assert list(caught.value.problems) == ["wrappers.normalize_observation"]
    specs.parse({**asked, "wrappers": {**wrappers, "frame_stack": 2}})  # which makes vectors of them
    specs.parse({**asked, "environment": "CartPole-v1", "wrappers": wrappers})
