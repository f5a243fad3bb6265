"""What keeps trials from starting."""

import ray

from backend.drivers.attempt import Attempt
from backend.store.values import TrialState


def waits_for(attempt: Attempt, cpus: float) -> str:
    """Returns what keeps every trial from starting: a slot is held, but no CPU is free."""
    states = attempt.recorder.states()
    if TrialState.RUNNING in states or (states and TrialState.QUEUED not in states):
        return ""
    total, free = ray.cluster_resources().get("CPU", 0.0), ray.available_resources().get("CPU", 0.0)
    if total < cpus:
        return f"{cpus:g} CPUs, and this cluster has only {total:g}: stop it and take fewer"
    return "" if free >= cpus else f"{'a CPU' if cpus == 1 else f'{cpus:g} CPUs'}: {total - free:g} of {total:g} are taken"
