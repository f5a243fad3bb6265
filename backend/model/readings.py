"""What a report holds: numbers under flat names, and what is left out because it is none."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from backend.errors import NotANumber

SHOWN = 60  # letters of a value that was left out


class Readings(NamedTuple):
    """A report: its numbers, and of what is no number what it is, both by flat name."""

    numbers: dict[str, float]
    left_out: dict[str, str]


def readings(values: Mapping[Any, Any]) -> Readings:
    """Returns what can be recorded of what somebody reports, and what cannot."""
    numbers: dict[str, float] = {}
    left_out: dict[str, str] = {}
    for name, value in flat(values):
        try:
            numbers[name] = as_number(name, value)
        except NotANumber:
            left_out[name] = shown(value)
    return Readings(numbers, left_out)


def flat(values: Mapping[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields what lies in nested mappings by its path, such as learner/loss; keys may be anything."""
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}/")
        else:
            yield f"{path}{key}", value


def as_number(name: str, value: Any) -> float:
    """Returns a Python, NumPy, pandas or torch scalar as a float, also the only element of an array.

    Raises:
        NotANumber: with the name in its message.
    """
    try:
        if type(value) is int:
            return float(value)
        if isinstance(value, str | bytes):
            raise TypeError
        if _is_single(value):
            value = value.item()
        if not hasattr(value, "__float__") and not hasattr(value, "__index__"):
            raise TypeError
        return float(value)
    # the last is torch's, for a tensor of several elements
    except (TypeError, ValueError, OverflowError, RuntimeError):
        raise NotANumber(name, value) from None


def _is_single(value: Any) -> bool:
    """Whether it is an array, a tensor or a series of one element."""
    size = value.numel() if hasattr(value, "numel") else getattr(value, "size", None)
    return hasattr(value, "item") and bool(size == 1)


def shown(value: Any) -> str:
    """Returns what a value is and how it begins, in one line."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # somebody's own class
        text = "…"
    return f"{type(value).__name__}: {text if len(text) <= SHOWN else text[: SHOWN - 1] + '…'}"
