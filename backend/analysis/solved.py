"""When an environment counts as solved."""

from backend.catalog import environments
from backend.model import Run, goals
from backend.model.stored import stored


def solved_at(run: Run) -> float | None:
    """Returns the mean episode return at which the environment of a run counts as solved; None where
    nobody said so, or knows it."""
    environment = environments.known(stored(run.spec).text("environment"))
    return environment.solved_at if environment else None


def judged_by(run: Run) -> str:
    """Returns the metric that says whether a run has solved its environment: its evaluation, where it has one."""
    evaluated = goals.evaluated(goals.REWARD)
    return evaluated if any(evaluated in trial.last for trial in run.trials) else goals.REWARD


def best_possible(run: Run) -> float | None:
    """Returns the mean return that no policy exceeds in the environment of a run; None where that is not known."""
    values = [value for trial in run.trials if (value := trial.last.get(goals.BEST_POSSIBLE)) is not None]
    return max(values, default=None)
