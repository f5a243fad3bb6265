"""What the Compare page may ask: several runs at once."""

from collections.abc import Sequence

from backend.api.house import house
from backend.model import Run
from backend.store import queries


def some(run_ids: Sequence[str]) -> list[Run]:
    """Returns those of the runs that there are, in the order asked for, in their true states."""
    house().launcher.reconcile()
    return queries.some_runs(house().database, list(dict.fromkeys(run_ids)))


def keys(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Returns the metric keys that each run has recorded, by its id."""
    return queries.keys_by_run(house().database, [run.id for run in runs])
