"""When an environment counts as solved."""

from backend.catalog import environments
from backend.model import Run
from backend.model.stored import stored


def solved_at(run: Run) -> float | None:
    """Returns the mean episode return at which the environment of a run counts as solved; None where nobody said so, or knows it."""
    known = environments.known(stored(run.spec).text("environment"))
    return known.solved_at if known else None
