"""Reads the rows of a damaged SQLite file around what cannot be read."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

AT_ONCE = 8**4  # rows that are asked for in one statement
FAR = 2**40  # beyond any row's number
Rows = list[tuple[Any, ...]]  # the first of each is its number
Fetch = Callable[[int, int], Rows]  # from which number on, and how many


class Reader:
    """Reads tables of a file, and counts the stretches that are lost."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self.lost = 0

    def numbered(self, fetch: Fetch) -> Iterator[Rows]:
        """Yields the rows that can be read, in the order of their numbers."""
        low, many = 0, AT_ONCE
        while low < FAR:
            try:
                rows = fetch(low, many)
            except sqlite3.DatabaseError:
                if many > 1:
                    many //= 8
                else:
                    self.lost += 1
                    low = _past(fetch, low)
                continue
            if not rows:
                return
            yield rows
            low, many = rows[-1][0] + 1, min(AT_ONCE, 8 * many)

    def both_ways(self, wanted: str, order: str) -> Iterator[tuple[Any, ...]]:
        """Yields the rows up to the first that cannot be read, and then those from the end on."""
        for direction in ("", " desc"):
            by = ", ".join(f"{name}{direction}" for name in order.split(", "))
            try:
                yield from self.connection.execute(f"{wanted} order by {by}")
            except sqlite3.DatabaseError:
                self.lost += not direction
            else:
                return


def _past(fetch: Fetch, low: int) -> int:
    """Returns the lowest number from which on there is a row that can be read, or none."""
    step = 1
    while low + step < FAR and not _reads(fetch, low + step):
        step *= 2
    bad, good = low + step // 2, min(low + step, FAR)
    while good - bad > 1:
        middle = (bad + good) // 2
        bad, good = (bad, middle) if _reads(fetch, middle) else (middle, good)
    return good


def _reads(fetch: Fetch, low: int) -> bool:
    try:
        fetch(low, 1)
    except sqlite3.DatabaseError:
        return False
    return True
