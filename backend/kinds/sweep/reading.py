"""What a sweep's trial reports, in our words."""

from collections.abc import Mapping
from typing import Any

from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.trials import Report

# what every result has; recorded of RL only, where they are metrics like others
TUNES = frozenset({"iteration", "time_s"})
POPULATIONS = frozenset({"pbt", "pb2"})  # schedulers that change a trial's parameters on its way


def report_of(
    spec: SweepSpec, params: Mapping[str, Any], result: Mapping[str, Any], metrics: dict[str, float]
) -> Report:
    """Returns one of Tune's results, whose numbers are `metrics`, of a trial that has these parameters now."""
    if isinstance(spec.trainable, str):
        # or the function's own
        metrics = {key: value for key, value in metrics.items() if key not in TUNES or key in result}
    if spec.scheduler in POPULATIONS:
        metrics |= {f"param/{name}": float(value) for name, value in params.items() if type(value) in (int, float)}
    iteration = result["training_iteration"]
    return Report(iteration, iteration, metrics)
