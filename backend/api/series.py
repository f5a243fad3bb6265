"""What pages, the command line and notebooks may ask of what runs have recorded."""

from collections.abc import Sequence
from typing import NamedTuple

from backend.analysis import curves as analysis
from backend.api.house import house
from backend.cache import Cache
from backend.kinds import work_of
from backend.model import AsideCurve, Curve, Run, Trial
from backend.store import queries
from backend.store.series import asides
from backend.store.series import read as store_series
from backend.store.series.read import STEP, Window


class _ChartKey(NamedTuple):
    """What a chart shows, by which its curves are kept."""

    run_ids: tuple[str, ...]
    keys: tuple[str, ...]
    x: str
    points: int
    trial: int | None = None  # the only one


def metric_keys(run_id: str) -> list[str]:
    """Returns the metric keys a run has recorded."""
    return queries.metric_keys(house().database, run_id)


def curves(
    listed: Sequence[Run], keys: Sequence[str], x: str = STEP, *, window: Window | None = None, points: int = 1000
) -> list[Curve]:
    """Returns each trial's curve of each key in at most `points` buckets, and no more than CHART_POINTS in all.

    What was read before is kept for all that ask the same: only what came since is read, and nothing if nothing came.
    `window` is a range of x, read as finely as `points` allows. For `x` see `backend.store.series.read.read`.
    """
    run_ids = [run.id for run in listed]
    if window is not None:
        return store_series.read(
            house().database, run_ids, keys, x=x, window=window, points=points, budget=CHART_POINTS
        )
    news = tuple(run.recorded for run in listed)
    return _kept(_ChartKey(tuple(run_ids), tuple(keys), x, points), news)


def trial_curves(run: Run, trial: Trial, keys: Sequence[str] | None = None, points: int = 1000) -> list[Curve]:
    """Returns metrics of one trial, all of them when left out, in at most `points` buckets,
    kept as those of `curves`."""
    wanted = tuple(metric_keys(run.id) if keys is None else keys)
    return _kept(_ChartKey((run.id,), wanted, STEP, points, trial.number), (trial.recorded,))


CHART_POINTS = 20_000  # buckets on one chart, whatever the number of lines
CHARTS_KEPT = 64
_curves: Cache[list[Curve]] = Cache(CHARTS_KEPT)


def _kept(chart: _ChartKey, news: tuple[tuple[int, int], ...]) -> list[Curve]:
    """Returns the curves of a chart, the same for all tabs until the runs have news."""

    def read() -> list[Curve]:
        earlier_curves = {(curve.run_id, curve.trial, curve.key): curve for curve in _curves.last(chart) or ()}
        return store_series.read(
            house().database, **chart._asdict(), budget=CHART_POINTS, earlier_curves=earlier_curves
        )

    return _curves.get(chart, read, news)


def series(
    run_id: str, key: str, trial: int | None = None, points: int = 1000, x: str = STEP, window: Window | None = None
) -> analysis.Buckets:
    """Returns a metric in at most `points` buckets (x, mean, min, max, last, count) with every extreme kept, and the
    total.

    Without `trial`, on several trials: the mean over the trials by x, min and max across them.
    `x` is step, time, iteration or another metric; `window` a range of it, read down to the single points.

    Raises:
        UnknownRun
    """
    present = queries.run(house().database, run_id)
    trial_series = store_series.read(
        house().database, [present.id], [key], x=x, window=window, trial=trial, points=points
    )
    return analysis.of_curve(trial_series[0]) if len(trial_series) == 1 else analysis.across(trial_series, points)


def set_aside(
    listed: Sequence[Run],
    keys: Sequence[str],
    x: str = STEP,
    *,
    window: Window | None = None,
    trial: int | None = None,
    points: int = 1000,
) -> list[AsideCurve]:
    """Returns what resumed attempts repeated of some runs: each stretch in at most `points` buckets.

    It is no part of `curves` and `series`, nor of anything that is computed of them. For `x` see `series`; of a
    `window` come the buckets whose x lies in it.
    """
    ids = [run.id for run in listed if run.set_aside]
    if not ids:
        return []
    return asides.read(house().database, ids, keys, x=x, window=window, trial=trial, points=points)


def sparklines(listed: Sequence[Run], points: int = 40) -> dict[str, list[float]]:
    """Returns for each run a short mean curve of its main metric, of a sweep the best so far, for a table row.

    Read anew only where a run has news.
    """
    own = {run.id: work_of(run.kind).sparkline(run, points) for run in listed}
    names = {run.id: (run.id, run.recorded, points) for run in listed}
    stale = [run for run in listed if own[run.id] is None and run.reports and _sparks.last(names[run.id]) is None]
    by_run: dict[str, list[Curve]] = {run.id: [] for run in stale}
    for key in {run.main_metric for run in stale}:
        ids = [run.id for run in stale if run.main_metric == key]
        for start in range(0, len(ids), SPARKS_AT_ONCE):
            for curve in store_series.read(house().database, ids[start : start + SPARKS_AT_ONCE], [key], points=points):
                by_run[curve.run_id].append(curve)
    for run in stale:
        _sparks.keep(names[run.id], analysis.spark(by_run[run.id], points))
    return {run.id: own[run.id] or _sparks.last(names[run.id]) or [] for run in listed}


SPARKS_KEPT = 5000
SPARKS_AT_ONCE = 200  # runs a read, so that a list of thousands does not fill the memory
_sparks: Cache[list[float]] = Cache(SPARKS_KEPT)
