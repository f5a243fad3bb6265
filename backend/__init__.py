"""Raydeck's door for notebooks and scripts: `import backend; backend.launch({...})`.

Everything is imported where it is first used (PEP 562), so that importing this costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.api import delete, launch, resume, run, runs, series, stop
    from backend.api_export import points
    from backend.api_sweeps import best_again, extend, promote, stop_trial
    from backend.api_tasks import results, retry_failed, tasks
    from backend.drivers.callback import RaydeckCallback
    from backend.specs import RLSpec, SweepSpec, TaskSpec
    from backend.tracking import track

__all__ = [
    "RLSpec", "RaydeckCallback", "SweepSpec", "TaskSpec", "best_again", "delete", "extend", "launch", "points", "promote", "results",
    "resume", "retry_failed", "run", "runs", "series", "stop", "stop_trial", "tasks", "track",
]  # fmt: skip

_HOMES = {
    "best_again": "backend.api_sweeps", "extend": "backend.api_sweeps", "promote": "backend.api_sweeps", "stop_trial": "backend.api_sweeps",
    "points": "backend.api_export",
    "RLSpec": "backend.specs", "SweepSpec": "backend.specs", "RaydeckCallback": "backend.drivers.callback", "TaskSpec": "backend.specs",
    "results": "backend.api_tasks", "retry_failed": "backend.api_tasks", "tasks": "backend.api_tasks", "track": "backend.tracking",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'backend' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "backend.api")), name)


def __dir__() -> list[str]:
    return __all__
