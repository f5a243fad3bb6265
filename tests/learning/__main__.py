"""make learn: trains what docs/benchmarks.md tells of, three seeds each, and prints what the best checkpoints score.

The score is that of a seed's best checkpoint by evaluation, without exploring, over fresh episodes: 2,000 for tables,
100 otherwise. Names on the command line choose some of the rows; every row must pass on every seed, within its budget
of env steps or episodes. Nothing depends on how quick the machine is: a row takes as long as it takes.
"""

import math
import os
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend import api
from backend.api import rl
from backend.catalog.algorithms import ALGORITHMS
from tests.conftest import poll

SEEDS = [1, 2, 3]


@dataclass(frozen=True)
class Goal:
    """What one algorithm must score in one environment, with the catalogue's settings for it."""

    algorithm: str
    environment: str
    score: float
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.algorithm} {self.environment}{' slippery' if self.options.get('is_slippery') else ''}"

    def is_called(self, words: list[str]) -> bool:
        return any(part.startswith(word.lower()) for word in words for part in self.name.lower().split())

    @property
    def stop(self) -> dict[str, float]:
        return ALGORITHMS[self.algorithm].stops(self.environment)

    def spec(self) -> dict[str, Any]:
        named = {"kind": "rl", "name": self.name, "algorithm": self.algorithm, "environment": self.environment}
        return {**named, "environment_options": self.options, "seeds": SEEDS, "stop": self.stop}


@dataclass(frozen=True)
class Learned:
    """What one seed's best checkpoint scores, and what its whole training took."""

    score: float
    env_steps: float
    seconds: float


GOALS = (
    Goal("q_learning", "FrozenLake-v1", 0.99, {"is_slippery": False}),
    Goal("q_learning", "FrozenLake-v1", 0.72, {"is_slippery": True}),  # the best that can be is 0.744
    Goal("q_learning", "Taxi-v3", 7.5),
    Goal("q_learning", "CliffWalking-v1", -15.0),
    Goal("reinforce", "CartPole-v1", 400.0),
    Goal("a2c", "CartPole-v1", 400.0),
    Goal("a3c", "CartPole-v1", 400.0),
    Goal("ppo", "CartPole-v1", 450.0),
    Goal("dqn", "CartPole-v1", 400.0),
    Goal("appo", "CartPole-v1", 400.0),
    Goal("impala", "CartPole-v1", 400.0),
    Goal("sac", "Pendulum-v1", -250.0),
    Goal("sb3_ppo", "CartPole-v1", 400.0),
    Goal("sb3_a2c", "CartPole-v1", 400.0),
    Goal("sb3_dqn", "CartPole-v1", 400.0),
    Goal("sb3_sac", "Pendulum-v1", -250.0),
    Goal("sb3_td3", "Pendulum-v1", -300.0),
    Goal("sb3_ddpg", "Pendulum-v1", -300.0),
    Goal("ppo", "LunarLander-v3", 150.0),
)


def main(wanted: list[str]) -> int:
    """Runs the goals of which one of the words wanted begins a word, all if none is wanted, and
    returns how many failed."""
    print(
        f"{'':33} {'budget':>18} {'asked':>6}   score of each seed            env steps in all / seconds of each seed",
        flush=True,
    )
    return sum(not _is_met(goal) for goal in GOALS if not wanted or goal.is_called(wanted))


def _is_met(goal: Goal) -> bool:
    """Trains one row and prints it."""
    seeds = list(_learned(goal))
    is_met = len(seeds) == len(SEEDS) and all(seed.score >= goal.score for seed in seeds)
    budget = ", ".join(f"{key} {limit:,.0f}" for key, limit in goal.stop.items())
    scores = " ".join(f"{seed.score:8.3f}" for seed in seeds)
    took = "  ".join(f"{seed.env_steps:9,.0f} / {seed.seconds:4.0f}" for seed in seeds)
    print(f"{goal.name:33} {budget:>18} {goal.score:6g}   {scores:29} {took}  {'' if is_met else 'MISSED'}", flush=True)
    return is_met


def _learned(goal: Goal) -> Iterator[Learned]:
    """Trains the seeds of one row; yields nothing of a seed without a checkpoint."""
    episodes = 2000 if ALGORITHMS[goal.algorithm].library == "tabular" else 100
    run_id = api.launch(goal.spec())
    poll(lambda: api.run(run_id).is_over, limit=math.inf)
    if error := api.run(run_id).error:
        print(f"{goal.name}: {error}", flush=True)
    last = {trial.number: trial.last for trial in api.run(run_id).trials}
    for kept in [each for each in rl.checkpoints(run_id) if each.is_best]:
        played = poll(lambda kept=kept: rl.evaluate(kept, episodes), limit=math.inf)  # type: ignore[misc]
        score, took = played.told.get("mean", math.nan), last[kept.trial]
        yield Learned(score, took.get("env_steps") or math.nan, took.get("time_s") or math.nan)


if __name__ == "__main__":
    os.environ.setdefault("RAYDECK_HOME", str(Path(tempfile.mkdtemp(prefix="raydeck-learn-")) / "home"))
    api.reset()
    api.cluster_up()
    try:
        code = main(sys.argv[1:])
    finally:
        api.cluster_down()
    sys.exit(min(code, 1))
