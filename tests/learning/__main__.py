"""make learn: trains what the README promises, three seeds each, and prints what the best checkpoints score.

The score is that of a seed's best checkpoint by evaluation, without exploring, over fresh episodes: 2,000 for tables, 100
otherwise. Names on the command line choose some of the rows; every row must pass on every seed.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from backend import api, api_rl
from backend.catalog.algorithms import ALGORITHMS
from tests.conftest import poll

SEEDS = [1, 2, 3]
LONGEST_SECONDS = 3600.0


@dataclass(frozen=True)
class Goal:
    """What one algorithm must score in one environment."""

    algorithm: str
    environment: str
    score: float
    options: dict[str, Any] = field(default_factory=dict)
    stop: dict[str, float] = field(default_factory=dict)  # the catalogue's where empty

    @property
    def name(self) -> str:
        return f"{self.algorithm} {self.environment}{' slippery' if self.options.get('is_slippery') else ''}"

    def spec(self) -> dict[str, Any]:
        algorithm = ALGORITHMS[self.algorithm]
        named = {"kind": "rl", "name": self.name, "algorithm": self.algorithm, "environment": self.environment}
        return {**named, "environment_options": self.options, "seeds": SEEDS, "stop": self.stop or algorithm.stops(self.environment)}


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
    """Runs the goals whose names hold one of the words wanted, all if none is, and returns how many failed."""
    failed = 0
    print(f"{'':38} {'budget':>22} {'asked':>7}   score of each seed             minutes", flush=True)
    for goal in GOALS:
        if wanted and not any(word in goal.name for word in wanted):
            continue
        began = time.monotonic()
        scores = list(_scores(goal))
        is_met = len(scores) == len(SEEDS) and all(score >= goal.score for score in scores)
        failed += not is_met
        budget = ", ".join(f"{key} {limit:,.0f}" for key, limit in goal.spec()["stop"].items())
        told = " ".join(f"{score:8.3f}" for score in scores)
        print(
            f"{goal.name:38} {budget:>22} {goal.score:7g}   {told:30} {(time.monotonic() - began) / 60:5.1f}  {'' if is_met else 'MISSED'}",
            flush=True,
        )
    return failed


def _scores(goal: Goal) -> Iterator[float]:
    episodes = 2000 if ALGORITHMS[goal.algorithm].library == "tabular" else 100
    run_id = api.launch(goal.spec())
    poll(lambda: api.run(run_id).is_over, LONGEST_SECONDS, goal.name)
    for kept in [each for each in api_rl.checkpoints(run_id) if each.is_best]:
        played = poll(lambda kept=kept: api_rl.evaluate(kept, episodes), 600, "the evaluation")  # type: ignore[misc]
        yield played.told.get("mean", float("nan"))


if __name__ == "__main__":
    os.environ.setdefault("RAYDECK_HOME", str(Path(tempfile.mkdtemp(prefix="raydeck-learn-")) / "home"))
    api.reset()
    api.cluster_up()
    try:
        code = main(sys.argv[1:])
    finally:
        api.cluster_down()
    sys.exit(min(code, 1))
