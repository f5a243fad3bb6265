"""What a report holds: numbers under flat names, and what is left out because it is none."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from backend.errors import NotANumber


class Readings(NamedTuple):
    """A report: its numbers, and what in it is none, both by flat name."""

    numbers: dict[str, float]
    left_out: dict[str, Any]


def readings(values: Mapping[Any, Any]) -> Readings:
    """Returns what can be recorded of what somebody reports, and what cannot."""
    numbers: dict[str, float] = {}
    left_out: dict[str, Any] = {}
    for name, value in flat(values):
        if (number := number_of(value)) is None:
            left_out[name] = value
        else:
            numbers[name] = number
    return Readings(numbers, left_out)


def flat(values: Mapping[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields what lies in nested mappings by its path, such as learner/loss; keys may be anything."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}/")
        else:
            yield f"{path}{key}", value


def as_number(name: str, value: Any) -> float:
    """Returns what `number_of` does.

    Raises:
        NotANumber: with the name in its message.
    """
    if (number := number_of(value)) is None:
        raise NotANumber(name, value)
    return number


def number_of(value: Any) -> float | None:
    """Returns a Python, NumPy, pandas or torch scalar as a float, also the only element of an array; None of what is no
    number, or beyond any float."""
    if isinstance(value, str | bytes):
        return None
    try:
        if type(value) is not int and _is_single(value):
            value = value.item()
        # what has neither is only a number to its own class, such as a date to NumPy
        return float(value) if hasattr(value, "__float__") or hasattr(value, "__index__") else None
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last is torch's, for several elements
        return None


def _is_single(value: Any) -> bool:
    """Whether it is an array, a tensor or a series of one element."""
    size = value.numel() if hasattr(value, "numel") else getattr(value, "size", None)
    return hasattr(value, "item") and bool(size == 1)
