"""Kinds of work: each is a folder here and one in pages/kinds, and a line below."""
