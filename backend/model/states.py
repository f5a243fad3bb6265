"""The states of runs, trials and tasks, and the moves from one to the next."""

from enum import StrEnum


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
