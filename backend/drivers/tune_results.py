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
    return reading_of(result).numbers


def reading_of(result: Mapping[str, Any]) -> Readings:
    """Returns the same with what a trainable reported that is no number; flags are neither, they steer rather than
    measure."""
    if "env_runners" in result:
        return Readings(from_result(result), {})
    numbers, left_out = readings(
        {key: value for key, value in result.items() if key not in NO_METRICS and not isinstance(value, bool)}
    )
    theirs = {OURS[key]: value for key, value in numbers.items() if key in OURS}
    return Readings(theirs | {key: value for key, value in numbers.items() if key not in OURS}, left_out)


def error_of(trial: Trial) -> str:
    """Returns the traceback of a trial that failed."""
    return _COLOURS.sub("", Path(trial.error_file).read_text()) if trial.error_file else "unknown error"


def last_line(text: str) -> str:
    """Returns the last line of a traceback: what went wrong."""
    return (text.strip().splitlines() or [""])[-1]
