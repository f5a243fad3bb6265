"""Hyperparameter sweeps: trials of a trainable, proposed by a search."""
