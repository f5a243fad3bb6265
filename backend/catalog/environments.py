"""The environments an agent can be trained in."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Literal

from pydantic import Field

from backend.catalog import registry
from backend.catalog.environment_entry import Environment as Environment
from backend.catalog.environment_entry import NoOptions as NoOptions
from backend.catalog.environment_entry import SpaceKind as SpaceKind
from backend.catalog.environment_entry import Unavailable as Unavailable


class FrozenLakeOptions(NoOptions):
    is_slippery: bool = Field(
        True,
        title="Slippery ice",
        description="On slippery ice a step goes in the chosen direction only one time in three.",
    )
    map_name: Literal["4x4", "8x8"] = Field("4x4", title="Map", description="Size of the lake, in tiles.")


class CliffWalkingOptions(NoOptions):
    is_slippery: bool = Field(
        False, title="Slippery ground", description="With slippery ground a step may slide to either side."
    )


class TaxiOptions(NoOptions):
    is_rainy: bool = Field(False, title="Rain", description="In rain a move goes astray one time in five.")


class LunarLanderOptions(NoOptions):
    enable_wind: bool = Field(False, title="Wind", description="Pushes the lander with changing force.")


_ALL = (
    Environment(
        id="FrozenLake-v1", title="Frozen Lake", observation="discrete", action="discrete", max_steps=100,
        options=FrozenLakeOptions,
        summary="Cross a frozen lake to the goal without falling into a hole. Return 1 at the goal, otherwise 0.",
    ),
    Environment(
        id="CliffWalking-v1", title="Cliff Walking", observation="discrete", action="discrete", max_steps=200,
        solved_at=-13.0, options=CliffWalkingOptions,
        summary="Walk along a cliff to the goal. Each step costs 1, falling costs 100; the best return is −13.",
    ),
    Environment(
        id="Taxi-v3", title="Taxi", observation="discrete", action="discrete", max_steps=200, solved_at=8.0,
        options=TaxiOptions,
        summary="Fetch a passenger and drop them at the right place. 20 for a delivery, −1 a step.",
    ),
    Environment(
        id="CartPole-v1", title="Cart Pole", observation="box", action="discrete", max_steps=500, solved_at=475.0,
        summary="Balance a pole on a cart. One point for each step it stays up, at most 500.",
    ),
    Environment(
        id="Acrobot-v1", title="Acrobot", observation="box", action="discrete", max_steps=500, solved_at=-100.0,
        summary="Swing a two-link arm above a line. Each step costs 1.",
    ),
    Environment(
        id="MountainCar-v0", title="Mountain Car", observation="box", action="discrete", max_steps=200,
        solved_at=-110.0,
        summary="Rock a weak car out of a valley. Each step costs 1; hard to explore, since nothing hints at the goal.",
    ),
    Environment(
        id="LunarLander-v3", title="Lunar Lander", observation="box", action="discrete", max_steps=1000,
        solved_at=200.0,
        options=LunarLanderOptions,
        summary="Land softly between two flags. A good landing brings 200 and more.",
    ),
    Environment(
        id="Pendulum-v1", title="Pendulum", observation="box", action="box", max_steps=200,
        summary="Swing a pendulum up and hold it there with as little force as can be. Each step costs; the best "
        "return is near −150.",
    ),
    Environment(
        id="MountainCarContinuous-v0", title="Mountain Car, continuous", observation="box", action="box", max_steps=999,
        solved_at=90.0,
        summary="Rock a car out of a valley with as little force as can be. 100 at the goal, less what was spent.",
    ),
    Environment(
        id="BipedalWalker-v3", title="Bipedal Walker", observation="box", action="box", max_steps=1600, solved_at=300.0,
        summary="Walk over rough ground on two legs with four joints. 300 for reaching the end, −100 for a fall.",
    ),
)  # fmt: skip

CURATED: dict[str, Environment] = {environment.id: replace(environment, curated=True) for environment in _ALL}


class Environments(Mapping[str, Environment]):
    """All that can be made here: the curated ones first, then what the registry was found to hold when it was last
    read.

    An id that is in neither is looked up in Gymnasium itself while the registry is still unread.
    """

    def __getitem__(self, name: str) -> Environment:
        entry: Environment | Unavailable | None = known(name)
        if entry is None and isinstance(name, str) and name not in registry.known():
            entry = registry.read_one(name)
        if not isinstance(entry, Environment):
            raise KeyError(name)
        return entry

    def __iter__(self) -> Iterator[str]:
        yield from CURATED
        yield from (
            name for name, entry in registry.known().items() if isinstance(entry, Environment) and name not in CURATED
        )

    def __len__(self) -> int:
        return sum(1 for _ in self)


def _with_what_was_read(curated: Environment, entry: Environment | Unavailable | None) -> Environment:
    if not isinstance(entry, Environment):
        return curated
    return replace(curated, observes=entry.observes, acts=entry.acts, renders=entry.renders, picture=entry.picture)


ENVIRONMENTS = Environments()


def known(name: str) -> Environment | None:
    """Returns what is known of an environment without asking Gymnasium, for what only shows a
    run; None if nothing is."""
    entry = registry.known().get(name)
    if name in CURATED:
        return _with_what_was_read(CURATED[name], entry)
    return entry if isinstance(entry, Environment) else None


def unavailable(name: str) -> Unavailable | None:
    """Returns why an environment of the registry cannot be made here; None if it can, or if
    there is none of that name."""
    entry = registry.known().get(name) or registry.read_one(name)
    return entry if isinstance(entry, Unavailable) else None
