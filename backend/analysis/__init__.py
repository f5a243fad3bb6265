"""Curves to statistics; pure functions on arrays."""
