"""What pages, the command line and notebooks may ask."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from backend import specs
from backend.analysis import curves
from backend.analysis.curves import Curve
from backend.cluster.cluster import Cluster, ClusterStatus
from backend.errors import RaydeckError
from backend.launcher import Launcher
from backend.settings import Settings, read_settings
from backend.specs import RunSpec
from backend.store import queries
from backend.store.database import Database, open_database
from backend.store.values import Event, Run, RunState

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


def reset() -> None:
    """Forgets the wired program, so that the next call reads the environment anew (for tests and notebooks)."""
    if house.cache_info().currsize:
        house().database.close()
    house.cache_clear()
    _status.clear()


# ---- runs


def launch(spec: RunSpec | Mapping[str, Any], *, parent_id: str | None = None, launch_key: str | None = None) -> str:
    """Starts a run and returns its id. It waits in the queue while the cluster starts or every slot is taken.

    Raises:
        InvalidSpec: the spec cannot be run; nothing was started.
    """
    ready = specs.parse(dict(spec)) if isinstance(spec, Mapping) else spec
    run_id = house().launcher.launch(ready, parent_id=parent_id, launch_key=launch_key)
    _wake_cluster()
    return run_id


def stop(run_id: str) -> None:
    """Stops a run: a queued one at once, a running one after its next report, within 15 s.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.stop(run_id)


def resume(run_id: str) -> None:
    """Lets a stopped, failed or lost run go on from its last checkpoints.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.resume(run_id)
    _wake_cluster()


def delete(run_id: str) -> None:
    """Deletes a run that is over, with its series and files. This cannot be undone.

    Raises:
        UnknownRun, IllegalMove
    """
    house().launcher.delete(run_id)


def run(run_id: str) -> Run:
    """Returns one run in its true state.

    Raises:
        UnknownRun
    """
    house().launcher.reconcile()
    return queries.run(house().database, run_id)


def runs(query: str = "", *, states: Sequence[RunState] | None = None, limit: int | None = None) -> list[Run]:
    """Returns runs, newest first; each word of `query` must occur in id, name, kind, state or spec."""
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


def trial_curves(run_ids: Sequence[str], keys: Sequence[str], x: str = curves.STEP) -> list[Curve]:
    """Returns each trial's curve of each key; `x` is a metric key such as iteration, env_steps or time_s.

    Lengths are those of the series: nothing is left out.
    """
    wanted = [*keys, *([] if x == curves.STEP else [x])]
    return curves.along(queries.all_series(house().database, run_ids, wanted), keys, x)


def series(run_id: str, key: str, trial: int | None = None, points: int = 1000, x: str = curves.STEP) -> curves.Buckets:
    """Returns a metric in at most `points` buckets (x, mean, min, max) with every extreme kept, and the total of points.

    Without `trial`, on several trials: the mean over the trials by step, min and max across them.

    Raises:
        UnknownRun
    """
    present = queries.run(house().database, run_id)
    found = [curve for curve in trial_curves([present.id], [key], x) if trial is None or curve.trial == trial]
    if len(found) == 1:
        return curves.buckets(found[0], points)
    return curves.buckets_across(found, points)


def sparklines(listed: Sequence[Run], key: str = "return_mean", points: int = 40) -> dict[str, list[float]]:
    """Returns for each run a short mean curve over its trials, for a table row; read anew only where a run has news."""
    stale = [run for run in listed if run.reports and (run.id, run.reports) not in _sparks]
    by_run: dict[str, list[Curve]] = {run.id: [] for run in stale}
    for curve in trial_curves(list(by_run), [key]) if stale else []:
        by_run[curve.run_id].append(curve)
    for run in stale:
        _sparks[run.id, run.reports] = curves.spark(by_run[run.id], points)
    while len(_sparks) > SPARKS_KEPT:
        _sparks.pop(next(iter(_sparks)))
    return {run.id: _sparks.get((run.id, run.reports), []) for run in listed}


SPARKS_KEPT = 2000
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


def _wake_cluster() -> None:
    """Starts the local head in the background if it is off or dead: a run that was asked for must not wait for ever."""
    if house().cluster.is_gone():
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
