"""Raydeck's door for notebooks and scripts: `import backend; backend.launch({...})`.

Everything is imported where it is first used (PEP 562), so that importing this costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from backend.api.export import points
    from backend.api.models import promote
    from backend.api.runs import delete, launch, resume, run, runs, stop
    from backend.api.series import series
    from backend.api.sweeps import best_again, extend, stop_trial
    from backend.api.tasks import results, retry_failed, tasks
    from backend.kinds.rl.spec import RLSpec
    from backend.kinds.sweep.spec import SweepSpec
    from backend.kinds.tasks.spec import TaskSpec
    from backend.tracking.callback import RaydeckCallback
    from backend.tracking.track import track

__all__ = [
    "RLSpec", "RaydeckCallback", "SweepSpec", "TaskSpec", "best_again", "delete", "extend", "launch", "points",
    "promote", "results",
    "resume", "retry_failed", "run", "runs", "series", "stop", "stop_trial", "tasks", "track",
]  # fmt: skip

_HOMES = {
    "best_again": "backend.api.sweeps", "extend": "backend.api.sweeps", "promote": "backend.api.sweeps",
    "stop_trial": "backend.api.sweeps",
    "points": "backend.api.export",
    "RLSpec": "backend.kinds.rl.spec", "SweepSpec": "backend.kinds.sweep.spec", "TaskSpec": "backend.kinds.tasks.spec",
    "RaydeckCallback": "backend.tracking.callback",
    "results": "backend.api.tasks", "retry_failed": "backend.api.tasks", "tasks": "backend.api.tasks",
    "track": "backend.tracking.track",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'backend' has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "backend.api")), name)


def __dir__() -> list[str]:
    return __all__
