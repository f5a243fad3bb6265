"""What the callbacks of this driver need at hand. Tune pickles and restores them, so they hold nothing and ask here."""

from typing import Any

_given: list[Any] = []  # one, once the driver has begun


def give(context: Any) -> None:
    """Puts at hand what callbacks need; what was there before is forgotten."""
    _given[:] = [context]


def at_hand() -> Any:
    """Returns what the driver has put at hand.

    Raises:
        RuntimeError: it has not begun.
    """
    if not _given:
        raise RuntimeError("the driver has not begun")
    return _given[0]
