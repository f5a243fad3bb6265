"""How a sweep has ended: what is said of it once no trial is left, or all are ended."""

from collections.abc import Sequence

from backend.drivers.tune_results import last_line
from backend.kinds.trials import OpenTrial
from backend.model import Goal, RunState, TrialState
from backend.model.configurations import are_all_alike
from backend.model.outcome import Outcome

ALIKE = "all trials came to the same value, though their parameters differ: does the trainable read them?"


def outcome_of(
    trials: Sequence[OpenTrial], goal: Goal, decided: Outcome | None, first_error: str, *, is_stopped: bool
) -> Outcome:
    """Returns how it ended. `decided` is why it was over before every trial was done, `first_error` a traceback."""
    failed = sum(trial.state is TrialState.FAILED for trial in trials)
    notes = [f"{failed} of {len(trials)} trials failed"] if failed else []
    note = "; ".join([*notes, *([ALIKE] if are_all_alike(trials, goal) else [])])
    is_something = any(_has_result(trial) for trial in trials)
    if decided is not None and (decided.state is RunState.FAILED or is_something):
        return decided
    if is_stopped:
        return Outcome(RunState.STOPPED, "stopped by you")
    if not is_something:
        why = decided.note if decided else "no trial succeeded"
        return Outcome(RunState.FAILED, note or why, last_line(first_error) or why, first_error)
    return Outcome(RunState.SUCCEEDED, note)


def _has_result(trial: OpenTrial) -> bool:
    if trial.state in (TrialState.QUEUED, TrialState.STOPPED):
        return trial.best is not None
    return trial.state is not TrialState.FAILED
