"""What Tune tells of a trial, in our words."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial
from ray.tune.utils.util import flatten_dict

from backend.drivers.rllib_metrics import from_result

TUNES_OWN = {
    "timestamp", "pid", "done", "date", "hostname", "node_ip", "trial_id", "experiment_tag", "time_this_iter_s", "time_since_restore",
    "iterations_since_restore", "should_checkpoint", "checkpoint_dir_name",
}  # fmt: skip
OURS = {"training_iteration": "iteration", "time_total_s": "time_s"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def metrics_of(result: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of one of Tune's results under our keys."""
    if "env_runners" in result:
        return from_result(result)
    flat = flatten_dict({key: value for key, value in result.items() if key not in TUNES_OWN | {"config"}}, delimiter="/")
    return {OURS.get(key, key): float(value) for key, value in flat.items() if hasattr(value, "__float__") and _is_scalar(value)}


def _is_scalar(value: Any) -> bool:
    return not isinstance(value, bool) and getattr(value, "ndim", 0) == 0


def error_of(trial: Trial) -> str:
    """Returns the traceback of a trial that failed."""
    return _COLOURS.sub("", Path(trial.error_file).read_text()) if trial.error_file else "unknown error"


def last_line(text: str) -> str:
    """Returns the last line of a traceback: what went wrong."""
    return (text.strip().splitlines() or [""])[-1]
