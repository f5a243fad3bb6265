"""A spec as it was written, by whatever version: nothing is checked, and nothing that is missing breaks a reader."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Stored:
    """What a run was asked to do, in the words of the version that stored it.

    A field that is not there, or is not what it is today, reads as empty, or as the default that is asked for.
    """

    content: Mapping[str, Any]

    def text(self, name: str) -> str:
        """Returns a text, such as an id of the catalogue; empty where there is none."""
        value = self.content.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Returns texts, of which one may stand alone."""
        value = self.content.get(name)
        return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]

    def number(self, name: str) -> float | None:
        """Returns a number; None where there is none."""
        value = self.content.get(name)
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def count(self, name: str, default: int = 1) -> int:
        """Returns a whole number that is at least 1."""
        value = self.number(name)
        return default if value is None else max(1, int(value))

    def part(self, name: str) -> "Stored":
        """Returns what is written under a field that holds fields itself."""
        value = self.content.get(name)
        return Stored(value if isinstance(value, Mapping) else {})

    @property
    def numbers(self) -> dict[str, float]:
        """Its fields that are numbers."""
        return {name: value for name in self.content if (value := self.number(name)) is not None}


def stored(spec: Mapping[str, Any]) -> Stored:
    """Returns the spec of a run of any kind, known here or not, to be read."""
    return Stored(spec)
