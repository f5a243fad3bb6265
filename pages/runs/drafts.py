"""What a form starts with, and what it holds."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend import api
from backend.api import rl
from backend.catalog.examples import EXAMPLES
from backend.catalog.lookup import find
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.kinds.specs import RunSpec
from backend.model.goals import COUNTERS

START_PAGES = {"rl": "pages/start/rl.py", "sweep": "pages/start/sweep.py", "tasks": "pages/start/tasks.py"}


@dataclass(frozen=True)
class Draft:
    """What the form starts with: empty, an example, or an earlier run; `gone` is what of it can no longer be asked for, and why."""

    source: str = "new"
    values: Mapping[str, Any] = field(default_factory=dict)
    parent_id: str | None = None
    gone: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """What the form holds now: a spec that can be run, or what is wrong with it by field."""

    spec: RunSpec | None
    problems: Mapping[str, str]


def starting_point(query: Mapping[str, str]) -> Draft:
    """Returns the draft a URL asks for, or an empty form.

    It may be ?clone=ID, ?continue=RUN/TRIAL/ITERATION, ?example=NAME, ?function=NAME, ?trainable=NAME or ?environment=NAME.

    Raises:
        InvalidSpec: the run to clone, or to go on from, can no longer be asked for.
    """
    if clone := query.get("clone"):
        values, gone = _askable(api.run(clone).spec)
        return Draft(f"clone-{clone}", values, clone, gone)
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
    run_id, trial, iteration = rl.parts(start)
    kept, run = rl.checkpoint(run_id, trial, iteration), api.run(run_id)
    values, gone = _askable(run.spec)
    done = {key: kept.metrics.get(key) or 0 for key in COUNTERS}
    values["stop"] = {key: limit + type(limit)(done.get(key, 0)) for key, limit in values["stop"].items()}
    values |= {"name": f"{run.name[:100]} continued", "seeds": [run.trials[trial].seed], "start_from": start}
    return Draft(f"continue-{start}", values, run_id, gone)


def _askable(stored: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Returns what can still be asked for of what a run was asked; and what cannot, by field, with the reason.

    Raises:
        InvalidSpec: without that, nothing is left that could run.
    """
    try:
        return specs.parse(stored).model_dump(exclude_none=True), {}
    except InvalidSpec as error:
        gone = error
    try:
        return specs.parse(_without(stored, gone.problems)).model_dump(exclude_none=True), gone.problems
    except InvalidSpec:
        raise gone from None


def _without(content: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Returns what is written without some fields, which are named by their dotted paths."""
    left = dict(content)
    for each in fields:
        name, _, inner = each.partition(".")
        if inner and isinstance(left.get(name), Mapping):
            left[name] = _without(left[name], [inner])
        else:
            left.pop(name, None)
    return left
