"""The values that leave the store: frozen, loaded whole, safe to hand to a page."""

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from itertools import zip_longest
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from backend.catalog import metrics
from backend.catalog.metrics import Goal
from backend.store import judged
from backend.stored import Stored, stored

EXTERNAL = "external"  # the kind of a run that somebody's own script does
SWEEP = "sweep"
LAUNCHED = ("rl", SWEEP, "tasks")
MODES: tuple[metrics.Mode, ...] = get_args(metrics.Mode)


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"
    LOST = "lost"


class TrialState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"


class TaskState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    STOPPED = "stopped"


MOVES: dict[RunState, frozenset[RunState]] = {
    RunState.QUEUED: frozenset({RunState.RUNNING, RunState.STOPPED, RunState.FAILED, RunState.LOST}),
    RunState.RUNNING: frozenset({RunState.SUCCEEDED, RunState.FAILED, RunState.STOPPED, RunState.LOST}),
    RunState.SUCCEEDED: frozenset({RunState.QUEUED}),  # a fan-out to try what failed again, a sweep for more trials
    RunState.STOPPED: frozenset({RunState.QUEUED}),  # resume: the same run, next attempt
    RunState.FAILED: frozenset({RunState.QUEUED}),
    RunState.LOST: frozenset({RunState.QUEUED, RunState.RUNNING}),  # or the same attempt's heartbeat came back
}
ACTIVE = frozenset({RunState.QUEUED, RunState.RUNNING})
FINISHED = frozenset({TrialState.SUCCEEDED, TrialState.PRUNED, TrialState.FAILED})


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A numbered part of a run; of an RL run, one seed."""

    number: int
    params: dict[str, Any]
    seed: int | None
    state: TrialState
    started_at: float | None
    ended_at: float | None
    reports: int
    last: dict[str, float | None]
    best: float | None
    checkpoint: str
    checkpoint_iteration: int | None = None
    stop_requested_at: float | None = None
    error: str

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to do of a sweep's trial: it ended by itself, or somebody ended it for good."""
        return self.state in FINISHED or (self.state is TrialState.STOPPED and self.stop_requested_at is not None)


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """A checkpoint that a seed keeps to be looked at, gone on from, downloaded."""

    run_id: str
    trial: int
    iteration: int
    at: float  # seconds since the epoch
    metrics: dict[str, float | None]  # of the report it was saved with
    bytes: int
    is_best: bool

    @classmethod
    def of(
        cls, run_id: str, trial: int, iteration: int, metrics: Mapping[str, float], size: int = 0, *, is_best: bool = False
    ) -> "Checkpoint":
        """Returns one that is made now; what is not finite is not known."""
        known = {key: value if math.isfinite(value) else None for key, value in metrics.items()}
        return cls(run_id=run_id, trial=trial, iteration=iteration, at=time.time(), metrics=known, bytes=size, is_best=is_best)

    @property
    def score(self) -> float | None:
        """What it is judged by: its evaluation, else the mean return of the training's episodes."""
        evaluated = self.metrics.get("eval/return_mean")
        return evaluated if evaluated is not None else self.metrics.get("return_mean")

    @property
    def name(self) -> str:
        """What it is called in URLs and specs: RUN/TRIAL/ITERATION."""
        return f"{self.run_id}/{self.trial}/{self.iteration}"

    @property
    def folder(self) -> str:
        """Its folder, from the run's."""
        return f"checkpoints/{self.trial}-{self.iteration}"


@dataclass(frozen=True)
class TaskCounts:
    """How many tasks of a fan-out there are in each state."""

    total: int
    running: int = 0
    succeeded: int = 0
    failed: int = 0
    stopped: int = 0

    @property
    def done(self) -> int:
        return self.succeeded + self.failed

    @property
    def queued(self) -> int:
        return self.total - self.done - self.running - self.stopped

    def by_state(self) -> dict[str, int]:
        return {state.value: int(getattr(self, state.value)) for state in TaskState}


@dataclass(frozen=True, kw_only=True)
class Task:
    """One input of a fan-out: what it was given, how it went, what came of it. `number` is its place, from 0."""

    number: int
    state: TaskState
    attempts: int
    input: dict[str, Any]
    started_at: float | None
    seconds: float | None
    worker: int | None
    value: float | None  # the result, where it is a number
    result: Any
    artifact: str | None  # of a result that is a file, its name in the run's folder
    error: str | None
    failure: int | None
    output: str | None


@dataclass(frozen=True)
class Failure:
    """Tasks that failed alike: the same exception, raised at the same place; message and traceback are the first one's."""

    number: int
    kind: str
    place: str
    message: str
    traceback: str
    count: int
    first: int  # number of the first such task


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
        samples = run.samples if run.samples is not None else spec.count("samples", math.ceil(len(run.trials) / repeats))
        concurrency = run.concurrency if run.concurrency is not None else spec.number("concurrency")
        budget = run.time_budget_s if run.time_budget_s is not None else spec.number("time_budget_s")
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
    return tuple(Goal(key, next((each for each in MODES if each == mode), metrics.direction(key) or "max")) for key, mode in said)


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
    samples: int | None = None  # what was asked of a sweep after its launch
    concurrency: int | None = None
    time_budget_s: float | None = None
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
    def can_resume(self) -> bool:
        """Whether it can go on with what is left."""
        if self.kind not in LAUNCHED or not self.is_over:
            return False
        if self.sweep is not None:
            return self.state is not RunState.SUCCEEDED or self.sweep.has_more(self)
        is_left = self.tasks is None or self.tasks.done < self.tasks.total or self.state is RunState.LOST
        return is_left and self.state is not RunState.SUCCEEDED

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


Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """One metric of one trial along an axis, in buckets of `width` consecutive points; a bucket of one point is that point.

    All arrays have one entry for each bucket, in the order of reporting. NaN stands where nothing finite was measured.
    """

    run_id: str
    trial: int
    key: str
    x: Floats  # of the bucket's last report (step and time: the largest)
    records: NDArray[np.void]  # see pyramid.RECORD
    width: int  # points a bucket, but for the last
    length: int  # points in the series

    @cached_property
    def mean(self) -> Floats:
        return np.ascontiguousarray(self.records["mean"])

    @cached_property
    def min(self) -> Floats:
        return np.ascontiguousarray(self.records["min"])

    @cached_property
    def max(self) -> Floats:
        return np.ascontiguousarray(self.records["max"])

    @cached_property
    def last(self) -> Floats:
        """The last value of each bucket, whatever it is."""
        return np.ascontiguousarray(self.records["last"])

    @property
    def count(self) -> NDArray[np.int32]:
        """How many points of each bucket are finite."""
        return np.ascontiguousarray(self.records["count"])

    @property
    def not_finite(self) -> NDArray[np.int32]:
        """How many points of each bucket are NaN or infinite."""
        return np.asarray(self.records["points"] - self.records["count"])

    @cached_property
    def shown(self) -> int:
        """How many points all its buckets hold."""
        return int(self.records["points"].sum())

    @cached_property
    def odd(self) -> int:
        """How many of them are NaN or infinite."""
        return int(self.not_finite.sum())
