"""What Tune tells of a trial, in our words."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ray.tune.experiment import Trial

from backend.drivers.rllib_metrics import from_result

TUNES_OWN = {
    "timestamp", "pid", "done", "date", "hostname", "node_ip", "trial_id", "experiment_tag", "time_this_iter_s",
    "time_since_restore",
    "iterations_since_restore", "should_checkpoint", "checkpoint_dir_name",
}  # fmt: skip
OURS = {"training_iteration": "iteration", "time_total_s": "time_s"}
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def metrics_of(result: Mapping[str, Any]) -> dict[str, float]:
    """Returns the numbers of one of Tune's results under our keys; what a trainable calls so itself
    comes before Tune's own."""
    if "env_runners" in result:
        return from_result(result)
    flat = list(_flat({key: value for key, value in result.items() if key not in TUNES_OWN | {"config"}}))
    theirs = {OURS[key]: value for key, value in flat if key in OURS}
    named = theirs | {key: value for key, value in flat if key not in OURS}
    return {key: number for key, value in named.items() if (number := _number(value)) is not None}


def _flat(result: Mapping[Any, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Yields what lies in nested mappings, by its path. Tune's own way fails on keys that are no text."""
    for key, value in result.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{key}/")
        else:
            yield f"{path}{key}", value


def _number(value: Any) -> float | None:
    """Returns a number as a float; None of what is none: text, a date, a flag, several values, a
    number beyond any float."""
    if isinstance(value, bool | str | bytes) or getattr(value, "ndim", 0) != 0 or not hasattr(value, "__float__"):
        return None
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError, RuntimeError):  # the last is torch's
        return None


def error_of(trial: Trial) -> str:
    """Returns the traceback of a trial that failed."""
    return _COLOURS.sub("", Path(trial.error_file).read_text()) if trial.error_file else "unknown error"


def last_line(text: str) -> str:
    """Returns the last line of a traceback: what went wrong."""
    return (text.strip().splitlines() or [""])[-1]
