"""Rollups: a series summarised at powers of 16, so that a chart costs the same whatever the length of its curve.

Level l holds a record for each 16**l consecutive points; a raw point is a record too (level 0). Only closed records are
stored, sixteen to a chunk: chunk c of level l holds what record c of level l + 1 summarises. A series' end is therefore
its open chunk of each level and its last few points, and nothing stored is ever wrong: it is only not there yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FACTOR = 16
RECORD = np.dtype(
    [
        ("sequence", "<i8"),  # of the last point
        ("points", "<i4"),  # how many there are
        ("count", "<i4"),  # how many of them are finite; the others take no part in min, max and mean
        ("step_min", "<f8"),
        ("step_max", "<f8"),
        ("time_min", "<f8"),
        ("time_max", "<f8"),
        ("min", "<f8"),
        ("max", "<f8"),
        ("mean", "<f8"),  # not the sum, which may overflow
        ("last", "<f8"),  # the last point's value, whatever it is
    ]
)
LOWS, HIGHS = slice(2, 7, 2), slice(3, 8, 2)  # step, time and value, counted in eight bytes
Records = NDArray[np.void]
Array = NDArray[Any]


@dataclass(frozen=True)
class Chunk:
    """Up to sixteen records of one level, as they are stored."""

    level: int
    number: int
    data: bytes


@dataclass(frozen=True)
class Pyramid:
    """The open end of a series: how many points it has, and of each level the records that
    the next does not hold yet."""

    count: int = 0
    open_ends: tuple[Records, ...] = ()

    @property
    def newest(self) -> np.void | None:
        """The record that ends with the last point; None where there is no point."""
        return next((records[-1] for records in self.open_ends if len(records)), None)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest finite value of all the points; NaN twice if there is none."""
        records = np.concatenate([np.empty(0, RECORD), *self.open_ends])
        ends = np.fmin.reduce(records["min"], initial=np.nan), np.fmax.reduce(records["max"], initial=np.nan)
        return float(ends[0]), float(ends[1])

    def extended(self, points: Records) -> tuple["Pyramid", list[Chunk]]:
        """Returns the pyramid with `points` appended, and the chunks that are new or have grown."""
        ends: list[Records] = []
        chunks: list[Chunk] = []
        news, level = points, 0
        while len(news):
            held = np.concatenate([self.open_ends[level], news]) if level < len(self.open_ends) else news
            if level:
                first = self.count // FACTOR ** (level + 1)
                chunks += [
                    Chunk(level, first + at // FACTOR, held[at : at + FACTOR].tobytes())
                    for at in range(0, len(held), FACTOR)
                ]
            closed = len(held) - len(held) % FACTOR
            ends.append(held[closed:])
            news, level = merged(held[:closed], np.arange(0, closed, FACTOR)), level + 1
        return Pyramid(self.count + len(points), (*ends, *self.open_ends[level:])), chunks


def closed(count: int, level: int) -> int:
    """Returns how many records of a level a series of `count` points has."""
    return int(count // FACTOR**level)


def of_points(sequence: Array, step: Array, time: Array, value: Array) -> Records:
    """Returns points as records. NaN in step or value is "not known"; infinities are kept as `last` alone."""
    records = np.empty(len(sequence), RECORD)
    finite = np.isfinite(value)
    records["sequence"], records["points"], records["count"] = sequence, 1, finite
    records["step_min"] = records["step_max"] = step
    records["time_min"] = records["time_max"] = time
    records["min"] = records["max"] = records["mean"] = np.where(finite, value, np.nan)
    records["last"] = value
    return records


def of_rows(rows: Sequence[tuple[Any, ...]]) -> Records:
    """Returns rows of sequence, step, time and value, as a database gives them, as records; None is NaN."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return of_points(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def merged(records: Records, starts: Array) -> Records:
    """Returns a record for each stretch of records that begins at one of `starts`."""
    if not len(starts):
        return records[:0]
    result = np.empty(len(starts), RECORD)
    sizes = np.diff(starts, append=len(records))
    ends = starts + sizes - 1
    for name in ("sequence", "last"):
        result[name] = records[name][ends]
    for name in ("points", "count"):
        result[name] = np.add.reduceat(records[name], starts)
    # Three columns of lows lie between three of highs; fmin and fmax pass over NaN.
    source, merged_into = (each.view("<f8").reshape(len(each), -1) for each in (records, result))
    merged_into[:, LOWS] = np.fmin.reduceat(source[:, LOWS], starts, axis=0)
    merged_into[:, HIGHS] = np.fmax.reduceat(source[:, HIGHS], starts, axis=0)
    # Each record's share of the mean, rather than a sum that is divided: two values of 1e308 have a mean, but no sum.
    share = records["count"] / np.repeat(np.maximum(result["count"], 1), sizes)
    mean = np.add.reduceat(np.where(share > 0, records["mean"] * share, 0.0), starts)
    result["mean"] = np.where(result["count"] > 0, np.clip(mean, result["min"], result["max"]), np.nan)
    return result


def unpacked(chunks: Sequence[bytes]) -> Records:
    """Returns the records of chunks, one after another."""
    return np.frombuffer(b"".join(chunks), RECORD)
