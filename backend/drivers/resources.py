"""What a driver sees of its cluster: that what it reserves is there, and what keeps it from starting."""

import ray

from backend.cluster.needs import SLOT, lacking
from backend.drivers.attempt import Attempt, Impossible
from backend.model import TrialState
from backend.model.work import Needs


def connected(needs: Needs, attempt: Attempt) -> None:
    """Call once Ray is connected, before anything is asked of it.

    Raises:
        Impossible: a task or a trial asks for more than there is, and ever will be.
    """
    attempt.gcs_address = ray.get_runtime_context().gcs_address
    there = ray.cluster_resources()
    if SLOT in there and (shortages := lacking(needs, there)):
        raise Impossible("; ".join(shortages.values()))


def waits_for(attempt: Attempt, cpus: float) -> str:
    """Returns what keeps every trial from starting: a slot is held, but no CPU is free."""
    states = attempt.recorder.states()
    if TrialState.RUNNING in states or (states and TrialState.QUEUED not in states):
        return ""
    total, free = ray.cluster_resources().get("CPU", 0.0), ray.available_resources().get("CPU", 0.0)
    if total < cpus:
        return f"{cpus:g} CPUs, and this cluster has only {total:g}: stop it and take fewer"
    return (
        "" if free >= cpus else f"{'a CPU' if cpus == 1 else f'{cpus:g} CPUs'}: {total - free:g} of {total:g} are taken"
    )
