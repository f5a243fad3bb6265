"""What pages, the command line and notebooks may ask of what runs have recorded."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from backend.analysis import curves as analysis
from backend.api.house import house, on_reset
from backend.kinds import work_of
from backend.model import Curve, Run, Trial
from backend.store import queries
from backend.store.database import Database
from backend.store.series import read as store_series
from backend.store.series.read import STEP, Window

_Chart = tuple[tuple[str, ...], tuple[str, ...], str, int, int | None]  # runs, keys, x, points, the only trial


def metric_keys(run_id: str) -> list[str]:
    """Returns the metric keys a run has recorded."""
    return queries.metric_keys(house().database, run_id)


def curves(listed: Sequence[Run], keys: Sequence[str], x: str = STEP, *, window: Window | None = None, points: int = 1000) -> list[Curve]:
    """Returns each trial's curve of each key in at most `points` buckets, and no more than CHART_POINTS in all.

    What was read before is kept for all that ask the same: only what came since is read, and nothing if nothing came.
    `window` is a range of x, read as finely as `points` allows. For `x` see `backend.store.series.read.read`.
    """
    run_ids = [run.id for run in listed]
    if window is not None:
        return store_series.read(house().database, run_ids, keys, x=x, window=window, points=points, budget=CHART_POINTS)
    news = tuple(run.reports for run in listed)
    return _kept_curves.read(house().database, (tuple(run_ids), tuple(keys), x, points, None), news)


def trial_curves(run: Run, trial: Trial, keys: Sequence[str] | None = None, points: int = 1000) -> list[Curve]:
    """Returns metrics of one trial, all of them when left out, in at most `points` buckets, kept as those of `curves`."""
    wanted = tuple(metric_keys(run.id) if keys is None else keys)
    return _kept_curves.read(house().database, ((run.id,), wanted, STEP, points, trial.number), (trial.reports,))


CHART_POINTS = 20_000  # buckets on one chart, whatever the number of lines
CHARTS_KEPT = 64


@dataclass
class _KeptChart:
    """The curves of one chart. Whoever wants them while they are read waits for them; nobody else does."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    version: tuple[int, ...] | None = None
    curves: list[Curve] = field(default_factory=list)


class _KeptCurves:
    """The curves of the latest charts, shared by all tabs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[_Chart, _KeptChart] = OrderedDict()

    def read(self, database: Database, chart: _Chart, news: tuple[int, ...]) -> list[Curve]:
        with self._lock:
            kept = self._kept.setdefault(chart, _KeptChart())
            self._kept.move_to_end(chart)
            while len(self._kept) > CHARTS_KEPT:
                self._kept.popitem(last=False)
        with kept.lock:
            if kept.version != news:
                known = {(curve.run_id, curve.trial, curve.key): curve for curve in kept.curves}
                run_ids, keys, x, points, trial = chart
                kept.curves = store_series.read(database, run_ids, keys, x=x, trial=trial, points=points, budget=CHART_POINTS, known=known)
                kept.version = news
            return kept.curves

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()


_kept_curves = _KeptCurves()


def series(
    run_id: str, key: str, trial: int | None = None, points: int = 1000, x: str = STEP, window: Window | None = None
) -> analysis.Buckets:
    """Returns a metric in at most `points` buckets (x, mean, min, max, last, count) with every extreme kept, and the total.

    Without `trial`, on several trials: the mean over the trials by x, min and max across them.
    `x` is step, time, iteration or another metric; `window` a range of it, read down to the single points.

    Raises:
        UnknownRun
    """
    present = queries.run(house().database, run_id)
    found = store_series.read(house().database, [present.id], [key], x=x, window=window, trial=trial, points=points)
    return analysis.of_curve(found[0]) if len(found) == 1 else analysis.across(found, points)


def sparklines(listed: Sequence[Run], points: int = 40) -> dict[str, list[float]]:
    """Returns for each run a short mean curve of its main metric, of a sweep the best so far, for a table row.

    Read anew only where a run has news.
    """
    for run in listed:
        if (drawn := work_of(run.kind).sparkline(run, points)) is not None:
            _sparks[run.id, run.reports] = drawn
    stale = [run for run in listed if run.reports and (run.id, run.reports) not in _sparks]
    by_run: dict[str, list[Curve]] = {run.id: [] for run in stale}
    for key in {run.main_metric for run in stale}:
        ids = [run.id for run in stale if run.main_metric == key]
        for start in range(0, len(ids), SPARKS_AT_ONCE):
            for curve in store_series.read(house().database, ids[start : start + SPARKS_AT_ONCE], [key], points=points):
                by_run[curve.run_id].append(curve)
    for run in stale:
        _sparks[run.id, run.reports] = analysis.spark(by_run[run.id], points)
    while len(_sparks) > SPARKS_KEPT:
        _sparks.pop(next(iter(_sparks)))
    return {run.id: _sparks.get((run.id, run.reports), []) for run in listed}


SPARKS_KEPT = 5000
SPARKS_AT_ONCE = 200  # runs a read, so that a list of thousands does not fill the memory
_sparks: dict[tuple[str, int], list[float]] = {}


on_reset(_kept_curves.clear)
on_reset(_sparks.clear)
