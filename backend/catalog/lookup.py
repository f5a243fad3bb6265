"""Finds a catalogue entry by name, or says which names come close."""

import difflib
from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from backend.errors import UnknownWorkload

Item = TypeVar("Item")


class Titled(Protocol):
    """An entry that pages call by its title."""

    @property
    def title(self) -> str: ...


def title(name: str, table: Mapping[str, Titled]) -> str:
    """Returns what pages call the entry `name`: its title, or `name` itself where it is no longer there."""
    return table[name].title if name in table else name


def find(what: str, name: str, table: Mapping[str, Item]) -> Item:
    """Returns the entry called `name`.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest names.
    """
    if name in table:
        return table[name]
    folded = {key.casefold(): key for key in table}
    near = [folded[key] for key in difflib.get_close_matches(str(name).casefold(), folded, n=3, cutoff=0.45)]
    hint = f"Did you mean {' or '.join(near)}?" if near else f"There is: {', '.join(table)}."
    raise UnknownWorkload(f"There is no {what} “{name}”. {hint}")


def nearest(name: str, names: Iterable[str]) -> str:
    """Returns “; did you mean …?” if some name comes close, and an empty string otherwise."""
    near = difflib.get_close_matches(name, list(names), n=1, cutoff=0.6)
    return f"; did you mean “{near[0]}”?" if near else ""
