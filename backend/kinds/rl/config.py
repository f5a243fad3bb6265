"""What a workload of reinforcement learning is given. Imports nothing heavy: whoever renders a video needs it too."""

from typing import Any

from backend.catalog.environment_entry import MAX_STEPS
from backend.catalog.environments import ENVIRONMENTS
from backend.catalog.lookup import find
from backend.catalog.own_environments import is_own
from backend.kinds.rl.options import Wrappers
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.rl_trainable import RLTrainable
from backend.model.goals import METRICS_VERSION
from backend.model.stored import Stored, stored


def own_config(spec: RLSpec | RLTrainable, params: dict[str, Any], code: str = "", folder: str = "") -> dict[str, Any]:
    """Returns the config that our workloads take, without a seed.

    `code` is the text of the user's own environment at the launch, and `folder` where the files are that it may import.
    """
    return stored_config(stored(spec.model_dump(exclude_none=True)), params, code, folder)


def stored_config(spec: Stored, params: dict[str, Any], code: str = "", folder: str = "") -> dict[str, Any]:
    """Returns the same for a spec as it was written: what its version did not know yet is left out.

    Metrics mean what they mean now; whoever goes on with an earlier run says its "metrics_version".

    Raises:
        UnknownWorkload: its environment is no longer there.
    """
    environment = spec.text("environment")
    entry = None if is_own(environment) else find("environment", environment, ENVIRONMENTS)
    wrappers = {**Wrappers().model_dump(), **spec.part("wrappers").content}
    return {
        "algorithm": spec.text("algorithm"),
        "environment": environment,
        "environment_options": dict(spec.part("environment_options").content),
        "environment_code": code,
        "environment_folder": folder,
        "environment_module": entry.module if entry else "",
        "max_steps": wrappers.pop("time_limit") or (entry.max_steps if entry else MAX_STEPS),
        "wrappers": wrappers,
        "params": params,
        "stop": spec.part("stop").numbers,
        "metrics_version": METRICS_VERSION,
        "evaluation": {"every": 0, "episodes": 1, **spec.part("evaluation").content},
    }
