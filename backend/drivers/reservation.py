"""How Tune gets a trial's CPUs from Ray."""

from typing import Any

import ray
from ray import tune
from ray.air.execution import FixedResourceManager
from ray.tune.execution import tune_controller


def count_locally() -> None:
    """Lets Tune count CPUs itself, instead of reserving a placement group for each trial.

    Ray 2.60 loses a placement group's CPUs for good when its driver ends in the moment it is placed: a run that waits
    and is stopped just as another one ends. Groups are for trials of several processes and clusters of several
    machines, which grow with what is asked of them; a trial of one process on one machine needs none.
    """
    if sum(node["Alive"] for node in ray.nodes()) == 1:
        tune_controller.PlacementGroupResourceManager = FixedResourceManager


def with_processes(trainable: Any, cpus: list[float]) -> Any:
    """Returns a function trainable whose trials reserve a bundle for each of their processes:
    `cpus`, their own first."""
    bundles = [{"CPU": each} for each in cpus]
    return tune.with_resources(trainable, tune.PlacementGroupFactory(bundles)) if len(bundles) > 1 else trainable


def with_reserved(trainable: Any, reserved: dict[str, float]) -> Any:
    """Returns a trainable of whose trials each reserves so much, by Ray's names; memory in
    bytes, which must be whole."""
    whole = {name: int(amount) if name == "memory" else amount for name, amount in reserved.items()}
    return tune.with_resources(trainable, tune.PlacementGroupFactory([{"CPU": 0.0} | whole]))
