"""What a sweep's driver knows of its trials: those that were, those that run, and what comes next."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from backend.drivers.attempt import Attempt
from backend.drivers.tune_results import last_line
from backend.kinds.sweep import means
from backend.kinds.sweep.ending import outcome_of
from backend.kinds.sweep.first_reports import FirstReports
from backend.kinds.sweep.limits import Limits
from backend.kinds.sweep.reading import POPULATIONS, report_of
from backend.kinds.sweep.search import Search
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.trials import OpenTrial, Report
from backend.kinds.tunable import Tunable
from backend.model import FINISHED, Goal, Run, RunState, TrialState
from backend.model.outcome import Outcome

FEW = 5  # so many trials failing one after the other, before any did not, end the sweep


class Ledger:
    """Keeps count of the trials, asks the search for what comes next, and decides when the sweep is over.

    The database's rows are its memory: a new attempt begins with what they hold, and whatever ended stays ended.
    """

    def __init__(
        self,
        spec: SweepSpec,
        attempt: Attempt,
        tunable: Tunable,
        search: Search,
        run: Run,
        spent: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begins with the trials of `run`.

        `spent` is how many seconds of its budget are used up, `clock` tells seconds.
        """
        self.spec, self.attempt, self.tunable, self.search, self.clock = spec, attempt, tunable, search, clock
        self._content = spec.model_dump(exclude_none=True)
        self.goals = [Goal(key, mode) for key, mode in zip(spec.metrics, spec.modes, strict=True)]
        self.by_number = {trial.number: OpenTrial.of(trial) for trial in run.trials}
        self.waiting = sorted(number for number, trial in self.by_number.items() if trial.state is TrialState.QUEUED)
        self.alive: set[int] = set()
        self.outcome: Outcome | None = None  # why it is over before every trial was done
        self.first_error = ""
        self._configs = {
            number // spec.repeats: self._searched(trial.params) for number, trial in self.by_number.items()
        }
        self._next = 0
        self._spent = spent
        # the first trial's start: what Ray and Tune take to come up is nobody's budget
        self._began: float | None = None
        self._first = FirstReports(spec)
        self._since_better = 0
        self._best: float | None = None
        self._learn()

    def _searched(self, params: dict[str, Any]) -> dict[str, Any]:
        return {name: params[name] for name in self.spec.searched if name in params}

    def _learn(self) -> None:
        """Tells the search what came of every configuration that is known."""
        for config in sorted(self._configs):
            self._tell(config)
        self.outcome, self._since_better = None, 0  # whoever goes on after a target or with no patience left wants more

    # ---- what there is to do

    @property
    def limits(self) -> Limits:
        """What holds now: the spec, or what was asked since."""
        return Limits.of(self._content, self.attempt.wishes.asked)

    @property
    def most(self) -> int:
        """How many trials there may be."""
        return self.limits.trials

    def has_more(self) -> bool:
        """Whether a trial is left that has not begun."""
        return self.outcome is None and (bool(self.waiting) or len(self.by_number) < self.limits.trials)

    def take(self) -> OpenTrial | None:
        """Returns the next trial to begin, unless as many run as may, or none is left."""
        limits = self.limits
        if not self.has_more() or (limits.concurrency is not None and len(self.alive) >= limits.concurrency):
            return None
        trial = self.by_number[self.waiting.pop(0)] if self.waiting else self._new()
        self.alive.add(trial.number)
        return trial

    def _new(self) -> OpenTrial:
        while self._next in self.by_number:
            self._next += 1
        config, repeat = divmod(self._next, self.spec.repeats)
        if config not in self._configs:
            self._configs[config] = self.search.ask(config)
        values = {**self.spec.fixed, **self._configs[config]}
        trial = self.by_number[self._next] = OpenTrial(
            self._next, {name: values[name] for name in self.spec.space}, self.spec.seed_of(repeat)
        )
        return trial

    # ---- what came of it

    def started(self, number: int, config: Mapping[str, Any]) -> None:
        """Takes the start of a trial: the first one starts the clock of the time budget."""
        self._began = self.clock() if self._began is None else self._began
        if self.spec.scheduler in POPULATIONS:  # they change a trial's parameters on its way
            self.by_number[number].params |= {name: config[name] for name in self.spec.searched if name in config}

    def read(self, number: int, result: Mapping[str, Any], metrics: dict[str, float]) -> Report:
        return report_of(self.spec, self.by_number[number].params, result, metrics)

    def reported(self, number: int, metrics: dict[str, float]) -> None:
        """Takes a report of a trial; whether it makes the sweep end, `outcome` says."""
        trial, goal = self.by_number[number], self.goals[0]
        trial.last |= {key: value if math.isfinite(value) else None for key, value in metrics.items()}
        if warning := self._first.warning(metrics):
            self.attempt.recorder.note("not yet", warning)
        value = metrics.get(goal.key, math.nan)
        if not math.isfinite(value):
            return
        trial.best = goal.best([value] if trial.best is None else [value, trial.best])
        target = self.spec.target
        if target is not None and goal.sign * value >= goal.sign * target and self.spec.repeats == 1:
            self.end(RunState.SUCCEEDED, f"trial {number} reached the target, {goal.key} {value:.6g}")

    def is_whole(self, number: int, result: Mapping[str, Any]) -> bool:
        """Whether a trial is as long as trials may be, or has met a criterion of its algorithm."""
        limit = self.spec.max_iterations
        return (limit is not None and result["training_iteration"] >= limit) or self.tunable.has_reached(result)

    def ended(self, number: int, state: TrialState, error: str = "") -> None:
        """Takes the end of a trial."""
        trial = self.by_number[number]
        trial.state = state
        self.alive.discard(number)
        self.first_error = self.first_error or error
        if state not in FINISHED:
            return
        self._tell(number // self.spec.repeats)
        if state is TrialState.SUCCEEDED and (error := self._first.error(trial)):
            self.fail(error, "")
        if state is not TrialState.FAILED:
            return
        failed = sum(each.state is TrialState.FAILED for each in self.by_number.values())
        others = [each for each in self.by_number.values() if each.state is not TrialState.FAILED]
        if failed >= min(FEW, self.limits.trials) and not any(each.last for each in others):
            self.fail(f"The first {failed} trials all failed", self.first_error)

    def _tell(self, config: int) -> None:
        """Tells the search of a configuration once all its repeats have ended: their mean, of which those that failed
        or diverged count as the worst so far; None if there is no value."""
        first = config * self.spec.repeats
        trials = [
            self.by_number[number] for number in range(first, first + self.spec.repeats) if number in self.by_number
        ]
        if len(trials) < self.spec.repeats or any(trial.state not in FINISHED for trial in trials):
            return
        mean = means.of(trials, list(self.by_number.values()), self.goals)
        self.search.tell(config, self._configs[config], mean)
        self._judge(mean[0] if mean else None, config)

    def _judge(self, value: float | None, config: int) -> None:
        """Ends the sweep when the target is reached, or nothing better came for long."""
        goal, patience = self.goals[0], self.spec.patience
        if value is not None and (self._best is None or goal.sign * value > goal.sign * self._best):
            self._best, self._since_better = value, 0
        else:
            self._since_better += 1
        if value is not None and self.spec.target is not None and goal.sign * value >= goal.sign * self.spec.target:
            self.end(RunState.SUCCEEDED, f"configuration {config} reached the target, {goal.key} {value:.6g}")
        if patience is not None and self._since_better >= patience:
            of = "trials" if self.spec.repeats == 1 else "configurations"
            self.end(RunState.SUCCEEDED, f"nothing better in the last {patience} {of}")

    # ---- when it is over

    @property
    def is_over(self) -> bool:
        """Whether all that runs is to be ended now."""
        budget = self.limits.time_budget_s
        spent = self._spent + (0.0 if self._began is None else self.clock() - self._began)
        if self.outcome is None and budget is not None and spent >= budget:
            self.end(RunState.SUCCEEDED, f"the time budget of {budget:g} s is used up")
        return self.outcome is not None

    def end(self, state: RunState, note: str) -> None:
        self.outcome = self.outcome or Outcome(state, note)

    def fail(self, message: str, trace: str) -> None:
        self.outcome = self.outcome or Outcome(
            RunState.FAILED, message, f"{message}: {last_line(trace)}" if trace else message, trace
        )

    def result(self) -> Outcome:
        """Returns how the sweep ended."""
        is_stopped = self.attempt.stop_requested
        return outcome_of(
            list(self.by_number.values()), self.goals[0], self.outcome, self.first_error, is_stopped=is_stopped
        )
