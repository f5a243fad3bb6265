"""What pages, the command line and notebooks may ask about environments."""

from collections.abc import Mapping
from typing import Any

from backend.api.cluster import must_fit
from backend.api.house import house
from backend.catalog import own_environments, registry
from backend.catalog.environment_entry import Unavailable
from backend.catalog.own_environments import Checked, OwnEnvironment
from backend.kinds.rl import prepare
from backend.kinds.rl.prepare import CheckedAgent
from backend.kinds.rl.spec import RLSpec


def is_being_read() -> bool:
    """Begins to read Gymnasium's registry in the background if that is not done; returns
    whether it is still to come."""
    return registry.read_soon()


def unavailable() -> list[Unavailable]:
    """Returns the environments of the registry that cannot be made here, each with its reason."""
    return [environment for environment in registry.known().values() if isinstance(environment, Unavailable)]


def own() -> list[OwnEnvironment]:
    """Returns the user's own environments in data/workloads."""
    return own_environments.own_environments(house().settings.workloads_folder)


def look_up(name: str) -> OwnEnvironment:
    """Returns one of the user's own, "file:Class".

    Raises:
        UnknownWorkload
    """
    return own_environments.look_up(name, house().settings.workloads_folder)


def checked(environment: OwnEnvironment, options: Mapping[str, Any]) -> Checked:
    """Returns what a check of the user's own environment came to; the first time it takes up to 20 s."""
    settings = house().settings
    return own_environments.check(environment, options, settings.workloads_folder, settings.environments_folder)


def check(spec: RLSpec) -> CheckedAgent:
    """Returns a run checked with its environment, as `launch` would start it.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    must_fit(spec)
    return prepare.check(spec, house().settings.workloads_folder, house().settings.environments_folder)
