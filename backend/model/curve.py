"""A metric along an axis, as a chart can draw it."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One metric of one trial along an axis, in buckets of `width` consecutive points; a bucket of one point is that
    point.

    All arrays have one entry for each bucket, in the order of reporting. NaN stands where nothing finite was measured.
    """

    run_id: str
    trial: int
    key: str
    x: Floats  # of the bucket's last report (step and time: the largest)
    records: NDArray[np.void]  # see pyramid.RECORD
    width: int  # points a bucket, but for the last
    length: int  # points in the series
    cuts: int = 0  # how often reports were set aside from it: with another number it is not the same line any more

    @cached_property
    def mean(self) -> Floats:
        return np.ascontiguousarray(self.records["mean"])

    @cached_property
    def min(self) -> Floats:
        return np.ascontiguousarray(self.records["min"])

    @cached_property
    def max(self) -> Floats:
        return np.ascontiguousarray(self.records["max"])

    @cached_property
    def last(self) -> Floats:
        """The last value of each bucket, whatever it is."""
        return np.ascontiguousarray(self.records["last"])

    @property
    def count(self) -> NDArray[np.int32]:
        """How many points of each bucket are finite."""
        return np.ascontiguousarray(self.records["count"])

    @property
    def not_finite(self) -> NDArray[np.int32]:
        """How many points of each bucket are NaN or infinite."""
        return np.asarray(self.records["points"] - self.records["count"])

    @cached_property
    def shown(self) -> int:
        """How many points all its buckets hold."""
        return int(self.records["points"].sum())

    @cached_property
    def odd(self) -> int:
        """How many of them are NaN or infinite."""
        return int(self.not_finite.sum())
