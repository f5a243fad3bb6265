"""What a person asks for is checked whole, and each problem is named by its field."""

import pytest

from backend.errors import InvalidSpec
from backend.kinds import specs
from tests.conftest import LAKE


def problems(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidSpec) as caught:
        specs.parse({**LAKE, **changes})
    return caught.value.problems


def test_several_wrong_fields_are_all_reported() -> None:
    found = problems(
        environment="FrozenLak-v1", params={"alpha": -1, "gamme": 0.9}, seeds=[1, 2, 1], stop={"iteration": 0}
    )
    assert set(found) >= {"environment", "params.alpha", "params.gamme", "seeds", "stop.iteration"}
    assert "FrozenLake-v1" in found["environment"]
    assert "greater than 0" in found["params.alpha"]
    assert "gamma" in found["params.gamme"]
    assert "1" in found["seeds"]


def test_an_algorithm_that_cannot_act_there_says_why() -> None:
    assert "discrete" in problems(algorithm="ppo", params={})["environment"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"algorithm": "q_lerning"}, "algorithm"),
        ({"algorithm": 3}, "algorithm"),
        ({"seeds": []}, "seeds"),
        ({"seeds": "nonsense"}, "seeds"),
        ({"seeds": [-1]}, "seeds.0"),
        ({"stop": {}}, "stop"),
        ({"stop": {"return_mean": 1.0}}, "stop"),
        ({"stop": None}, "stop"),
        ({"stop": {"time_s": float("inf")}}, "stop.time_s"),
        ({"stop": {"episodes": 5, "return_mean": float("nan")}}, "stop.return_mean"),
        ({"algorithm": ["ppo"]}, "algorithm"),
        ({"environment": {"a": 1}}, "environment"),
        ({"seeds": list(range(1000))}, "seeds"),
        ({"params": "nonsense"}, "params"),
        ({"environment_options": {"is_slippery": "perhaps"}}, "environment_options.is_slippery"),
        ({"name": "x" * 200}, "name"),
        ({"unknown": 1}, "unknown"),
        ({"kind": "quantum"}, "kind"),
    ],
)
def test_nonsense_is_named_by_its_field(changes: dict[str, object], field: str) -> None:
    assert field in problems(**changes)


@pytest.mark.parametrize("text", ["", "- a list", "kind: [", "kind: rl", "null", "{kind: rl, seeds: {a: 1}}"])
def test_text_that_is_no_spec_is_an_error_of_ours(text: str) -> None:
    with pytest.raises(InvalidSpec):
        specs.parse_yaml(text)


def test_a_spec_survives_yaml_and_holds_its_defaults() -> None:
    spec = specs.parse(LAKE)
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
    assert spec.environment_options == {"is_slippery": False, "map_name": "4x4"}
    unnamed = specs.parse({key: value for key, value in LAKE.items() if key != "name"})
    assert unnamed.name
