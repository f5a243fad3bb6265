"""Runs to start with one click: quick, instructive, and sure to learn."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Example:
    id: str
    title: str
    about: str
    spec: dict[str, Any]


_ALL = (
    Example(
        id="lake", title="Q-learning on Frozen Lake", about="3 seeds, a few seconds. A table learns to cross the ice.",
        spec={
            "kind": "rl", "name": "lake", "algorithm": "q_learning", "environment": "FrozenLake-v1",
            "environment_options": {"is_slippery": False}, "seeds": [1, 2, 3], "params": {"alpha": 0.5},
            "stop": {"episodes": 2000},
        },
    ),
    Example(
        id="cliff", title="Q-learning at the cliff", about="3 seeds, a few seconds. Watch it learn not to fall.",
        spec={
            "kind": "rl", "name": "cliff", "algorithm": "q_learning", "environment": "CliffWalking-v1",
            "seeds": [1, 2, 3], "params": {"alpha": 0.5, "epsilon": 0.3}, "stop": {"episodes": 2000},
        },
    ),
    Example(
        id="cartpole", title="PPO on Cart Pole", about="2 seeds, about two minutes. A neural network balances a pole.",
        spec={
            "kind": "rl", "name": "cartpole", "algorithm": "ppo", "environment": "CartPole-v1",
            "seeds": [1, 2], "stop": {"env_steps": 60_000},
        },
    ),
    Example(
        id="branin", title="Optuna on Branin's function",
        about="A sweep of 60 trials, half a minute. Watch the search close in on 0.398.",
        spec={
            "kind": "sweep", "name": "branin", "trainable": "branin", "search": "optuna", "samples": 60,
            "space": {"x": {"uniform": [-5.0, 10.0]}, "y": {"uniform": [0.0, 15.0]}},
        },
    ),
    Example(
        id="digits", title="A network for digits, tuned",
        about="A sweep with ASHA, a minute. 20 trials, most of them ended early.",
        spec={
            "kind": "sweep", "name": "digits", "trainable": "digits_cnn", "search": "optuna", "scheduler": "asha",
            "samples": 20,
            "space": {
                "lr": {"loguniform": [1e-4, 1e-1]}, "batch_size": {"choice": [32, 64, 128]}, "channels": {"choice": [8,
                16, 32]},
                "dropout": {"uniform": [0.0, 0.5]},
            },
        },
    ),
    Example(
        id="pi", title="π from 500 tasks", about="A fan-out, a few seconds. The interval around the mean narrows live.",
        spec={"kind": "tasks", "name": "pi", "function": "monte_carlo_pi", "inputs": {"range": 500},
        "params": {"darts": 1_000_000}},
    ),
)  # fmt: skip

EXAMPLES: dict[str, Example] = {example.id: example for example in _ALL}
