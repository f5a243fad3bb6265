"""Reports in memory, as they wait to be written."""

from collections.abc import Iterable, Iterator

from backend.store.recording import bulk
from backend.store.schema import storable

Key = tuple[int, str]  # trial and metric key


class Block:
    """Reports of one trial with the same keys: what they share once, their values row after row."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = keys
        self.sequences: list[int] = []
        self.steps: list[float] = []
        self.times: list[float] = []
        self.values: list[float] = []

    def columns(self) -> Iterator[tuple[str, bulk.Columns]]:
        """Yields each key with its sequences, steps, times and values."""
        for place, key in enumerate(self.keys):
            yield key, (self.sequences, self.steps, self.times, self.of(place))

    def of(self, place: int) -> list[float]:
        """Returns the values of the key at that place."""
        return self.values[place :: len(self.keys)]


Blocks = dict[tuple[int, tuple[str, ...]], Block]


def by_series(kept: Iterable[Blocks]) -> dict[Key, bulk.Columns]:
    """Returns the points of each series in the order of their sequence."""
    parts: dict[Key, list[bulk.Columns]] = {}
    for blocks in kept:
        for (trial, _), block in blocks.items():
            for key, columns in block.columns():
                parts.setdefault((trial, storable(key)), []).append(columns)
    return {key: found[0] if len(found) == 1 else _joined(found) for key, found in parts.items()}


def _joined(parts: list[bulk.Columns]) -> bulk.Columns:
    rows = sorted({row[0]: row for columns in parts for row in zip(*columns, strict=True)}.values())  # two keys may be stored as one
    sequences, steps, times, values = zip(*rows, strict=True)
    return list(sequences), list(steps), list(times), list(values)
