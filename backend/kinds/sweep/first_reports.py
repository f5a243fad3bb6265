"""Whether a trainable reports what is searched for: seen in its first report, decided with its first end."""

from collections.abc import Mapping
from typing import Any

from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.trials import OpenTrial


class FirstReports:
    """Looks at the first report of a sweep, and at the first trial that ended by itself.

    What is searched for may come late, such as with every tenth report. What an RL algorithm reports is known before.
    """

    def __init__(self, spec: SweepSpec) -> None:
        self._wanted = spec.metrics if isinstance(spec.trainable, str) else []
        self._has_begun = self._has_ended = False

    def warning(self, metrics: Mapping[str, float]) -> str:
        """Returns what the first report of all lacks: a name that is mistyped is seen before a long trial ends."""
        if self._has_begun:
            return ""
        self._has_begun = True
        missing = self._missing(metrics)
        return f"“{missing[0]}” is not in the first report: {', '.join(metrics)}" if missing else ""

    def error(self, trial: OpenTrial) -> str:
        """Returns what the first trial that ended never reported."""
        if self._has_ended:
            return ""
        self._has_ended = True
        reported = ", ".join(trial.last) or "nothing that is a number"
        missing = self._missing(trial.last)
        return f"The trainable does not report “{missing[0]}”. It reports: {reported}" if missing else ""

    def _missing(self, metrics: Mapping[str, Any]) -> list[str]:
        return [key for key in self._wanted if key not in metrics]
