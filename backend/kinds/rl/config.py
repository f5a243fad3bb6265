"""What a workload of reinforcement learning is given. Imports nothing heavy: whoever renders a video needs it too."""

from typing import Any

from backend.catalog.environment_entry import MAX_STEPS
from backend.catalog.environments import ENVIRONMENTS
from backend.catalog.lookup import find
from backend.catalog.own_environments import is_own
from backend.kinds.rl.spec import RLSpec, Wrappers
from backend.kinds.sweep.spec import RLTrainable
from backend.model.stored import Stored, stored


def own_config(spec: RLSpec | RLTrainable, params: dict[str, Any], code: str = "") -> dict[str, Any]:
    """Returns the config that our workloads take, without a seed; `code` is the text of the user's own environment at the launch."""
    return stored_config(stored(spec.model_dump(exclude_none=True)), params, code)


def stored_config(spec: Stored, params: dict[str, Any], code: str = "") -> dict[str, Any]:
    """Returns the same for a spec as it was written: what its version did not know yet is left out.

    Raises:
        UnknownWorkload: its environment is no longer there.
    """
    environment = spec.text("environment")
    known = None if is_own(environment) else find("environment", environment, ENVIRONMENTS)
    wrappers = {**Wrappers().model_dump(), **spec.part("wrappers").content}
    return {
        "algorithm": spec.text("algorithm"),
        "environment": environment,
        "environment_options": dict(spec.part("environment_options").content),
        "environment_code": code,
        "environment_module": known.module if known else "",
        "max_steps": wrappers.pop("time_limit") or (known.max_steps if known else MAX_STEPS),
        "wrappers": wrappers,
        "params": params,
        "stop": spec.part("stop").numbers,
        "evaluation": {"every": 0, "episodes": 1, **spec.part("evaluation").content},
    }
