"""An algorithm as what an experiment trains, alone or tuned by a sweep."""

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from backend.catalog.algorithms import ALGORITHMS
from backend.drivers.reservation import with_processes
from backend.drivers.rllib_metrics import SAMPLED
from backend.kinds.rl.config import own_config
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.rl_trainable import RLTrainable
from backend.kinds.tunable import Tunable

STEPS = "num_env_steps_sampled_lifetime"
_COUNTED = {
    "episodes": "env_runners/num_episodes_lifetime",
    "env_steps": STEPS,
    "iteration": "training_iteration",
    "time_s": "time_total_s",
}
RLLIB_NAMES = _COUNTED | {ours: f"training_episodes/{ours}" for ours in SAMPLED}
RLLIB_NAMES_1 = _COUNTED | {ours: f"env_runners/{theirs}" for ours, theirs in SAMPLED.items()}


def tunable_of(
    spec: RLSpec | RLTrainable,
    processes: Sequence[float],
    code: str,
    folder: Path,
    more: Mapping[str, Any] | None = None,
) -> Tunable:
    """Returns an algorithm for an experiment.

    `processes` are the CPUs of each process of a trial, `code` is the text of the user's own environment at the launch,
    `folder` holds the files that it may import; `more` goes into every config, such as the run's metrics_version.
    """
    algorithm = ALGORITHMS[spec.algorithm]
    module, _, attribute = algorithm.code.partition(":")
    trainable = getattr(import_module(module), attribute)

    def given(params: Mapping[str, Any]) -> dict[str, Any]:
        return own_config(spec, {**spec.params, **params}, code, str(folder)) | dict(more or {})

    if algorithm.library == "rllib":

        def rllib_config(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
            return dict(trainable(given(params) | {"seed": seed}).to_dict())

        made = import_module("backend.workloads.rllib_common").windowed(trainable(given({})).algo_class)
        names = RLLIB_NAMES_1 if (more or {}).get("metrics_version") == 1 else RLLIB_NAMES
        return Tunable(made, rllib_config, is_class=True, names=names, stop=spec.stop.criteria())

    def config(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
        return given(params) | {"seed": seed}

    return Tunable(
        with_processes(trainable, list(processes)), config, is_class=False, names={"iteration": "training_iteration"}
    )
