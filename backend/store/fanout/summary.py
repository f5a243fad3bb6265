"""What is known of a fan-out as a whole, kept up to date as its tasks end: so a page of a million
costs what one of ten does."""

import math
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from backend.model import Floats

SLOWEST = 20
LARGEST = 1e145  # of numbers that are summed up: ten million such squares are no infinity, which JSON does not have
BINS = 64  # of a histogram of results, at most
PER_DECADE = 10  # bins of a histogram of durations
RATE_SECONDS = 20.0  # the throughput is that of about so long


@dataclass
class Histogram:
    """Counts of numbers in bins of equal width, which doubles as often as it must: exact however the numbers come."""

    low: float = 0.0
    width: float = 0.0  # 0 while all numbers so far are equal to `low`
    counts: list[int] = field(default_factory=list)

    def add(self, values: Floats) -> None:
        if not len(values):
            return
        least, most = float(values.min()), float(values.max())
        if not self.counts:
            self.low, self.counts = least, [0]
        if self.width == 0.0 and least == most == self.low:
            self.counts[0] += len(values)
            return
        if self.width == 0.0:
            self._begin(most if most != self.low else least)
        while least < self.low or most >= self.low + BINS * self.width:
            self._widen(downwards=least < self.low)
        places = np.clip(np.floor((values - self.low) / self.width).astype(int), 0, BINS - 1)
        self.counts = [
            before + int(more) for before, more in zip(self.counts, np.bincount(places, minlength=BINS), strict=True)
        ]

    def _begin(self, value: float) -> None:
        """Lays the bins around the first two different numbers."""
        first, same = self.low, self.counts[0]
        self.width = max(abs(value - first) / 24, abs(first) * 1e-12, 5e-300)
        self.low = first - self.width * BINS / 2
        self.counts = [0] * BINS
        self.counts[BINS // 2] = same

    def _widen(self, downwards: bool) -> None:
        """Doubles the width: neighbours become one, and the other half of the bins is free."""
        merged = [self.counts[at] + self.counts[at + 1] for at in range(0, BINS, 2)]
        free = [0] * (BINS // 2)
        self.low -= BINS * self.width if downwards else 0.0
        self.counts = free + merged if downwards else merged + free
        self.width *= 2


@dataclass
class Durations:
    """Counts of durations in bins of a tenth of a decade: bin b holds 10^(b/10) to 10^((b+1)/10) seconds."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, seconds: Floats) -> None:
        places = np.floor(PER_DECADE * np.log10(np.maximum(seconds, 1e-9))).astype(int)
        for place, more in zip(*np.unique(places, return_counts=True), strict=True):
            self.counts[str(place)] = self.counts.get(str(place), 0) + int(more)


@dataclass
class Moments:
    """Number, mean and sum of squared differences from it, so that an interval follows at any time.

    Batches are joined as in Chan, Golub and LeVeque (1979).
    """

    count: int = 0
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: Floats) -> None:
        if not len(values):
            return
        more, mean = len(values), float(values.mean())
        whole, step = self.count + more, mean - self.mean
        self.squares += float(((values - mean) ** 2).sum()) + step * step * self.count * more / whole
        self.mean += step * more / whole
        self.count = whole

    @property
    def half_width(self) -> float:
        """Half the width of the normal 95 % interval of the mean; NaN for fewer than two values."""
        return 1.96 * math.sqrt(self.squares / (self.count - 1) / self.count) if self.count > 1 else math.nan


@dataclass
class Summary:
    """Durations, the slowest, results and throughput of the tasks that succeeded, and the workers there were."""

    seconds: Durations = field(default_factory=Durations)
    total_seconds: float = 0.0
    slowest: list[list[float]] = field(default_factory=list)  # [seconds, number], slowest first
    numbers: Histogram = field(default_factory=Histogram)
    moments: Moments = field(default_factory=Moments)
    pairs: int = 0  # results that are two numbers
    pictures: int = 0
    files: int = 0
    workers: list[list[Any]] = field(default_factory=list)  # [node, process id], by number
    rate: float = 0.0  # tasks that ended per second, lately

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "Summary":
        """Returns what was stored, so that the next attempt goes on with it."""
        parts = {"seconds": Durations, "numbers": Histogram, "moments": Moments}
        return cls(**{name: parts[name](**value) if name in parts else value for name, value in stored.items()})

    def add_durations(self, numbers: Sequence[int], took: Sequence[float]) -> None:
        """Takes the durations of tasks that succeeded."""
        seconds = np.asarray(took, np.float64)
        self.seconds.add(seconds)
        self.total_seconds += float(seconds.sum())
        least = self.slowest[-1][0] if len(self.slowest) == SLOWEST else -1.0
        slow = [
            [float(seconds[at]), numbers[at]]
            for at in np.argsort(-seconds, kind="stable")[:SLOWEST]
            if seconds[at] > least
        ]
        if slow:
            self.slowest = sorted([*self.slowest, *slow], key=lambda each: -each[0])[:SLOWEST]

    def add_numbers(self, values: Sequence[float]) -> None:
        """Takes results that are numbers; NaN, infinities and what cannot be squared take no part."""
        numbers = np.asarray(values, np.float64)
        finite = numbers[np.abs(numbers) <= LARGEST]
        self.numbers.add(finite)
        self.moments.add(finite)


class Throughput:
    """Tasks per second over about the last RATE_SECONDS."""

    def __init__(self) -> None:
        self._marks: deque[tuple[float, int]] = deque()

    def rate(self, done: int) -> float:
        now = time.monotonic()
        self._marks.append((now, done))
        while len(self._marks) > 2 and self._marks[1][0] < now - RATE_SECONDS:
            self._marks.popleft()
        since, before = self._marks[0]
        return (done - before) / (now - since) if now > since else 0.0
