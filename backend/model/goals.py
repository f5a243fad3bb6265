"""The metrics that say how well a run does, and which way each of them is good."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

REWARD = "return_mean"
# What the metrics mean; a run keeps the version that it began with. 1: RLlib's training episodes by RLlib's own rule
# (those of one report, a mean over its processes), an evaluation's episodes the same for all seeds. 2: one rule for
# all, the last 100 training episodes with rewards as they are, and evaluation episodes of each seed's own.
METRICS_VERSION = 2
WINDOW = 100  # training episodes behind a mean return
THROUGHPUT = "tasks_per_second"  # of a fan-out
HELD_OUT = "held_out/return_mean"  # of the best checkpoint, in episodes by which nothing was chosen
HELD_OUT_LAST = "held_out/last_return_mean"  # of the last one
BEST_POSSIBLE = "held_out/best_possible"  # what an optimal policy would come to
REWARDS = (REWARD, "reward")  # higher is better; of any other metric nobody said so
OF_EPISODES = (REWARD, "return_min", "return_max", "episode_length")  # not a number until a training episode has ended
# how far a run is, not how well it does
COUNTERS = ("env_steps", "iteration", "episodes", "return_episodes", "time_s", "tasks_done", "tasks_failed")


HIGH_IS_GOOD = ("return_min", "return_max", "accuracy", THROUGHPUT)
LOW_IS_GOOD = ("loss", "val_loss", "log_loss", "mlogloss")


Mode = Literal["max", "min"]


@dataclass(frozen=True)
class Goal:
    """A metric and whether its highest or its lowest value is the best."""

    key: str
    mode: Mode = "max"
    repeats: int = 1  # trials that are seeds of one configuration, which is judged by their mean

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
    plain = key.removeprefix("eval/").removeprefix("held_out/").removeprefix("last_")
    if plain in REWARDS or plain in HIGH_IS_GOOD:
        return "max"
    return "min" if plain in LOW_IS_GOOD else None


def evaluated(key: str) -> str:
    """Returns the key under which a metric is recorded when an agent plays without exploring."""
    return f"eval/{key}"


def is_of_worker(key: str) -> bool:
    """Returns whether a key is what one worker of a fan-out was doing; it is for its timeline alone."""
    return key.startswith("worker/")
