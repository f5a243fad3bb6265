"""Trainables that a person writes, to be tuned."""

from backend.api import sweeps
from pages.kinds.code_editor import OwnCode

TEMPLATE = '''"""What these trainables are for."""

from ray import tune


def my_trainable(config):
    """Trains with the parameters in config, and reports as it goes."""
    lr = config.get("lr", 0.1)
    for step in range(10):
        tune.report({"loss": (1 - lr) ** step})
'''
TRAINABLE = OwnCode(
    "trainable",
    "Write a trainable",
    TEMPLATE,
    "A Ray Tune function of one config that calls tune.report, or a class made from tune.Trainable.",
    sweeps.own_trainables,
)
