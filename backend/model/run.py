"""One launch of a spec, and what happened to it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any, get_args

from backend.model import configurations, judged
from backend.model import goals as metric_goals
from backend.model.configurations import Configuration
from backend.model.goals import Goal, Mode
from backend.model.states import ACTIVE, RunState
from backend.model.stored import stored
from backend.model.task import TaskCounts
from backend.model.trial import Trial

EXTERNAL = "external"  # the kind of a run that somebody's own script does
ALIKE = frozenset({"name", "seeds", "seed"})  # fields of a spec in which repeats of one thing differ, of most kinds
MODES: tuple[Mode, ...] = get_args(Mode)


def goals_of(spec: Mapping[str, Any]) -> tuple[Goal, ...]:
    """Returns what a spec of whatever version says is to be improved; nothing where it says nothing."""
    whole = stored(spec)
    keys = whole.texts("metric")
    said = zip_longest(keys, whole.texts("mode")[: len(keys)])
    repeats = max(whole.count("repeats"), whole.part("trainable").count("seeds"))
    return tuple(
        Goal(key, next((each for each in MODES if each == mode), metric_goals.direction(key) or "max"), repeats)
        for key, mode in said
    )


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
    metrics_version: int  # what its metrics mean, see goals.METRICS_VERSION
    # what was asked of it after its launch, in the words of its kind
    wishes: Mapping[str, Any] = field(default_factory=dict)
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

    @cached_property
    def definitions(self) -> int:
        """By which version's definitions its metrics were recorded; 0 where no version has changed any."""
        spec = stored(self.spec)
        return self.metrics_version if spec.text("algorithm") or spec.part("trainable").text("algorithm") else 0

    @cached_property
    def goals(self) -> tuple[Goal, ...]:
        """What it is to improve, as its spec says; empty where that says nothing."""
        return goals_of(self.spec)

    @property
    def goal(self) -> Goal | None:
        return self.goals[0] if self.goals else None

    @property
    def main_metric(self) -> str:
        """The metric the run is judged by: what it is to improve, else its reward, else what it reported first."""
        return self.goal.key if self.goal else judged.main_metric(self.trials)

    @cached_property
    def best_configuration(self) -> Configuration | None:
        """What is best of what a sweep tried, by the mean over its seeds; None where there is none."""
        return configurations.best(self._by_number, self.goal) if self.goal else None

    @cached_property
    def best_trial(self) -> Trial | None:
        """The trial with the best value of the metric the run is judged by; None where there is none.

        Of a sweep it is one of the best configuration's, the best of its seeds.
        """
        sign = self.goal.sign if self.goal else 1.0
        config = self.best_configuration
        own = self.trials if self.goal is None else [self._by_number[each] for each in config.trials] if config else []
        candidates = [
            trial
            for trial in own
            if trial.best is not None and not (self.goal and configurations.is_lost(trial, self.goal.key))
        ]
        return max(candidates, key=lambda trial: sign * (trial.best or 0.0), default=None)

    @cached_property
    def _by_number(self) -> dict[int, Trial]:
        return {trial.number: trial for trial in self.trials}

    @property
    def best(self) -> float | None:
        """Best value of any trial, of a sweep of its best configuration; None where there is neither a goal nor a
        reward."""
        return judged.judged(self._by_number, self.goal).best

    @property
    def last(self) -> float | None:
        """Mean over the trials of the last value of the main metric; None of a sweep, whose trials are not alike."""
        return judged.judged(self._by_number, self.goal).last

    def mean_of_last(self, key: str) -> float | None:
        """Mean over the trials of the last value of a metric; None where none is finite."""
        return judged.mean_of_last(self.trials, key)

    @property
    def reports(self) -> int:
        return sum(trial.reports for trial in self.trials)

    @property
    def set_aside(self) -> int:
        """How many reports later attempts repeated: they are kept, and no part of any curve."""
        return sum(trial.set_aside for trial in self.trials)

    @property
    def recorded(self) -> tuple[int, int]:
        """What changes whenever its curves do: how many reports they hold, how many are set aside."""
        return self.reports, self.set_aside

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
