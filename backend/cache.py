"""What is kept in memory of files, the database, the cluster or the hour. `clear_all` forgets all of it."""

import math
import threading
from collections.abc import Callable, Hashable
from typing import Any, Generic, TypeVar, cast
from weakref import WeakSet

from cachetools import TTLCache

V = TypeVar("V")


class _Kept(Generic[V]):
    """A value, and the state of what it was made of.

    Whoever wants it while it is made waits for it; nobody else does.
    """

    __slots__ = ("lock", "state", "value")

    def __init__(self) -> None:
        # no other's state is itself
        self.lock, self.state, self.value = threading.Lock(), cast(Hashable, self), cast(V, None)


class Cache(Generic[V]):
    """What was asked for last, for all threads; one thing is made at a time, others beside it.

    Args:
        most: things that are kept; of more, the one that was wanted least lately is forgotten.
        seconds: for which each is kept.
    """

    def __init__(self, most: int, seconds: float = math.inf) -> None:
        self._lock = threading.Lock()
        self._entries: TTLCache[Hashable, _Kept[V]] = TTLCache(most, seconds)
        _every.add(self)

    def get(self, name: Hashable, make: Callable[[], V], state: Hashable = None) -> V:
        """Returns what is called `name`, made anew unless that was done in this state; what
        cannot be made is tried again."""
        with self._lock:
            try:
                entry = self._entries[name]
            except KeyError:
                entry = self._entries[name] = _Kept()
        with entry.lock:
            if entry.state != state:
                entry.value, entry.state = make(), state
            return entry.value

    def last(self, name: Hashable) -> V | None:
        """Returns what was made last under a name, in whatever state; None if nothing was."""
        with self._lock:
            try:
                return self._entries[name].value
            except KeyError:
                return None

    def keep(self, name: Hashable, value: V) -> None:
        """Keeps what was made elsewhere, together with others."""
        entry = _Kept[V]()
        entry.value, entry.state = value, None
        with self._lock:
            self._entries[name] = entry

    def values(self) -> list[V]:
        """Returns all that is kept."""
        with self._lock:
            return [entry.value for entry in self._entries.values() if entry.state is not entry]

    def clear(self) -> None:
        """Forgets everything; what is being made now is not kept."""
        with self._lock:
            self._entries.clear()


_every: WeakSet[Cache[Any]] = WeakSet()


def clear_all() -> None:
    """Forgets what all caches of this process keep."""
    for each in list(_every):
        each.clear()
