"""Makes cells of continuous observations, so that a table can hold them: bins, or tile coding
(Sutton & Barto 2018, 9.5.4)."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np

HUGE = 1e6  # a limit beyond this is none
MOST_CELLS = 2**62  # so that a cell's number fits in 64 bits
WARM_UP = 2000  # env steps at random that show how far an unbounded dimension reaches

# What is worth telling apart. CartPole's speeds have no limit, and its episodes end far within those of its place and
# angle.
LIMITS: dict[str, tuple[tuple[float, ...], tuple[float, ...]]] = {
    "CartPole-v0": ((-2.4, -3.0, -0.21, -3.0), (2.4, 3.0, 0.21, 3.0)),
    "CartPole-v1": ((-2.4, -3.0, -0.21, -3.0), (2.4, 3.0, 0.21, 3.0)),
}


class Coder:
    """Numbers the cells of a grid over observations, or of several grids, each a little further on.

    `bins` is the number of cells in each dimension between `low` and `high`; what lies beyond counts to the last cell.
    With several `tilings` each has one more cell a dimension, and its own offset of tiling / tilings of a cell times 1,
    3, 5, … in the dimensions (Miller & Glanz 1996). The number of a cell is tiling * size ** dimensions + the sum of
    index[d] * size ** d.
    """

    def __init__(self, low: Sequence[float], high: Sequence[float], bins: int, tilings: int) -> None:
        self.low, self.high, self.bins, self.tilings = list(map(float, low)), list(map(float, high)), bins, tilings
        self.size = bins + (tilings > 1)
        if self.size ** len(self.low) * tilings > MOST_CELLS:
            raise ValueError(
                f"Observations of {len(self.low)} dimensions in {bins} bins each are too many cells for a table. "
                "Use fewer bins, or an algorithm with a network."
            )
        self._scales = [bins / max(high - low, 1e-9) for low, high in zip(self.low, self.high, strict=True)]
        self._offsets = [
            [tiling * (2 * d + 1) / tilings % 1 for d in range(len(self.low))] for tiling in range(tilings)
        ]
        self._strides = [self.size**d for d in range(len(self.low))]

    def __call__(self, observation: Any) -> int | tuple[int, ...]:
        """Returns the number of the cell an observation lies in, or with several tilings a tuple of one in each."""
        whole = self.size ** len(self.low)
        seen = np.ravel(observation).tolist()
        most = self.bins - 1e-9
        at = [
            min(max((value - low) * scale, 0.0), most)
            for value, low, scale in zip(seen, self.low, self._scales, strict=True)
        ]
        try:
            if self.tilings == 1:
                return sum(int(place) * stride for place, stride in zip(at, self._strides, strict=True))
            return tuple(
                tiling * whole
                + sum(
                    int(place + shift) * stride for place, shift, stride in zip(at, offsets, self._strides, strict=True)
                )
                for tiling, offsets in enumerate(self._offsets)
            )
        except ValueError:
            raise ValueError(f"The environment's observation is not a number: {seen}") from None

    def state(self) -> dict[str, Any]:
        """Returns what a coder that numbers the same cells is made of."""
        return {"low": self.low, "high": self.high, "bins": self.bins, "tilings": self.tilings}


def coder_of(env: gymnasium.Env[Any, Any], params: Mapping[str, Any]) -> Coder:
    """Returns a coder for an environment's observations, as `discretisation`, `bins` and `tilings` ask.

    Raises:
        ValueError: the observations have too many dimensions for a table.
    """
    tilings = int(params.get("tilings", 8)) if params.get("discretisation", "bins") == "tiles" else 1
    return Coder(*limits(env), int(params.get("bins", 10)), tilings)


def limits(env: gymnasium.Env[Any, Any]) -> tuple[list[float], list[float]]:
    """Returns the lowest and the highest value of each dimension; where there is none, what random actions
    reach and half as much again."""
    if env.spec is not None and env.spec.id in LIMITS:
        low, high = LIMITS[env.spec.id]
        return list(low), list(high)
    space = env.observation_space
    if not isinstance(space, gymnasium.spaces.Box):
        raise ValueError(f"A table needs observations that are one number or a box of numbers; {space} is neither.")
    low, high = space.low.ravel().tolist(), space.high.ravel().tolist()
    if all(one > -HUGE and other < HUGE for one, other in zip(low, high, strict=True)):
        return low, high
    seen = _wander(env)
    least, most = seen.min(axis=0), seen.max(axis=0)
    room = np.maximum((most - least) / 4, 1e-3)
    lows = [one if one > -HUGE else float(other) for one, other in zip(low, least - room, strict=True)]
    highs = [one if one < HUGE else float(other) for one, other in zip(high, most + room, strict=True)]
    return lows, highs


def _wander(env: gymnasium.Env[Any, Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Returns what random actions see, always the same: (env steps, dimensions)."""
    dice = random.Random(0)
    observation, _ = env.reset(seed=0)
    seen = []
    for _ in range(WARM_UP):
        seen.append(np.ravel(observation))
        observation, _, terminated, truncated, _ = env.step(dice.randrange(int(env.action_space.n)))  # type: ignore[attr-defined]
        if terminated or truncated:
            observation, _ = env.reset()
    return np.asarray(seen, dtype=np.float64)


class Discretised(gymnasium.ObservationWrapper):  # type: ignore[type-arg]
    """An environment whose observations are the numbers of cells."""

    def __init__(self, env: gymnasium.Env[Any, Any], coder: Coder) -> None:
        super().__init__(env)
        self.coder = coder

    def observation(self, observation: Any) -> int | tuple[int, ...]:
        return self.coder(observation)
