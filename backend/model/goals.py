"""The metrics that say how well a run does, and which way each of them is good."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

REWARD = "return_mean"
THROUGHPUT = "tasks_per_second"  # of a fan-out
REWARDS = (REWARD, "reward")  # higher is better; of any other metric nobody said so
COUNTERS = ("env_steps", "iteration", "episodes", "time_s", "tasks_done", "tasks_failed")  # how far a run is, not how well it does


HIGH_IS_GOOD = ("return_min", "return_max", "accuracy", THROUGHPUT)
LOW_IS_GOOD = ("loss", "val_loss", "log_loss", "mlogloss")


Mode = Literal["max", "min"]


@dataclass(frozen=True)
class Goal:
    """A metric and whether its highest or its lowest value is the best."""

    key: str
    mode: Mode = "max"

    @property
    def sign(self) -> float:
        """What a value is multiplied with so that more is better."""
        return 1.0 if self.mode == "max" else -1.0

    def best(self, values: Iterable[float]) -> float | None:
        """Returns the best of finite values; None if there are none."""
        return (max if self.mode == "max" else min)(values, default=None)


def reward(keys: Iterable[str]) -> str:
    """Returns the reward among metric keys; empty if there is none."""
    present = set(keys)
    return next((key for key in REWARDS if key in present), "")


def main(keys: Iterable[str]) -> str:
    """Returns the metric a run is judged by: its reward, of a fan-out its throughput, else what it reported first."""
    present = [key for key in keys if not is_of_worker(key)]
    if THROUGHPUT in present:
        return THROUGHPUT
    return reward(present) or next((key for key in present if key not in COUNTERS), REWARD)


def direction(key: str) -> Mode | None:
    """Returns whether high or low values of a metric are good; None where nobody said so."""
    plain = key.removeprefix("eval/")
    if plain in REWARDS or plain in HIGH_IS_GOOD:
        return "max"
    return "min" if plain in LOW_IS_GOOD else None


def evaluated(key: str) -> str:
    """Returns the key under which a metric is recorded when an agent plays without exploring."""
    return f"eval/{key}"


def is_of_worker(key: str) -> bool:
    """Returns whether a key is what one worker of a fan-out was doing; it is for its timeline alone."""
    return key.startswith("worker/")
