"""A run of each kind that launches: one that goes on until it is stopped, one that fails.

A new kind adds its own here.
"""

from typing import Any

from tests.conftest import ENDLESS

CODE = '''
"""What somebody wrote, without a thought of Raydeck."""
import time
from pathlib import Path

import gymnasium
from ray import tune


def climb(config):
    for step in range(100_000):
        tune.report({"height": config["x"] * step})
        time.sleep(0.1)


def stumble(config):
    tune.report({"height": config["x"]})
    raise ValueError("not today")


def work(number: int) -> int:
    time.sleep(0.1)
    return number


def refuse(number: int) -> int:
    raise ValueError("not today")


class Corridor(gymnasium.Env):
    """Five steps to the right; falls in as soon as somebody wishes it."""

    observation_space = gymnasium.spaces.Discrete(6)
    action_space = gymnasium.spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return self.at, {}

    def step(self, action):
        if Path("FLAG").exists():
            raise ValueError("not today")
        self.at = max(0, min(5, self.at + (1 if action else -1)))
        return self.at, float(self.at == 5), self.at == 5, False, {}
'''
_X = {"x": {"grid": [1.0]}}
# two CPUs are enough for one of each at once: a fan-out would take whatever is free
GOES_ON: dict[str, dict[str, Any]] = {
    "rl": ENDLESS,
    "sweep": {
        "kind": "sweep",
        "trainable": "samples:climb",
        "metric": "height",
        "search": "grid",
        "space": _X,
        "cpus": 0.5,
    },
    "tasks": {
        "kind": "tasks", "function": "samples:work", "inputs": {"range": 100_000}, "num_cpus": 0.5, "concurrency": 1,
    },
}  # fmt: skip
FAILS: dict[str, dict[str, Any]] = {
    "rl": {"kind": "rl", "algorithm": "q_learning", "environment": "samples:Corridor", "seeds": [1],
    "stop": {"episodes": 100_000}},
    "sweep": {"kind": "sweep", "trainable": "samples:stumble", "metric": "height", "search": "grid", "space": _X,
    "cpus": 0.5},
    "tasks": {
        "kind": "tasks", "function": "samples:refuse", "inputs": {"range": 50}, "num_cpus": 0.5,
        "stop_on_first_failure": True,
    },
}  # fmt: skip
