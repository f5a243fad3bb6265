"""Runs of a kind that this version does not know."""
