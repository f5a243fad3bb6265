"""Names and values as they stand in a query, whatever letters they have."""

import re

_MEANS_MORE = re.compile(r"[\s\"'`()\[\],=!<>]")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", re.ASCII | re.IGNORECASE)
_WORDS = re.compile(r"and|or|not|in|contains|last", re.IGNORECASE)


def named(name: str) -> str:
    """Returns a field's name: in backticks where a letter of it would mean something else."""
    return f"`{name.replace('`', '``')}`" if _is_odd(name) else name


def quoted(value: str) -> str:
    """Returns a text that something is compared with: in quotes where a letter of it would mean something else."""
    if not _is_odd(value) and not _NUMBER.fullmatch(value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _is_odd(text: str) -> bool:
    return not text or bool(_MEANS_MORE.search(text) or _WORDS.fullmatch(text))
