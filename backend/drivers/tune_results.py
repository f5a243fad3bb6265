"""What Tune tells of a trial, in our words."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial

from backend.drivers.rllib_metrics import from_result
from backend.model.readings import Readings, readings

TUNES_OWN = {
    "timestamp", "pid", "done", "date", "hostname", "node_ip", "trial_id", "experiment_tag", "time_this_iter_s",
    "time_since_restore",
    "iterations_since_restore", "should_checkpoint", "checkpoint_dir_name",
}  # fmt: skip
NO_METRICS = TUNES_OWN | {"config"}
OURS = {"training_iteration": "iteration", "time_total_s": "time_s"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def metrics_of(result: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of one of Tune's results under our keys; what a trainable calls so itself
    comes before Tune's own."""
    if "env_runners" in result:
        return from_result(result)
    numbers = _reported(result).numbers
    theirs = {OURS[key]: value for key, value in numbers.items() if key in OURS}
    return theirs | {key: value for key, value in numbers.items() if key not in OURS}


def left_out_of(result: Mapping[str, Any]) -> dict[str, str]:
    """Returns what a trainable reported that is no number, flags aside, and what it is."""
    return {} if "env_runners" in result else _reported(result).left_out


def _reported(result: Mapping[str, Any]) -> Readings:
    """Reads all but what Tune adds, and flags, which steer rather than measure."""
    return readings(
        {key: value for key, value in result.items() if key not in NO_METRICS and not isinstance(value, bool)}
    )


def error_of(trial: Trial) -> str:
    """Returns the traceback of a trial that failed."""
    return _COLOURS.sub("", Path(trial.error_file).read_text()) if trial.error_file else "unknown error"


def last_line(text: str) -> str:
    """Returns the last line of a traceback: what went wrong."""
    return (text.strip().splitlines() or [""])[-1]
