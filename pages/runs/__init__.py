"""A run of whatever kind: nothing here knows what only one of them has."""
