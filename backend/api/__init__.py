"""What pages, the command line and notebooks may ask: a file a subject, and what is asked of every run by its name
alone.

`api.house`, `api.runs` and `api.series` are the functions of that name, not the files.
"""

from backend.api.cluster import (
    cluster_autostart,
    cluster_down,
    cluster_status,
    cluster_up,
    cluster_up_soon,
    wake_cluster,
)
from backend.api.house import House, allowed_hosts, bootstrap, house, reset
from backend.api.runs import (
    Compacted,
    compact,
    delete,
    delete_all,
    events,
    launch,
    log_tail,
    purge,
    purge_soon,
    resume,
    run,
    runs,
    stop,
    valid,
)
from backend.api.series import curves, metric_keys, series, set_aside, sparklines, trial_curves
from backend.cluster.cluster import ClusterStatus

__all__ = [
    "ClusterStatus",
    "Compacted",
    "House",
    "allowed_hosts",
    "bootstrap",
    "cluster_autostart",
    "cluster_down",
    "cluster_status",
    "cluster_up",
    "cluster_up_soon",
    "compact",
    "curves",
    "delete",
    "delete_all",
    "events",
    "house",
    "launch",
    "log_tail",
    "metric_keys",
    "purge",
    "purge_soon",
    "reset",
    "resume",
    "run",
    "runs",
    "series",
    "set_aside",
    "sparklines",
    "stop",
    "trial_curves",
    "valid",
    "wake_cluster",
]
