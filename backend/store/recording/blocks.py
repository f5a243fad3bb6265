"""Reports in memory, as they wait to be written."""

from collections.abc import Iterable, Iterator

from backend.store.recording import bulk
from backend.store.schema import storable

Key = tuple[int, str]  # trial and metric key


class Block:
    """Reports of one trial with the same keys: what they share once, their values row after row."""

    def __init__(self, keys: tuple[str, ...]) -> None:
        self.keys = tuple(map(storable, keys))
        self.sequences: list[int] = []
        self.steps: list[float] = []
        self.times: list[float] = []
        self.values: list[float] = []

    def columns(self) -> Iterator[tuple[str, bulk.PointColumns]]:
        """Yields each key with its sequences, steps, times and values."""
        for place, key in enumerate(self.keys):
            yield key, bulk.PointColumns(self.sequences, self.steps, self.times, self.of(place))

    def of(self, place: int) -> list[float]:
        """Returns the values of the key at that place."""
        return self.values[place :: len(self.keys)]


Blocks = dict[tuple[int, tuple[str, ...]], Block]


def by_series(batches: Iterable[Blocks]) -> dict[Key, bulk.PointColumns]:
    """Returns the points of each series in the order of their sequence."""
    parts: dict[Key, list[bulk.PointColumns]] = {}
    for blocks in batches:
        for (trial, _), block in blocks.items():
            for key, columns in block.columns():
                parts.setdefault((trial, storable(key)), []).append(columns)
    return {key: pieces[0] if len(pieces) == 1 else _joined(pieces) for key, pieces in parts.items()}


def _joined(parts: list[bulk.PointColumns]) -> bulk.PointColumns:
    # two keys may be stored as one
    rows = sorted({row[0]: row for columns in parts for row in zip(*columns, strict=True)}.values())
    sequences, steps, times, values = zip(*rows, strict=True)
    return bulk.PointColumns(list(sequences), list(steps), list(times), list(values))
