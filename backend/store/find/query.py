"""A query as a tree. `str` of any part is a query that parses to it again."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "contains", "in"]
Unit = Literal["minute", "hour", "day", "week", "month", "year"]
SECONDS: dict[Unit, float] = {
    "minute": 60.0,
    "hour": 3600.0,
    "day": 86400.0,
    "week": 7 * 86400.0,
    "month": 30 * 86400.0,
    "year": 365 * 86400.0,
}
KEYWORDS = ("and", "or", "not", "in", "contains")
_PLAIN = re.compile(r"[^\s\"'`()\[\],=!<>]+")


@dataclass(frozen=True)
class Position:
    """Where something stands in what was typed: letters from the beginning, and how many."""

    start: int = 0
    length: int = 0


@dataclass(frozen=True)
class Part:
    at: Position = field(default=Position(), compare=False, kw_only=True)


@dataclass(frozen=True)
class Number(Part):
    value: float

    def __str__(self) -> str:
        return repr(self.value)


@dataclass(frozen=True)
class Text(Part):
    value: str

    def __str__(self) -> str:
        return '"' + self.value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass(frozen=True)
class LastDays(Part):
    """The last so many days, up to now."""

    count: int
    unit: Unit

    @property
    def seconds(self) -> float:
        return self.count * SECONDS[self.unit]

    def __str__(self) -> str:
        return f"last {self.count} {self.unit}s"


Single = Number | Text | LastDays


@dataclass(frozen=True)
class Listing(Part):
    values: tuple[Single, ...]

    def __str__(self) -> str:
        return "[" + ", ".join(map(str, self.values)) + "]"


Operand = Single | Listing


@dataclass(frozen=True)
class Field(Part):
    """A name as it was written, such as params.lr."""

    name: str

    def __str__(self) -> str:
        plain = _PLAIN.fullmatch(self.name) and self.name.lower() not in KEYWORDS
        return self.name if plain else f"`{self.name}`"


@dataclass(frozen=True)
class Compare(Part):
    field: Field
    operator: Operator
    value: Operand

    def __str__(self) -> str:
        return f"{self.field} {self.operator} {self.value}"


@dataclass(frozen=True)
class Has(Part):
    """Whether a run has any value of a field; of a flag, whether it is set."""

    field: Field

    def __str__(self) -> str:
        return str(self.field)


@dataclass(frozen=True)
class Words(Part):
    """Text that occurs anywhere in a run's id, name, kind, state, note, tags or spec."""

    text: str

    def __str__(self) -> str:
        return str(Text(self.text))


@dataclass(frozen=True)
class Not(Part):
    part: "Node"

    def __str__(self) -> str:
        return f"not {_enclosed(self.part)}"


@dataclass(frozen=True)
class And(Part):
    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " and ".join(map(_enclosed, self.parts))


@dataclass(frozen=True)
class Or(Part):
    parts: tuple["Node", ...]

    def __str__(self) -> str:
        return " or ".join(map(_enclosed, self.parts))


Node = Compare | Has | Words | Not | And | Or


def _enclosed(part: Node) -> str:
    return f"({part})" if isinstance(part, And | Or) else str(part)


def leaves(node: Node | None) -> Iterator[Compare | Has | Words]:
    """Yields the conditions of a query, from left to right."""
    if isinstance(node, And | Or):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, Not):
        yield from leaves(node.part)
    elif node is not None:
        yield node


def mentions(node: Node | None, name: str) -> bool:
    """Returns whether a query says anything of the field `name`."""
    return any(not isinstance(leaf, Words) and leaf.field.name.lower() == name for leaf in leaves(node))
