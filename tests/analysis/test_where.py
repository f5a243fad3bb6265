"""What makes an environment another task is part of where somebody was judged."""

from dataclasses import replace
from typing import Any

import pytest

from backend.analysis.groups import Member
from backend.analysis.where import environments
from tests.analysis.test_groups import run, trial


def labels(*specs: dict[str, Any], code: tuple[str, ...] = ()) -> list[str]:
    members = []
    for number, spec in enumerate(specs):
        whole = {"kind": "rl", "name": "a", "algorithm": "ppo", **spec}
        made = replace(run(number, whole, trial(0, 1)), workload_hash=code[number] if code else "")
        members.append(Member(made, made.trials[0]))
    return list(environments(members).values())


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        ({"wrappers": {"time_limit": 200}}, {"wrappers": {"time_limit": 500}}, ["time_limit 200", "time_limit 500"]),
        ({}, {"wrappers": {"time_limit": 200}}, ["time_limit 500", "time_limit 200"]),  # 500 is CartPole's own
        ({"environment_options": {"sutton": True}}, {}, ["sutton true", "sutton as usual"]),
    ],
)
def test_another_limit_or_option_is_another_task(one: dict[str, Any], other: dict[str, Any], said: list[str]) -> None:
    found = labels({"environment": "CartPole-v1", **one}, {"environment": "CartPole-v1", **other})
    assert found == [f"CartPole-v1 ({each})" for each in said]


def test_what_changes_the_agent_alone_is_the_same_task() -> None:
    plain = {"environment": "CartPole-v1", "wrappers": {"time_limit": 500}}
    stacked = {"environment": "CartPole-v1", "wrappers": {"frame_stack": 4, "normalize_reward": True}}
    assert labels(plain, stacked) == ["CartPole-v1"] * 2


def test_a_file_of_ones_own_that_was_changed_is_another_task() -> None:
    own = {"environment": "mine:Walk"}
    assert labels(own, own, code=("aaaaaaaaaa", "bbbbbbbbbb")) == [
        "mine:Walk (code aaaaaaaa)",
        "mine:Walk (code bbbbbbbb)",
    ]
    assert labels(own, own, code=("aaaaaaaaaa", "aaaaaaaaaa")) == ["mine:Walk"] * 2
    elsewhere = {"environment": "CartPole-v1"}
    assert labels(elsewhere, elsewhere, code=("aaaaaaaaaa", "bbbbbbbbbb")) == ["CartPole-v1"] * 2


def test_a_limit_of_a_script_is_told_apart_too() -> None:
    scripts = [{"params": {"env_id": "Hopper-v5", "max_episode_steps": steps}} for steps in (200, 1000)]
    assert labels(*scripts) == ["Hopper-v5 (time_limit 200)", "Hopper-v5 (time_limit 1000)"]
