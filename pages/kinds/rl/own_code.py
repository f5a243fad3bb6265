"""Environments that a person writes."""

from backend.api import environments
from pages.kinds.code_editor import OwnCode

TEMPLATE = '''"""What these environments are for."""

import gymnasium
from gymnasium import spaces


class MyEnvironment(gymnasium.Env):
    """Walk right to the end of a corridor. Each step costs 1. Options follow from the next line but one."""

    def __init__(self, length: int = 8):
        self.length = length
        self.observation_space = spaces.Discrete(length)
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return self.at, {}

    def step(self, action):
        self.at = min(max(self.at + (1 if action == 1 else -1), 0), self.length - 1)
        return self.at, -1.0, self.at == self.length - 1, False, {}
'''
ENVIRONMENT = OwnCode(
    "environment",
    "Write an environment",
    TEMPLATE,
    "A class of gymnasium.Env with the methods reset and step. It is tried with Gymnasium's own checks before a run.",
    lambda: [each.id for each in environments.own()],
)
