"""Reinforcement learning: N seeds of an algorithm in an environment."""
