"""What a part reserves, summed up the same way whatever the kind of work."""

from typing import Any

import pytest
from pydantic import ValidationError

from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks.spec import TaskSpec
from backend.model.resources import Reserving

TASKS = {"function": "monte_carlo_pi", "inputs": {"range": 3}, "num_cpus": 0.5, "num_gpus": 2}
SWEEP = {"trainable": "own:train", "metric": "loss", "space": {"lr": {"uniform": [0, 1]}}, "cpus": 0.5, "gpus": 2}
BOTH = [(TaskSpec, TASKS), (SweepSpec, SWEEP)]


@pytest.mark.parametrize(("model", "given"), BOTH)
def test_all_that_a_part_reserves_goes_by_rays_names(model: type[Reserving], given: dict[str, Any]) -> None:
    spec = model.model_validate(given | {"memory_gb": 0.25, "resources": {"licence": 1, "unused": 0}})
    assert spec.reserved() == {"CPU": 0.5, "GPU": 2.0, "memory": 0.25e9, "licence": 1.0}


@pytest.mark.parametrize(("model", "given"), BOTH)
@pytest.mark.parametrize("name", ["CPU", "object_store_memory"])
def test_what_is_rays_own_is_no_custom_resource(model: type[Reserving], given: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError, match=f"{name} has a field of its own"):
        model.model_validate(given | {"resources": {name: 1}})


@pytest.mark.parametrize(("model", "given"), BOTH)
def test_the_fields_do_not_lead_the_yaml(model: type[Reserving], given: dict[str, Any]) -> None:
    assert list(model.model_validate(given).model_dump())[:2] == ["kind", "name"]
