"""Kinds of work: each is a folder here and one in pages/kinds, and a line below."""

from collections.abc import Iterable
from importlib import import_module

from backend.kinds import external, rl, sweep, tasks
from backend.kinds.base import Axis as Axis
from backend.kinds.base import Kind as Kind
from backend.kinds.base import Work as Work
from backend.model import Run

KINDS = {each.KIND.id: each.KIND for each in (rl, sweep, tasks, external)}


def kind_of(name: str) -> Kind:
    """Returns a kind by its id; of one that this version does not know, what is true of any that is only recorded."""
    return KINDS.get(name) or Kind(
        id=name,
        title=name,
        part="trial",
        code="backend.kinds.external.work",
        page="pages.kinds.unknown.view",
        launches=False,
        no_more_seeds=f"This version does not know runs of the kind “{name}”.",
    )


def work_of(name: str) -> Work:
    """Returns the work of a kind."""
    work: Work = import_module(kind_of(name).code).work
    return work


def steps_of(runs: Iterable[Run]) -> str:
    """Returns what steps are called in all of some runs."""
    units = {kind_of(run.kind).axes[0].unit or "steps" for run in runs}
    return units.pop() if len(units) == 1 else "steps"
