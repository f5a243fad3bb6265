"""Asking for runs: the query, the views of it that are kept, and what is done with all that match."""
