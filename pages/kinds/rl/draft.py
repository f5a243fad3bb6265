"""What the form begins with where a checkpoint of an earlier run goes on."""

from backend import api
from backend.analysis.definitions import changed_criteria
from backend.api import rl
from backend.model.goals import COUNTERS
from pages.runs.drafts import Draft, askable


def continued(start: str) -> Draft:
    """Returns the draft of a run that goes on from a checkpoint: as much again as its run was asked for.

    Raises:
        InvalidSpec: its run can no longer be asked for.
    """
    run_id, trial, iteration = rl.parts(start)
    checkpoint, run = rl.checkpoint(run_id, trial, iteration), api.run(run_id)
    values, gone = askable(run.spec)
    done = {key: checkpoint.metrics.get(key) or 0 for key in COUNTERS}
    values["stop"] = {key: limit + type(limit)(done.get(key, 0)) for key, limit in values["stop"].items()}
    values |= {"name": f"{run.name[:100]} continued", "seeds": [run.trials[trial].seed], "start_from": start}
    return Draft(f"continue-{start}", values, run_id, gone, changed_criteria(run))
