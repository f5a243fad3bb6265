"""What a form starts with, and what it holds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backend import api, api_rl, specs
from backend.catalog.examples import EXAMPLES
from backend.catalog.lookup import find
from backend.catalog.metrics import COUNTERS
from backend.specs import RunSpec

START_PAGES = {"rl": "pages/start/rl.py", "sweep": "pages/start/sweep.py", "tasks": "pages/start/tasks.py"}


@dataclass(frozen=True)
class Draft:
    """What the form starts with: empty, an example, or an earlier run."""

    source: str = "new"
    values: Mapping[str, Any] = field(default_factory=dict)
    parent_id: str | None = None


@dataclass(frozen=True)
class Asked:
    """What the form holds now: a spec that can be run, or what is wrong with it by field."""

    spec: RunSpec | None
    problems: Mapping[str, str]


def starting_point(query: Mapping[str, str]) -> Draft:
    """Returns the draft a URL asks for, or an empty form.

    It may be ?clone=ID, ?continue=RUN/TRIAL/ITERATION, ?example=NAME, ?function=NAME, ?trainable=NAME or ?environment=NAME.
    """
    if clone := query.get("clone"):
        run = api.run(clone)
        spec = specs.stored(run.spec) if run.is_ours else specs.parse(run.spec)  # which says why there is no form for it
        return Draft(f"clone-{clone}", spec.model_dump(exclude_none=True), clone)
    if start := query.get("continue"):
        return _continued(start)
    if example := query.get("example"):
        return Draft(f"example-{example}", find("example", example, EXAMPLES).spec)
    if trainable := query.get("trainable"):
        return Draft(f"trainable-{trainable}", {"trainable": trainable})
    if environment := query.get("environment"):
        return Draft(f"environment-{environment}", {"environment": environment})
    if function := query.get("function"):
        return Draft(f"function-{function}", {"function": function})
    return Draft()


def _continued(start: str) -> Draft:
    """Returns the draft of a run that goes on from a checkpoint: as much again as its run was asked for."""
    run_id, trial, iteration = api_rl.parts(start)
    kept, run = api_rl.checkpoint(run_id, trial, iteration), api.run(run_id)
    values = specs.stored(run.spec).model_dump(exclude_none=True)
    done = {key: kept.metrics.get(key) or 0 for key in COUNTERS}
    values["stop"] = {key: limit + type(limit)(done.get(key, 0)) for key, limit in values["stop"].items()}
    values |= {"name": f"{run.name[:100]} continued", "seeds": [run.trials[trial].seed], "start_from": start}
    return Draft(f"continue-{start}", values, run_id)
