"""How a run stands in each of its metrics, one row a metric: last, best and mean, as runs are
found and sorted by them."""

import math
from array import array
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from sqlalchemy import Connection, text

from backend.model import Floats, Mode, goals
from backend.store.series.pyramid import Records

TAIL = 10  # finite values of each trial that `mean` is taken over
_WIDTH = 8  # bytes of each
UPSERT = text(
    "insert into run_metrics (key, run, last, best, mean, low, high) values (:key, :run, :last, :best, :mean, :low,"
    " :high) on conflict (key, run) do update set last = excluded.last, best = excluded.best, mean = excluded.mean, low"
    " = excluded.low, high = excluded.high"
)


def tail(before: bytes, values: Sequence[float]) -> bytes:
    """Returns the last finite values of a series after `values` were appended to it."""
    fresh = list(islice((value for value in reversed(values) if math.isfinite(value)), TAIL))
    return (before + array("d", reversed(fresh)).tobytes())[-TAIL * _WIDTH :]


def mean(values: Floats) -> float | None:
    """Returns the mean of finite values, each's share of it added up: a sum of large ones has no float."""
    return float(np.sum(values / len(values))) if len(values) else None


class _ByTrial:
    """A number for each trial; NaN where there is none."""

    def __init__(self) -> None:
        self._numbers: Floats = np.full(8, np.nan)

    def set(self, trial: int, value: float | None) -> None:
        if trial >= len(self._numbers):
            self._numbers = np.concatenate([self._numbers, np.full(max(trial + 1, len(self._numbers)), np.nan)])
        self._numbers[trial] = np.nan if value is None else value

    def mean(self) -> float | None:
        return mean(self._numbers[np.isfinite(self._numbers)])


class _TrialMetric:
    def __init__(self) -> None:
        self.last, self.means = _ByTrial(), _ByTrial()
        self.low, self.high = math.nan, math.nan


class Standing:
    """What a run's trials have reported in each metric. Reporting the same again changes nothing."""

    def __init__(self, run: int, direction: Callable[[str], Mode | None]) -> None:
        """`run` is the run's ordinal, `direction` tells whether high or low values of a metric are good."""
        self.run, self._direction = run, direction
        self._metrics: dict[str, _TrialMetric] = {}

    def bounds(self, key: str, low: float | None, high: float | None) -> None:
        """Takes the lowest and the highest of what was reported before."""
        metric = self._metrics.setdefault(key, _TrialMetric())
        metric.low, metric.high = (math.nan if each is None else each for each in (low, high))

    def last(self, trial: int, values: Mapping[str, float | None]) -> None:
        """Takes the last value of each metric of a trial; None where it is not finite."""
        for key, value in values.items():
            self._metrics.setdefault(key, _TrialMetric()).last.set(trial, value)

    def ends(self, trial: int, key: str, last_ones: bytes) -> None:
        """Takes the `tail` of a series."""
        self._metrics.setdefault(key, _TrialMetric()).means.set(trial, mean(np.frombuffer(last_ones)))

    def has_bound(self, key: str, low: float, high: float) -> bool:
        """Whether one of these values is the lowest or the highest of what was reported."""
        metric = self._metrics[key]
        return low <= metric.low or high >= metric.high

    def without(self, trial: int, key: str) -> None:
        """Forgets what a trial has reported of a metric, but for its bounds."""
        metric = self._metrics[key]
        metric.last.set(trial, None)
        metric.means.set(trial, None)

    def points(self, key: str, records: Records) -> None:
        """Takes new points of any trial."""
        metric = self._metrics.setdefault(key, _TrialMetric())
        metric.low = float(np.fmin(np.fmin.reduce(records["min"]), metric.low))
        metric.high = float(np.fmax(np.fmax.reduce(records["max"]), metric.high))

    def write(self, tx: Connection, keys: Sequence[str]) -> None:
        """Stores the rows of some metrics."""
        rows = [self._row(key) for key in keys if not goals.is_of_worker(key)]
        if rows:
            tx.execute(UPSERT, rows)

    def _row(self, key: str) -> dict[str, Any]:
        metric = self._metrics[key]
        low, high = (None if math.isnan(each) else each for each in (metric.low, metric.high))
        best = {"max": high, "min": low}.get(self._direction(key) or "")
        return {
            "key": key,
            "run": self.run,
            "last": metric.last.mean(),
            "best": best,
            "mean": metric.means.mean(),
            "low": low,
            "high": high,
        }
