"""What pages say of a run, kind by kind."""

from types import ModuleType

from backend.model import Run
from pages.kinds.external import view as view_external
from pages.kinds.rl import view as view_rl
from pages.kinds.sweep import view as view_sweep
from pages.kinds.tasks import view as view_tasks
from pages.kinds.unknown import view as view_unknown

VIEWS = {"rl": view_rl, "sweep": view_sweep, "tasks": view_tasks, "external": view_external}


def view(run: Run) -> ModuleType:
    """Returns what says something of a run, also of one of a kind that this version does not know."""
    return VIEWS.get(run.kind, view_unknown)
