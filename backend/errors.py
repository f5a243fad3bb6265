"""Every error the backend raises on purpose.

RaydeckError
├── UnknownRun(LookupError)        no run has that id
├── UnknownWorkload(LookupError)   the catalogue has no such name; the message lists the nearest
├── InvalidSpec(ValueError)        .problems: field -> what is wrong with it, all of them at once
├── InvalidQuery(ValueError)       .position, .length: where in the query; .nearest: names that may be meant
├── InvalidAnnotation(ValueError)  a tag, a note or a view's name cannot be kept
├── NotANumber(TypeError)          .key: the metric whose value is no number
├── IllegalMove                    the run is not in a state that allows this
├── StaleAttempt                   a newer attempt of the run has taken over; this driver must end
├── StoreUnavailable               the database cannot be read or written; the message says what to do
│   └── StoreGone                  it was removed, replaced, damaged or dropped while it was in use
├── NotComparable(ValueError)      the groups have nothing in common to compare them by; the message says what to do
├── BadSettings                    a RAYDECK_* variable holds what it cannot
└── ClusterUnavailable             Ray could not be reached; the message says where and what to try
"""

import reprlib
from collections.abc import Mapping, Sequence

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxlong = _SHORT.maxother = 60  # characters


class RaydeckError(Exception):
    """Something a person can understand and act on; pages show its message, never a traceback."""


class UnknownRun(RaydeckError, LookupError):
    """No run has that id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"There is no run “{run_id}”. It may have been deleted; the Runs page lists all there are.")


class UnknownWorkload(RaydeckError, LookupError):
    """The catalogue has no such name."""


class InvalidSpec(RaydeckError, ValueError):
    """The spec cannot be run; `problems` maps each field (dotted path) to what is wrong with it."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{field}: {problem}" for field, problem in self.problems.items()))


class InvalidQuery(RaydeckError, ValueError):
    """A query cannot be read, at the letters from `position` on; `nearest` are the names that may be meant there."""

    def __init__(self, why: str, position: int = 0, length: int = 1, nearest: Sequence[str] = ()) -> None:
        self.position, self.length, self.nearest = position, max(1, length), tuple(nearest)
        self.why = why
        meant = f" Did you mean {' or '.join(nearest)}?" if nearest else ""
        super().__init__(f"{why}{meant}")

    def pointed_at(self, query: str) -> str:
        """Returns the line of the query that is wrong, and a line below it with marks under the wrong letters."""
        before, line = query[: self.position], query.splitlines() or [""]
        row = min(before.count("\n"), len(line) - 1)
        column = self.position - (before.rfind("\n") + 1)
        return f"{line[row]}\n{' ' * column}{'^' * max(1, min(self.length, len(line[row]) - column))}"


class InvalidAnnotation(RaydeckError, ValueError):
    """A tag, a note or a view's name cannot be kept as it is."""


class NotANumber(RaydeckError, TypeError):
    """A value that was to be recorded is no number; `key` names its metric."""

    def __init__(self, key: str, value: object) -> None:
        self.key = key
        super().__init__(f"“{key}” is not a number but {shown(value)}. Nothing of this report was recorded.")


def shown(value: object) -> str:
    """Returns what a value is and how it begins and ends, in one line, and soon, however large it is."""
    try:
        text = " ".join(_SHORT.repr(value).split())
    except Exception:  # somebody's own class, or more digits than Python writes
        text = "…"
    return f"{type(value).__name__}: {text}"


class IllegalMove(RaydeckError):
    """The run is not in a state that allows this."""


class StaleAttempt(RaydeckError):
    """A newer attempt of the run has taken over; this driver must end."""


class StoreUnavailable(RaydeckError):
    """The database cannot be read or written."""


class StoreGone(StoreUnavailable):
    """The database was removed, replaced, damaged or dropped while it was in use."""


class NotComparable(RaydeckError, ValueError):
    """Groups have nothing in common by which they could be compared."""


class BadSettings(RaydeckError):
    """A RAYDECK_* variable holds what it cannot."""


class ClusterUnavailable(RaydeckError):
    """Ray could not be reached or started."""
