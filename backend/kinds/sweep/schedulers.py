"""Tune's schedulers, made for a sweep; what earlier attempts reported is told to them again."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ray import tune
from ray.tune import schedulers

from backend.analysis import rungs
from backend.kinds.sweep.space import Domain
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.sweep.translated import outward

SHARE_PERTURBED = 10  # changes of a population over its life
MEDIAN_SHARE = 5
# Tune takes a trial that was never paused for one whose last pause is for ever ago: no number is enough
NEVER = math.inf
REPLAYED = ("asha", "median")


def grace(spec: SweepSpec, most: float) -> int:
    """Returns how far a trial comes before it may be ended, in the units of `most`."""
    return rungs.grace(spec.grace, most, MEDIAN_SHARE if spec.scheduler == "median" else rungs.SHARE)


def make(spec: SweepSpec, metric: str, time_attr: str, most: float) -> Any:
    """Returns the scheduler; `metric` and `time_attr` are keys of Tune's results, `most` what a whole
    trial reaches of the latter."""
    judged = {"metric": metric, "mode": spec.modes[0], "time_attr": time_attr}
    match spec.scheduler:
        case "asha":
            return schedulers.ASHAScheduler(
                max_t=most, grace_period=grace(spec, most), reduction_factor=spec.reduction, **judged
            )
        case "hyperband":
            return schedulers.HyperBandScheduler(max_t=int(most), reduction_factor=spec.reduction, **judged)
        case "median":
            # It would also pause trials to give others a turn, and those that report no checkpoint would begin anew.
            return schedulers.MedianStoppingRule(grace_period=grace(spec, most), min_time_slice=NEVER, **judged)
        case "pbt":
            return schedulers.PopulationBasedTraining(
                perturbation_interval=perturb_every(spec, most),
                hyperparam_mutations=_mutations(spec.searched),
                require_attrs=False,
                custom_explore_fn=Inside(spec.searched),
                **judged,
            )
        case "pb2":
            from ray.tune.schedulers.pb2 import PB2

            bounds = {name: list(domain.of[:2]) for name, domain in spec.searched.items()}
            return PB2(
                perturbation_interval=perturb_every(spec, most),
                hyperparam_bounds=bounds,
                require_attrs=False,
                custom_explore_fn=Inside(spec.searched),
                **judged,
            )
    return schedulers.FIFOScheduler()


def perturb_every(spec: SweepSpec, most: float) -> int:
    return spec.perturb_every or max(1, int(most) // SHARE_PERTURBED)


def _mutations(space: Mapping[str, Domain]) -> dict[str, Any]:
    mutations: dict[str, Any] = {}
    for name, domain in space.items():
        match domain.kind, domain.of:
            case "choice", values:
                mutations[name] = list(values)
            case (("quniform" | "qrandint"), [low, high, step]):
                mutations[name] = [low + place * step for place in range(int((high - low) / step + 1e-9) + 1)]
            case kind, of:
                mutations[name] = getattr(tune, kind)(*of)
    return mutations


@dataclass(frozen=True)
class Inside:
    """Brings changed parameters back into the ranges of a space: PBT multiplies a value without looking at them."""

    space: Mapping[str, Domain]

    def __call__(self, config: dict[str, Any]) -> dict[str, Any]:
        return config | {name: _inside(domain, config[name]) for name, domain in self.space.items() if name in config}


def _inside(domain: Domain, value: Any) -> Any:
    match domain.kind, domain.of:
        case "randint", [low, high]:
            return min(max(value, low), high - 1)
        case "lograndint", [low, high]:
            return min(max(int(value), low), high - 1)
        case "qloguniform", [low, high, _]:
            return outward(domain, min(max(value, low), high))
        case (("quniform" | "qrandint"), [low, high, step]):
            most = int((high - low) / step + 1e-9)
            return low + min(max(round((value - low) / step), 0), most) * step
        case (("uniform" | "loguniform"), [low, high]):
            return min(max(value, low), high)
    return value


def replay(
    spec: SweepSpec,
    scheduler: Any,
    metric: str,
    time_attr: str,
    reports: Iterable[tuple[str, list[tuple[float, float]]]],
) -> None:
    """Tells a new scheduler what trials that have ended reported before: id, and (time, value) in order."""
    if spec.scheduler not in REPLAYED:
        return
    for trial_id, points in reports:
        trial = _Stand(trial_id)
        results = [{time_attr: at, metric: value, "training_iteration": at} for at, value in points]
        scheduler.on_trial_add(None, trial)
        for result in results:
            scheduler.on_trial_result(None, trial, result)
        if results:
            scheduler.on_trial_complete(None, trial, results[-1])


@dataclass(frozen=True)
class _Stand:
    """A trial of before, as far as schedulers look at one."""

    trial_id: str
    status: str = "TERMINATED"
