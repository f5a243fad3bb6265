"""What a sweep will do, before it starts: how many trials, how many at a time, about how long."""

from backend import api, words
from backend.api import sweeps
from backend.kinds.sweep.spec import GRID_TO_CONFIRM, SweepSpec
from pages.runs.drafts import Plan


def plan(spec: SweepSpec) -> Plan:
    """Returns what the sweep will do."""
    cpus = spec.cpus_per_trial
    text = (
        f"{spec.trials:,} trial{'s' if spec.trials != 1 else ''}{_made_of(spec)}, {cpus:g}"
        f" CPU{'s' if cpus != 1 else ''} each"
    )
    question = (
        f"Yes, start all {spec.trials:,} trials of this grid"
        if spec.search == "grid" and spec.trials > GRID_TO_CONFIRM
        else ""
    )
    load = api.cluster_status().load
    if load is None:
        return Plan(f"{text}. The cluster is still coming up: the run waits for it.", question=question)
    at_once = max(1, int(min(load.cpus / cpus if cpus else 1e9, spec.concurrency or 1e9, spec.trials)))
    return Plan(f"{text}, {at_once} at a time on {load.cpus:g} CPUs. {_time(spec, at_once)}", question=question)


def _made_of(spec: SweepSpec) -> str:
    if spec.repeats > 1:
        return f" ({spec.samples:,} configurations, {spec.repeats} seeds each)"
    return " (every combination)" if spec.search == "grid" else ""


def _time(spec: SweepSpec, at_once: int) -> str:
    seconds = sweeps.seconds_per_trial(spec)
    if seconds is None:
        return "How long that takes shows once some have ended."
    whole = spec.trials * seconds / at_once
    most = "at most " if spec.scheduler not in ("fifo", "pbt", "pb2") else ""
    if spec.time_budget_s is not None and spec.time_budget_s < whole:
        return f"The time budget ends it after {words.duration(spec.time_budget_s)}."
    return f"About {words.duration(max(1.0, whole))}, {most}{words.seconds(seconds)} a trial."
