"""How the states of small worlds lie on a map, and what the numbers in continuous observations are called."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any

Cell = tuple[int, int]  # row and column, from the upper left
UP, RIGHT, DOWN, LEFT = (-1, 0), (0, 1), (1, 0), (0, -1)


@dataclass(frozen=True, kw_only=True)
class Grid:
    """A map of an environment's states.

    `letters` are what stands in a cell, `ends` the cells where an episode is over, `moves` the direction of each action
    that has one, `acts` the names of the others, `walls` the cells with a wall on their right side. `choices` are what
    else a state
    is made of: name -> its values. A state is ((row * columns + column) * len(first choice) + its place) * len(second)
    + …
    """

    rows: int
    columns: int
    letters: Mapping[Cell, str]
    moves: Mapping[int, Cell]
    ends: frozenset[Cell] = frozenset()
    acts: Mapping[int, str] = field(default_factory=dict)
    walls: frozenset[Cell] = frozenset()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def states(self) -> int:
        count = self.rows * self.columns
        for values in self.choices.values():
            count *= len(values)
        return count

    def state(self, cell: Cell, chosen: Mapping[str, str]) -> int:
        """Returns the number of a cell's state; `chosen` has a value of each choice."""
        number = cell[0] * self.columns + cell[1]
        for name, values in self.choices.items():
            number = number * len(values) + values.index(chosen[name])
        return number


_LAKES = {
    "4x4": ("SFFF", "FHFH", "FFFH", "HFFG"),
    "8x8": ("SFFFFFFF", "FFFFFFFF", "FFFHFFFF", "FFFFFHFF", "FFFHFFFF", "FHHFFFHF", "FHFFHFHF", "FFFHFFFG"),
}
_PLACES = {(0, 0): "R", (0, 4): "G", (4, 0): "Y", (4, 3): "B"}
TAXI = Grid(
    rows=5,
    columns=5,
    letters=_PLACES,
    moves={0: DOWN, 1: UP, 2: RIGHT, 3: LEFT},
    acts={4: "pick up", 5: "drop off"},
    walls=frozenset({(0, 1), (1, 1), (3, 0), (3, 2), (4, 0), (4, 2)}),
    choices={"passenger": (*_PLACES.values(), "in the taxi"), "destination": tuple(_PLACES.values())},
)
CLIFF = Grid(
    rows=4,
    columns=12,
    letters={(3, 0): "S", (3, 11): "G"} | {(3, column): "C" for column in range(1, 11)},
    moves={0: UP, 1: RIGHT, 2: DOWN, 3: LEFT},
    ends=frozenset((3, column) for column in range(1, 12)),
)


def grid_of(environment: str, options: Mapping[str, Any]) -> Grid | None:
    """Returns the map of an environment, where we know one."""
    name = environment.split("-v")[0]
    if name == "Taxi":
        return TAXI
    if name in ("CliffWalking", "CliffWalkingSlippery"):
        return CLIFF
    if name.startswith("FrozenLake"):
        named = options.get("map_name") or ("8x8" if name == "FrozenLake8x8" else "4x4")
        drawn = options.get("desc") or _LAKES.get(str(named))
        return _lake(tuple(map(str, drawn))) if drawn else None
    return None


def _lake(drawn: tuple[str, ...]) -> Grid:
    rows, columns = len(drawn), len(drawn[0])
    letters = {
        (row, column): drawn[row][column]
        for row, column in product(range(rows), range(columns))
        if drawn[row][column] != "F"
    }
    return Grid(
        rows=rows,
        columns=columns,
        letters=letters,
        moves={0: LEFT, 1: DOWN, 2: RIGHT, 3: UP},
        ends=frozenset(cell for cell, letter in letters.items() if letter in "HG"),
    )


MEANINGS = {"S": "start", "G": "goal", "H": "hole", "C": "cliff"}  # of letters; those of Taxi are names

_DIMENSIONS: dict[str, tuple[str, ...]] = {
    "CartPole": ("cart's place", "cart's speed", "pole's angle", "pole's angular speed"),
    "MountainCar": ("place", "speed"),
    "Acrobot": ("cos θ1", "sin θ1", "cos θ2", "sin θ2", "angular speed 1", "angular speed 2"),
    "LunarLander": ("x", "y", "x speed", "y speed", "angle", "angular speed", "left leg", "right leg"),
}
_ACTIONS: dict[str, tuple[str, ...]] = {
    "CartPole": ("push left", "push right"),
    "MountainCar": ("push left", "do nothing", "push right"),
    "Acrobot": ("torque −1", "torque 0", "torque +1"),
    "LunarLander": ("do nothing", "left engine", "main engine", "right engine"),
}


def dimensions(environment: str, count: int) -> list[str]:
    """Returns the names of an observation's numbers."""
    return list(_DIMENSIONS.get(environment.split("-v")[0], ()))[:count] or [
        f"observation {place + 1}" for place in range(count)
    ]


def actions(environment: str, count: int) -> list[str]:
    """Returns the names of an environment's actions."""
    return list(_ACTIONS.get(environment.split("-v")[0], ()))[:count] or [f"action {place}" for place in range(count)]


def telling(environment: str) -> tuple[int, int]:
    """Returns the two dimensions of an observation that tell the most, to begin with."""
    return (2, 3) if environment.startswith("CartPole") else (0, 1)
