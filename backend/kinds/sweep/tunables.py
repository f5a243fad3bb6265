"""What a sweep runs: a trainable for Tune, and the config that one trial's parameters make of it."""

import linecache
import os
import sys
import types
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import ray
from ray import tune

from backend.catalog import tunables as catalog
from backend.catalog.algorithms import ALGORITHMS
from backend.drivers.reservation import with_processes, with_reserved
from backend.drivers.rllib_metrics import SAMPLED
from backend.kinds.rl.config import own_config
from backend.kinds.sweep.spec import SweepSpec

Config = Callable[[dict[str, Any], int | None], dict[str, Any]]
STEPS = "num_env_steps_sampled_lifetime"


class Tunable:
    """A trainable, how a trial's config is made, and what its metrics are called in Tune's results."""

    def __init__(self, trainable: Any, config: Config, *, is_class: bool, names: dict[str, str], stop: dict[str, float]) -> None:
        self.trainable, self.config, self.is_class = trainable, config, is_class
        self.can_save = getattr(trainable, "save_checkpoint", None) is not tune.Trainable.save_checkpoint  # a class's own way
        self.names = names  # our metric key -> theirs, where it is another
        self.stop = stop  # criteria that end a trial of a class; functions end by themselves

    def name(self, key: str) -> str:
        return self.names.get(key, key)


def load(spec: SweepSpec, text: str, folder: Path) -> Tunable:
    """Returns what a sweep tunes; `text` is the user's file as it was at the launch."""
    if not isinstance(spec.trainable, str):
        return _rl(spec, text)
    found = catalog.look_up(spec.trainable, folder, text)
    module, _, attribute = found.code.partition(":")
    code = getattr(_own_module(module, text, folder) if found.text else import_module(module), attribute)
    trainable = with_reserved(code, spec.reserved())

    def config(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
        return {**params, "seed": seed} if spec.repeats > 1 else dict(params)

    return Tunable(trainable, config, is_class=found.is_class, names={}, stop={})


def _own_module(name: str, text: str, folder: Path) -> types.ModuleType:
    """Runs the user's file as a module of that name; what of it goes to workers goes by value, for they do not have it."""
    sys.path.append(str(folder))
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [os.environ.get("PYTHONPATH", ""), str(folder)]))
    module = types.ModuleType(name if name not in sys.modules else f"own_{name}")
    module.__file__ = f"{name}.py"
    linecache.cache[module.__file__] = (len(text), None, text.splitlines(keepends=True), module.__file__)
    sys.modules[module.__name__] = module
    exec(compile(text, module.__file__, "exec"), module.__dict__)
    ray.cloudpickle.register_pickle_by_value(module)
    return module


def _rl(spec: SweepSpec, text: str) -> Tunable:
    given = spec.trainable
    if isinstance(given, str):
        raise TypeError(given)
    algorithm = ALGORITHMS[given.algorithm]
    module, _, attribute = algorithm.code.partition(":")
    code, stop = getattr(import_module(module), attribute), given.stop.criteria()
    if algorithm.library == "rllib":
        made = code(own_config(given, given.params, text))

        def config(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
            return dict(code(own_config(given, {**given.params, **params}, text)).debugging(seed=seed).to_dict())

        names = {ours: f"env_runners/{theirs}" for ours, theirs in SAMPLED.items()} | {
            "env_steps": STEPS,
            "iteration": "training_iteration",
            "time_s": "time_total_s",
        }
        return Tunable(made.algo_class, config, is_class=True, names=names, stop=stop)

    def simple(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
        return own_config(given, {**given.params, **params}, text) | {"seed": seed}

    trainable = with_processes(code, spec.processes)
    return Tunable(trainable, simple, is_class=False, names={"iteration": "training_iteration"}, stop={})
