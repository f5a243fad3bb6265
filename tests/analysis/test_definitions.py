"""Metrics that mean something else since a version: such runs are no group, and get no verdict."""

from dataclasses import replace
from typing import Any

import pytest

from backend.analysis import definitions, groups
from backend.model import Run
from tests.analysis.test_groups import run, trial


def agent(ordinal: int, version: int, algorithm: str = "ppo", **stop: float) -> Run:
    spec: dict[str, Any] = {
        "kind": "rl", "name": "a", "algorithm": algorithm, "environment": "CartPole-v1", "params": {}, "stop": stop,
    }  # fmt: skip
    return replace(run(ordinal, spec, trial(0, ordinal)), metrics_version=version)


@pytest.mark.parametrize("by", [(), ("name",), ("algorithm",)])
def test_runs_of_two_versions_are_no_group(by: tuple[str, ...]) -> None:
    found = groups.grouped([agent(1, 1), agent(2, 1), agent(3, 2)], by)
    assert [len(group.members) for group in found] == [2, 1]
    assert len({group.label for group in found}) == 2
    assert groups.DEFINITIONS not in groups.offered([agent(1, 1), agent(2, 2)])


def test_what_no_version_has_changed_is_one_group_still() -> None:
    spec: dict[str, Any] = {"kind": "tasks", "name": "pi", "function": "monte_carlo_pi"}
    old, new = replace(run(1, spec, trial(0, 1)), metrics_version=1), run(2, spec, trial(0, 2))
    assert len(groups.grouped([old, new])) == 1


@pytest.mark.parametrize(
    ("algorithm", "key", "is_alike"),
    [
        ("ppo", "return_mean", False),
        ("ppo", "episode_length", False),
        ("ppo", "eval/return_mean", False),
        ("ppo", "env_steps", True),
        ("sb3_ppo", "return_mean", True),
        ("sb3_ppo", "eval/return_mean", False),
        ("q_learning", "return_mean", True),
        ("gone", "return_mean", False),
    ],
)
def test_a_metric_is_alike_unless_its_meaning_has_changed(algorithm: str, key: str, is_alike: bool) -> None:
    why = definitions.why_not_alike(key, [agent(1, 1, algorithm), agent(2, 2, algorithm)])
    assert (why == "") is is_alike, why
    assert definitions.why_not_alike(key, [agent(1, 1, algorithm), agent(2, 1, algorithm)]) == ""


def test_a_clone_is_told_which_criteria_mean_something_else() -> None:
    assert list(definitions.changed_criteria(agent(1, 1, return_mean=475, env_steps=1000))) == ["stop.return_mean"]
    assert definitions.changed_criteria(agent(1, 2, return_mean=475)) == {}
    assert definitions.changed_criteria(agent(1, 1, "sb3_ppo", return_mean=475)) == {}
