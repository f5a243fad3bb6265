"""What a reinforcement-learning run will do, before it starts: how many seeds, how many at a time."""

from backend import api
from backend.kinds.rl.spec import RLSpec
from pages.runs.drafts import Plan


def plan(spec: RLSpec) -> Plan:
    """Returns what a reinforcement-learning run will do."""
    load = api.cluster_status().load
    seeds, cpus = len(spec.seeds), spec.cpus_per_trial
    text = f"{seeds} trial{'s' if seeds > 1 else ''}, one per seed, {cpus:g} CPU each"
    if load is None:
        return Plan(f"{text}. The cluster is still coming up: the run waits for it.")
    if load.cpus < cpus:
        return Plan(
            f"{text}. This machine has {load.cpus:g} CPUs, so it could never start: take fewer env runners.", fits=False
        )
    return Plan(f"{text}, {min(seeds, int(load.cpus // cpus))} at a time on {load.cpus:g} CPUs.")
