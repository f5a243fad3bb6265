"""What a run reserves of the cluster, and what keeps it from starting."""

from collections.abc import Mapping

import ray

from backend.drivers.attempt import Attempt, Impossible
from backend.kinds.specs import RunSpec
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks.spec import TaskSpec
from backend.model import TrialState

NAMES = {"CPU": "CPUs", "GPU": "GPUs", "memory": "GB of memory"}
OURS = "raydeck_slot"  # a head that Raydeck started has it; such a one does not grow with what is asked of it


def connected(spec: RunSpec, attempt: Attempt) -> None:
    """Call once Ray is connected, before anything is asked of it.

    Raises:
        Impossible: a task or a trial asks for more than there is, and ever will be.
    """
    attempt.gcs_address = ray.get_runtime_context().gcs_address
    there = ray.cluster_resources()
    if OURS in there and (why := lacking(spec, there)):
        raise Impossible(why)


def lacking(spec: RunSpec, there: Mapping[str, float]) -> str:
    """Returns what a task or a trial asks for that the whole cluster does not have; else nothing."""
    told = []
    for name, need in _reserved(spec).items():
        unit, has = 1e9 if name == "memory" else 1.0, there.get(name, 0.0)
        if need > has:
            told.append(f"asks for {need / unit:g} {NAMES.get(name, name)}, and the whole cluster has {has / unit:.3g}")
    return f"a {'task' if isinstance(spec, TaskSpec) else 'trial'} {'; it '.join(told)}" if told else ""


def _reserved(spec: RunSpec) -> dict[str, float]:
    if isinstance(spec, TaskSpec | SweepSpec):
        return spec.reserved()
    return {"CPU": float(spec.cpus_per_trial), "GPU": spec.gpus}


def waits_for(attempt: Attempt, cpus: float) -> str:
    """Returns what keeps every trial from starting: a slot is held, but no CPU is free."""
    states = attempt.recorder.states()
    if TrialState.RUNNING in states or (states and TrialState.QUEUED not in states):
        return ""
    total, free = ray.cluster_resources().get("CPU", 0.0), ray.available_resources().get("CPU", 0.0)
    if total < cpus:
        return f"{cpus:g} CPUs, and this cluster has only {total:g}: stop it and take fewer"
    return "" if free >= cpus else f"{'a CPU' if cpus == 1 else f'{cpus:g} CPUs'}: {total - free:g} of {total:g} are taken"
