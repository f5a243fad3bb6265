"""What pages, the command line and notebooks may ask."""

import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from backend import specs
from backend.analysis import curves as analysis
from backend.analysis import progress
from backend.cluster.cluster import Cluster, ClusterStatus
from backend.errors import RaydeckError
from backend.launcher import Launcher
from backend.settings import Settings, read_settings
from backend.specs import RunSpec
from backend.store import queries, space
from backend.store import series as store_series
from backend.store.database import Database, open_database
from backend.store.series import STEP, Window
from backend.store.values import Curve, Event, Run, RunState
from backend.store.values import Trial as Trial

_Chart = tuple[tuple[str, ...], tuple[str, ...], str, int, int | None]  # runs, keys, x, points, the only trial
STATUS_SECONDS = 2.0


@dataclass(frozen=True)
class House:
    """The wired program: every outside thing it needs."""

    settings: Settings
    database: Database
    cluster: Cluster
    launcher: Launcher


def bootstrap(settings: Settings) -> House:
    """Wires the program for `settings`.

    Raises:
        StoreUnavailable: the database cannot be used; the message says what to do.
    """
    database = open_database(settings)
    cluster = Cluster(settings)
    return House(settings, database, cluster, Launcher(settings, database, cluster))


@lru_cache(maxsize=1)
def house() -> House:
    """Returns the program wired for this process's environment."""
    return bootstrap(read_settings())


def allowed_hosts() -> list[str]:
    """Returns the names by which browsers may reach the web app, beside those of this machine's loopback.

    Raises:
        BadSettings
    """
    return [name for each in read_settings().allowed_hosts.split(",") if (name := each.strip())]


def reset() -> None:
    """Forgets the wired program, so that the next call reads the environment anew (for tests and notebooks)."""
    if house.cache_info().currsize:
        house().database.close()
    house.cache_clear()
    _kept_curves.clear()
    _sparks.clear()
    _status.clear()


# ---- runs


def launch(spec: RunSpec | Mapping[str, Any], *, parent_id: str | None = None, launch_key: str | None = None) -> str:
    """Starts a run and returns its id. It waits in the queue while the cluster starts or every slot is taken.

    Raises:
        InvalidSpec: the spec cannot be run; nothing was started.
    """
    ready = specs.parse(dict(spec)) if isinstance(spec, Mapping) else spec
    run_id = house().launcher.launch(ready, parent_id=parent_id, launch_key=launch_key)
    wake_cluster()
    return run_id


def stop(run_id: str) -> None:
    """Stops a run: a queued one at once, a running one after its next report, within 15 s.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.stop(run_id)


def valid(run_id: str) -> Run:
    """Returns a run in its true state, if its spec can still be run.

    Raises:
        UnknownRun
        IllegalMove: it is a script's own.
        InvalidSpec: says what is no longer there.
    """
    house().launcher.reconcile()
    return house().launcher.valid(run_id)


def resume(run_id: str) -> None:
    """Lets a stopped, failed or lost run go on from its last checkpoints.

    Raises:
        UnknownRun, IllegalMove
        InvalidSpec: says what is no longer there.
    """
    house().launcher.resume(run_id)
    wake_cluster()


def delete(run_id: str) -> None:
    """Deletes a run that is over, at once and for good; its files and the room it took are cleared in the background.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.delete(run_id)
    purge_soon()


def delete_all(run_ids: Sequence[str]) -> None:
    """Deletes those of the runs that are over, as `delete` does.

    Raises:
        IllegalMove: some are not, or are gone; all others are deleted.
    """
    try:
        house().launcher.delete_all(run_ids)
    finally:
        purge_soon()


def purge() -> int:
    """Clears what deleted runs left, and returns how many there were."""
    return house().launcher.purge()


def purge_soon() -> None:
    """Does `purge` in the background; should the process end before, the next start goes on."""
    threading.Thread(target=_purge_quietly, args=(house().launcher,), name="purge", daemon=True).start()


def _purge_quietly(launcher: Launcher) -> None:
    try:
        launcher.purge()
    except RaydeckError as error:  # a full disk, a database that is away: the next start or `compact` tries again
        print(f"could not clear what deleted runs left: {error}", file=sys.stderr, flush=True)


@dataclass(frozen=True)
class Compacted:
    """Bytes that the database took before and after, and how many deleted runs were cleared first."""

    before: int
    after: int
    cleared: int


def compact() -> Compacted:
    """Rewrites the database without any gaps; what is recorded meanwhile waits in its process's memory.

    Raises:
        StoreUnavailable: there is no room for the copy that is made on the way.
    """
    database = house().database
    before, cleared = space.size(database), purge()
    space.compact(database)
    return Compacted(before, space.size(database), cleared)


def run(run_id: str) -> Run:
    """Returns one run in its true state.

    Raises:
        UnknownRun
    """
    house().launcher.reconcile()
    return queries.run(house().database, run_id)


def runs(query: str = "", *, states: Sequence[RunState] | None = None, limit: int | None = None) -> list[Run]:
    """Returns the runs that `query` describes (docs/manual.md: Find), newest first; archived ones only if it says so.

    Raises:
        InvalidQuery: says where the query is wrong.
    """
    house().launcher.reconcile()
    return queries.all_runs(house().database, states=states, query=query, limit=limit)


def events(run_id: str) -> list[Event]:
    """Returns what happened to a run, in order."""
    return queries.history(house().database, run_id)


def log_tail(run_id: str, lines: int = 200) -> str:
    """Returns the last lines of a run's driver log."""
    return house().launcher.log_tail(run_id, lines)


# ---- series


def metric_keys(run_id: str) -> list[str]:
    """Returns the metric keys a run has recorded."""
    return queries.metric_keys(house().database, run_id)


def curves(listed: Sequence[Run], keys: Sequence[str], x: str = STEP, *, window: Window | None = None, points: int = 1000) -> list[Curve]:
    """Returns each trial's curve of each key in at most `points` buckets, and no more than CHART_POINTS in all.

    What was read before is kept for all that ask the same: only what came since is read, and nothing if nothing came.
    `window` is a range of x, read as finely as `points` allows. For `x` see `backend.store.series.read`.
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
        if run.sweep is not None:
            _sparks[run.id, run.reports] = progress.best_so_far(run, points)
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


# ---- cluster

_status: dict[str, tuple[float, ClusterStatus]] = {}
_starting = threading.Lock()


def cluster_status() -> ClusterStatus:
    """Returns the cluster's state and load, at most 2 s old."""
    kept = _status.get("now")
    if kept is None or time.monotonic() - kept[0] > STATUS_SECONDS:
        kept = (time.monotonic(), house().cluster.status())
        _status["now"] = kept
    return kept[1]


def cluster_up() -> None:
    """Starts the local head if it does not run, waits until it answers and submits what waited for it.

    Raises:
        ClusterUnavailable: it did not come up; the message says why.
    """
    house().cluster.up()
    _status.clear()
    house().launcher.reconcile(force=True)


def wake_cluster() -> None:
    """Starts the local head in the background if it is off or dead: a run that was asked for must not wait for ever."""
    if house().settings.autostart and house().cluster.is_gone():
        cluster_up_soon()


def cluster_autostart() -> None:
    """Starts the local head in the background, unless the settings leave that to the user."""
    if house().settings.autostart:
        cluster_up_soon()


def cluster_up_soon() -> None:
    """Does `cluster_up` in the background; calling it again while it works does nothing."""
    if _starting.acquire(blocking=False):
        house().cluster.begin()
        _status.clear()
        threading.Thread(target=_up_quietly, name="cluster start", daemon=True).start()


def _up_quietly() -> None:
    try:
        cluster_up()
    except RaydeckError:
        _status.clear()  # the cluster keeps the reason, and its status shows it
    finally:
        _starting.release()


def cluster_down() -> bool:
    """Ends the head that Raydeck started; returns whether there was one. Runs on it become lost."""
    ended = house().cluster.down()
    _status.clear()
    return ended
