"""Reinforcement learning: N seeds of an algorithm in an environment."""

from backend.kinds.base import Axis, Kind

KIND = Kind(
    id="rl",
    title="Reinforcement learning",
    part="seed",
    code="backend.kinds.rl.work",
    page="pages.kinds.rl.view",
    axes=(
        Axis("step", "Env steps", "env steps"),
        Axis("iteration", "Iteration", "iterations"),
        Axis("time_s", "Training time", "seconds"),
        Axis("time", "Clock"),
    ),
)
