"""Runs that somebody's own script does."""
