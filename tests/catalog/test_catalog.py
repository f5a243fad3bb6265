"""Every entry of the catalogue is described, has sound defaults, and names code that exists."""

from importlib import import_module

import pytest

from backend.catalog.algorithms import ALGORITHMS, Algorithm
from backend.catalog.environments import CURATED, Environment
from backend.catalog.examples import EXAMPLES, Example
from backend.kinds import specs
from backend.model import goals

PAIRS = [
    (algorithm, environment)
    for algorithm in ALGORITHMS.values()
    for environment in CURATED.values()
    if algorithm.suits(environment)
]


@pytest.mark.parametrize("algorithm", ALGORITHMS.values(), ids=lambda each: each.id)
def test_each_setting_is_explained_and_its_default_valid(algorithm: Algorithm) -> None:
    algorithm.params.model_validate(algorithm.params().model_dump())
    for name, field in algorithm.params.model_fields.items():
        assert field.title, name
        assert len(field.description or "") > 15, name
    assert algorithm.summary
    assert algorithm.source.startswith("https://")
    assert "=" in algorithm.rule or "leftarrow" in algorithm.rule or "min" in algorithm.rule
    assert len(algorithm.plainly) > 40
    assert any(algorithm.suits(environment) for environment in CURATED.values())


@pytest.mark.parametrize(("algorithm", "environment"), PAIRS, ids=lambda each: each.id)
def test_each_offered_pair_is_a_valid_spec(algorithm: Algorithm, environment: Environment) -> None:
    specs.parse({"kind": "rl", "algorithm": algorithm.id, "environment": environment.id, "stop": algorithm.stop})


@pytest.mark.parametrize("environment", CURATED.values(), ids=lambda each: each.id)
def test_each_environment_is_what_the_catalogue_says(environment: Environment) -> None:
    gymnasium = import_module("gymnasium")
    made = gymnasium.make(environment.id, max_episode_steps=environment.max_steps, **environment.options().model_dump())
    assert isinstance(made.observation_space, gymnasium.spaces.Discrete) == (environment.observation == "discrete")
    assert isinstance(made.action_space, gymnasium.spaces.Discrete) == (environment.action == "discrete")
    assert environment.summary
    made.close()


@pytest.mark.parametrize("example", EXAMPLES.values(), ids=lambda each: each.id)
def test_each_example_can_be_started(example: Example) -> None:
    specs.parse(example.spec)


def test_a_fan_out_is_judged_by_its_throughput_not_by_what_one_worker_did() -> None:
    assert goals.main(["worker/0", "result_mean", "tasks_per_second"]) == "tasks_per_second"
    assert goals.main(["worker/0", "loss"]) == "loss"
