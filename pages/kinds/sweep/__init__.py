"""Sweeps: their form, their plan, their view, and what is done with their trials."""
