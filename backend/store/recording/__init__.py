"""The one writer of a run's results, and what it keeps up to date as it writes."""
