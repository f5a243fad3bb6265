"""What a workload of reinforcement learning is given. Imports nothing heavy: whoever renders a video needs it too."""

from typing import Any

from backend.catalog.environment_entry import MAX_STEPS
from backend.catalog.environments import ENVIRONMENTS
from backend.catalog.own_environments import is_own
from backend.specs import RLSpec, RLTrainable
from backend.specs.rl import Wrappers


def own_config(spec: RLSpec | RLTrainable, params: dict[str, Any], code: str = "") -> dict[str, Any]:
    """Returns the config that our workloads take, without a seed; `code` is the text of the user's own environment at the launch."""
    known = None if is_own(spec.environment) else ENVIRONMENTS[spec.environment]
    wrappers = spec.wrappers if isinstance(spec, RLSpec) else Wrappers()
    return {
        "algorithm": spec.algorithm,
        "environment": spec.environment,
        "environment_options": spec.environment_options,
        "environment_code": code,
        "environment_module": known.module if known else "",
        "max_steps": wrappers.time_limit or (known.max_steps if known else MAX_STEPS),
        "wrappers": wrappers.model_dump(exclude={"time_limit"}),
        "params": params,
        "stop": spec.stop.criteria(),
        "evaluation": spec.evaluation.model_dump() if isinstance(spec, RLSpec) else {"every": 0, "episodes": 1},
    }
