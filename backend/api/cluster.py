"""What pages, the command line and notebooks may ask of the cluster."""

import threading
from typing import Any

from backend.api.house import house
from backend.cache import Cache
from backend.cluster.cluster import ClusterStatus
from backend.errors import RaydeckError

STATUS_SECONDS = 2.0
_status: Cache[ClusterStatus] = Cache(1, STATUS_SECONDS)
_starting = threading.Lock()


def cluster_status() -> ClusterStatus:
    """Returns the cluster's state and load, at most 2 s old."""
    return _status.get("now", lambda: house().cluster.status())


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


def must_fit(spec: Any) -> None:
    """Checks a spec against what the whole cluster has, known for at most 2 s, so that a form may ask at each rerun.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that asks for more.
    """
    load = cluster_status().load
    house().launcher.must_fit(spec, load.resources if load else {})
