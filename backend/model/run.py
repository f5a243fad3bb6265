"""One launch of a spec, how a sweep stands to what was asked, and what happened to a run."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any, get_args

from backend.model import goals as metric_goals
from backend.model import judged
from backend.model.goals import Goal, Mode
from backend.model.states import ACTIVE, RunState
from backend.model.stored import Stored, stored
from backend.model.task import TaskCounts
from backend.model.trial import Trial

EXTERNAL = "external"  # the kind of a run that somebody's own script does
SWEEP = "sweep"
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Sweep:
    """How a sweep stands to what was asked: its goals, and the limits that hold now."""

    goals: tuple[Goal, ...]
    trials: int  # wanted in all, repeats counted
    concurrency: int | None
    time_budget_s: float | None
    repeats: int  # of each configuration
    searched: tuple[str, ...]  # parameters

    @classmethod
    def of(cls, run: "Run") -> "Sweep":
        """Reads a sweep of whatever version: where nothing says how many trials are wanted, it is those that there are."""
        spec = stored(run.spec)
        repeats = spec.count("repeats")
        now = stored({**run.spec, **run.wishes})
        samples = now.count("samples", math.ceil(len(run.trials) / repeats))
        concurrency, budget = now.number("concurrency"), now.number("time_budget_s")
        searched = (name for name, domain in spec.part("space").content.items() if isinstance(domain, Mapping) and "fixed" not in domain)
        return cls(
            _goals(spec, run.trials), max(1, samples * repeats), int(concurrency or 0) or None, budget or None,  # 0: the limit was lifted
            repeats, tuple(searched),
        )  # fmt: skip

    @property
    def goal(self) -> Goal:
        return self.goals[0]

    def has_more(self, run: "Run") -> bool:
        """Whether a sweep that succeeded has trials left to do: some were added, or its time budget was extended."""
        return len(run.trials) < self.trials or any(not trial.is_finished for trial in run.trials)


def _goals(spec: Stored, trials: Sequence[Trial]) -> tuple[Goal, ...]:
    """Returns what a sweep improves, at least one thing."""
    keys = spec.texts("metric") or [judged.main_metric(trials)]
    said = zip_longest(keys, spec.texts("mode")[: len(keys)])
    return tuple(Goal(key, next((each for each in MODES if each == mode), metric_goals.direction(key) or "max")) for key, mode in said)


@dataclass(frozen=True, kw_only=True)
class Run:
    """One launch of a spec. Times are seconds since the epoch."""

    ordinal: int
    id: str
    name: str
    kind: str
    spec: dict[str, Any]
    group_key: str
    parent_id: str | None
    state: RunState
    attempt: int
    created_at: float
    started_at: float | None
    ended_at: float | None
    heartbeat_at: float | None
    stop_requested_at: float | None
    job_id: str | None
    waits_for: str
    error: str
    traceback: str
    versions: dict[str, str]
    host: str
    workload_hash: str
    wishes: Mapping[str, Any] = field(default_factory=dict)  # what was asked of it after its launch, in the words of its kind
    trials: tuple[Trial, ...]
    tasks: TaskCounts | None = None  # of a fan-out
    tags: tuple[str, ...] = ()  # what a person says of it, in alphabetical order
    note: str = ""
    starred: bool = False
    archived: bool = False

    @property
    def is_over(self) -> bool:
        return self.state not in ACTIVE

    @property
    def is_stopping(self) -> bool:
        return self.state is RunState.RUNNING and self.stop_requested_at is not None

    @property
    def can_retry(self) -> bool:
        """Whether tasks that failed can be tried again."""
        return self.is_over and self.tasks is not None and self.tasks.failed > 0

    @property
    def is_ours(self) -> bool:
        """Whether Raydeck started it; otherwise it only records what somebody's own script does."""
        return self.kind != EXTERNAL

    @property
    def main_metric(self) -> str:
        """The metric the run is judged by: of a sweep its own, else its reward, else what it reported first."""
        return self.sweep.goal.key if self.sweep else judged.main_metric(self.trials)

    @property
    def goal(self) -> Goal | None:
        """What a sweep looks for; None for other kinds."""
        return self.sweep.goal if self.sweep else None

    @cached_property
    def sweep(self) -> "Sweep | None":
        """What there is to know of a sweep beyond its trials; None for other kinds."""
        return Sweep.of(self) if self.kind == SWEEP else None

    @cached_property
    def best_trial(self) -> Trial | None:
        """The trial with the best value of the metric the run is judged by; None where there is none."""
        known = [trial for trial in self.trials if trial.best is not None]
        sign = self.goal.sign if self.goal else 1.0
        return max(known, key=lambda trial: sign * (trial.best or 0.0), default=None)

    @property
    def best(self) -> float | None:
        """Best value any trial reached; None where there is neither a goal nor a reward."""
        return judged.judged(self.trials, self.goal).best

    @property
    def last(self) -> float | None:
        """Mean over the trials of the last value of the main metric; None of a sweep, whose trials are not alike."""
        return judged.judged(self.trials, self.goal).last

    def mean_of_last(self, key: str) -> float | None:
        """Mean over the trials of the last value of a metric; None where none is finite."""
        return judged.mean_of_last(self.trials, key)

    @property
    def reports(self) -> int:
        return sum(trial.reports for trial in self.trials)

    def duration(self, now: float) -> float | None:
        """Seconds from the first start to the end, or to `now` while it runs."""
        if self.started_at is None:
            return None
        return max(0.0, (self.ended_at if self.is_over and self.ended_at else now) - self.started_at)


@dataclass(frozen=True)
class Event:
    at: float
    move: str
    note: str
