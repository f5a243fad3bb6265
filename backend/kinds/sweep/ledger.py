"""What a sweep's driver knows of its trials: those that were, those that run, and what comes next."""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from backend.drivers.attempt import Attempt
from backend.drivers.tune_results import last_line
from backend.kinds.sweep.search import Search
from backend.kinds.sweep.spec import SweepSpec
from backend.model import FINISHED, Goal, Run, RunState, Sweep, Trial, TrialState
from backend.model.outcome import Outcome

FEW = 5  # so many trials failing one after the other, before any did not, end the sweep


@dataclass
class Part:
    """One trial: configuration `number // repeats`, and which of its repeats."""

    number: int
    params: dict[str, Any]
    seed: int | None = None
    state: TrialState = TrialState.QUEUED
    best: float | None = None  # of the first objective
    last: dict[str, float] = field(default_factory=dict)
    checkpoint: str = ""
    iteration: int = 0  # of the checkpoint
    reason: TrialState | None = None  # what it ends as, once that is decided
    now: dict[str, float] = field(default_factory=dict)  # the newest report, as it came


class Ledger:
    """Keeps count of the trials, asks the search for what comes next, and decides when the sweep is over.

    The database's rows are its memory: a new attempt begins with what they hold, and whatever ended stays ended.
    """

    def __init__(
        self, spec: SweepSpec, attempt: Attempt, search: Search, run: Run, spent: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """Begins with the trials of `run`. `spent` is how many seconds of its budget are used up, `clock` tells seconds."""
        self.spec, self.attempt, self.search, self.clock = spec, attempt, search, clock
        self.goals = [Goal(key, mode) for key, mode in zip(spec.metrics, spec.modes, strict=True)]
        self.parts = {trial.number: self._part(trial) for trial in run.trials}
        self.waiting = sorted(number for number, part in self.parts.items() if part.state is TrialState.QUEUED)
        self.alive: set[int] = set()
        self.outcome: Outcome | None = None  # why it is over before every trial was done
        self.first_error = ""
        self._configs = {number // spec.repeats: self._searched(part.params) for number, part in self.parts.items()}
        self._next = 0
        self._spent = spent
        self._began: float | None = None  # the first trial's start: what Ray and Tune take to come up is nobody's budget
        self._since_better = 0
        self._best: float | None = None
        self._learn()

    def _part(self, trial: Trial) -> Part:
        last = {key: value for key, value in trial.last.items() if value is not None}
        return Part(
            trial.number, trial.params, trial.seed, trial.state, trial.best, last, trial.checkpoint, trial.checkpoint_iteration or 0
        )

    def _searched(self, params: dict[str, Any]) -> dict[str, Any]:
        return {name: params[name] for name in self.spec.searched if name in params}

    def _learn(self) -> None:
        """Tells the search what came of every configuration that is known."""
        for config in sorted(self._configs):
            self._tell(config)
        self.outcome, self._since_better = None, 0  # whoever goes on after a target or with no patience left wants more

    # ---- what there is to do

    @property
    def limits(self) -> Sweep:
        """What holds now: the spec, or what was asked since."""
        asked = self.attempt.wishes.asked
        samples = int(asked.get("samples", self.spec.samples))
        if self.spec.search == "grid":
            samples = min(samples, self.spec.samples)  # there is no more in a grid than all of it
        return Sweep(
            tuple(self.goals), samples * self.spec.repeats,
            asked.get("concurrency", self.spec.concurrency) or None,  # 0: the limit was lifted
            asked.get("time_budget_s", self.spec.time_budget_s) or None,
            self.spec.repeats, tuple(self.spec.searched),
        )  # fmt: skip

    def has_more(self) -> bool:
        """Whether a trial is left that has not begun."""
        return self.outcome is None and (bool(self.waiting) or len(self.parts) < self.limits.trials)

    def take(self) -> Part | None:
        """Returns the next trial to begin, unless as many run as may, or none is left."""
        limits = self.limits
        if not self.has_more() or (limits.concurrency is not None and len(self.alive) >= limits.concurrency):
            return None
        part = self.parts[self.waiting.pop(0)] if self.waiting else self._new()
        self.alive.add(part.number)
        return part

    def _new(self) -> Part:
        while self._next in self.parts:
            self._next += 1
        config, repeat = divmod(self._next, self.spec.repeats)
        if config not in self._configs:
            self._configs[config] = self.search.ask(config)
        seed = repeat + 1 if self.spec.repeats > 1 or not isinstance(self.spec.trainable, str) else None
        values = {**self.spec.fixed, **self._configs[config]}
        part = self.parts[self._next] = Part(self._next, {name: values[name] for name in self.spec.space}, seed)
        return part

    # ---- what came of it

    def started(self) -> None:
        """Takes the start of a trial: the first one starts the clock of the time budget."""
        self._began = self.clock() if self._began is None else self._began

    def reported(self, number: int, metrics: dict[str, float]) -> None:
        """Takes a report of a trial; whether it makes the sweep end, `outcome` says."""
        part, goal = self.parts[number], self.goals[0]
        part.now = metrics
        part.last |= {key: value for key, value in metrics.items() if math.isfinite(value)}
        value = metrics.get(goal.key, math.nan)
        if not math.isfinite(value):
            return
        part.best = goal.best([value] if part.best is None else [value, part.best])
        target = self.spec.target
        if target is not None and goal.sign * value >= goal.sign * target and self.spec.repeats == 1:
            self.end(RunState.SUCCEEDED, f"trial {number} reached the target, {goal.key} {value:.6g}")

    def ended(self, number: int, state: TrialState, error: str = "") -> None:
        """Takes the end of a trial."""
        part = self.parts[number]
        part.state = state
        self.alive.discard(number)
        self.first_error = self.first_error or error
        if state not in FINISHED:
            return
        self._tell(number // self.spec.repeats)
        if state is not TrialState.FAILED:
            return
        failed = sum(each.state is TrialState.FAILED for each in self.parts.values())
        others = [each for each in self.parts.values() if each.state is not TrialState.FAILED]
        if failed >= min(FEW, self.limits.trials) and not any(each.last for each in others):
            self.fail(f"The first {failed} trials all failed", self.first_error)

    def _tell(self, config: int) -> None:
        """Tells the search of a configuration once all its repeats have ended: their mean, None if none has a value."""
        first = config * self.spec.repeats
        parts = [self.parts[number] for number in range(first, first + self.spec.repeats) if number in self.parts]
        if len(parts) < self.spec.repeats or any(part.state not in FINISHED for part in parts):
            return
        values = [found for part in parts if part.state is not TrialState.FAILED and (found := self._values(part)) is not None]
        mean = [math.fsum(column) / len(values) for column in zip(*values, strict=True)] if values else None
        self.search.tell(config, self._configs[config], mean)
        self._judge(mean[0] if mean else None, config)

    def _values(self, part: Part) -> list[float] | None:
        """Returns a trial's value for each objective: of one its best, of several the last of each, for they belong together."""
        if len(self.goals) == 1:
            return None if part.best is None else [part.best]
        found = [part.last.get(goal.key, math.nan) for goal in self.goals]
        return found if all(map(math.isfinite, found)) else None

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
        self.outcome = self.outcome or Outcome(RunState.FAILED, message, f"{message}: {last_line(trace)}" if trace else message, trace)

    def result(self) -> Outcome:
        """Returns how the sweep ended."""
        states = [part.state for part in self.parts.values()]
        failed = states.count(TrialState.FAILED)
        note = f"{failed} of {len(states)} trials failed" if failed else ""
        if self.outcome is not None and (self.outcome.state is RunState.FAILED or self._has_result()):
            return self.outcome
        if self.attempt.stop_requested:
            return Outcome(RunState.STOPPED, "stopped by you")
        if not self._has_result():
            why = self.outcome.note if self.outcome else "no trial succeeded"
            return Outcome(RunState.FAILED, note or why, last_line(self.first_error) or why, self.first_error)
        return Outcome(RunState.SUCCEEDED, note)

    def _has_result(self) -> bool:
        return any(
            part.best is not None if part.state in (TrialState.QUEUED, TrialState.STOPPED) else part.state is not TrialState.FAILED
            for part in self.parts.values()
        )
