"""The seeds of a run as an experiment's trials: a fixed list, of which whatever has succeeded stays so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from backend.drivers.attempt import Attempt
from backend.drivers.tune_results import last_line
from backend.kinds.rl.spec import RLSpec
from backend.kinds.trials import OpenTrial, Report
from backend.kinds.tunable import Tunable
from backend.model import Run, RunState, TrialState
from backend.model.outcome import Outcome


class Seeds:
    """Keeps count of a run's seeds. See `backend.kinds.trials.Trials`."""

    is_over = False  # no seed is ended for what another one did

    def __init__(self, spec: RLSpec, attempt: Attempt, run: Run, tunable: Tunable) -> None:
        self.attempt, self.tunable = attempt, tunable
        # a row has its seed among its params, by which it is found; what it trains with is the spec's
        self.by_number = {trial.number: replace(OpenTrial.of(trial), params={}) for trial in run.trials}
        self.most = len(spec.seeds)
        self.waiting = [
            number for number, seed in sorted(self.by_number.items()) if seed.state is not TrialState.SUCCEEDED
        ]
        self.first_error = ""

    def has_more(self) -> bool:
        return bool(self.waiting)

    def take(self) -> OpenTrial | None:
        return self.by_number[self.waiting.pop(0)] if self.waiting else None

    def started(self, number: int, config: Mapping[str, Any]) -> None:
        """A seed trains with the spec's parameters."""

    def read(self, number: int, result: Mapping[str, Any], metrics: dict[str, float]) -> Report:
        """The workloads count iterations and seconds themselves, over all attempts."""
        return Report(metrics.get("env_steps"), int(metrics.get("iteration", 0)), metrics)

    def reported(self, number: int, metrics: dict[str, float]) -> None:
        """What is reported decides nothing about other seeds."""
        self.by_number[number].last |= metrics

    def is_whole(self, number: int, result: Mapping[str, Any]) -> bool:
        return self.tunable.has_reached(result)

    def ended(self, number: int, state: TrialState, error: str = "") -> None:
        self.by_number[number].state = state
        self.first_error = self.first_error or error

    def result(self) -> Outcome:
        """Returns how the run ended: well if every seed did."""
        states = [seed.state for seed in self.by_number.values()]
        if failed := states.count(TrialState.FAILED):
            trace = self.first_error
            return Outcome(RunState.FAILED, f"{failed} of {len(states)} seeds failed", last_line(trace), trace)
        if states.count(TrialState.SUCCEEDED) == len(states):
            return Outcome(RunState.SUCCEEDED)
        if self.attempt.stop_requested:
            return Outcome(RunState.STOPPED, "stopped by you")
        return Outcome(RunState.FAILED, error="Ray Tune ended before every seed had finished.")
