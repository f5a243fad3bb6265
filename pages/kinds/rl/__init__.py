"""Reinforcement learning: its form, its view, and what its agents are seen doing."""
