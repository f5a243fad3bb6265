"""What a sweep runs: a trainable for Tune, and the config that one trial's parameters make of it."""

from importlib import import_module
from pathlib import Path
from typing import Any

from backend.catalog import tunables as catalog
from backend.drivers import own_module
from backend.drivers.reservation import with_reserved
from backend.kinds.rl.tunable import tunable_of
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tunable import Tunable
from backend.model.goals import METRICS_VERSION


def load(spec: SweepSpec, text: str, folder: Path, metrics_version: int = METRICS_VERSION) -> Tunable:
    """Returns what a sweep tunes; `text` is the user's file as it was at the launch."""
    if not isinstance(spec.trainable, str):
        return tunable_of(spec.trainable, spec.processes, text, folder, {"metrics_version": metrics_version})
    source = catalog.look_up(spec.trainable, folder, text)
    module, _, attribute = source.code.partition(":")
    code = getattr(own_module.run(module, text, str(folder)) if source.text else import_module(module), attribute)
    trainable = with_reserved(code, spec.reserved())

    def config(params: dict[str, Any], seed: int | None) -> dict[str, Any]:
        return dict(params) if seed is None else {**params, "seed": seed}

    return Tunable(trainable, config, is_class=source.is_class)
