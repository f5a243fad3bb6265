"""What a fan-out will do, before it starts: how many tasks, how many at a time, the first of them."""

import pandas as pd
import streamlit as st

from backend import api
from backend.api import tasks
from backend.kinds.tasks.spec import TaskSpec
from pages.runs.drafts import Plan

PREVIEWED = 5


def plan(spec: TaskSpec) -> Plan:
    """Returns what the fan-out will do."""
    total = tasks.total(spec)
    text = f"{total:,} task{'s' if total != 1 else ''}, each reserving {_reserved(spec)}"
    load = api.cluster_status().load
    if load is None:
        return Plan(f"{text}. The cluster is still coming up: the run waits for it.")
    limits = [load.cpus / spec.num_cpus] if spec.num_cpus else []
    at_once = int(min([*limits, spec.concurrency or 1e9, total]))
    return Plan(f"{text}, {at_once} at a time on {load.cpus:g} CPUs. Short ones go to the workers many at a time.")


def _reserved(spec: TaskSpec) -> str:
    named = {"CPU": "CPU", "GPU": "GPU", "memory": "GB of memory"}
    amounts = [
        f"{amount / (1e9 if name == 'memory' else 1):g} {named.get(name, name)}"
        for name, amount in spec.reserved().items()
    ]
    return ", ".join(amounts) or "nothing"


def preview(spec: TaskSpec) -> None:
    """The arguments of the first tasks."""
    total = tasks.total(spec)
    rows = [{name: _short(value) for name, value in row.items()} for row in tasks.preview(spec, PREVIEWED)]
    with st.expander(f"The first {min(PREVIEWED, total)} of {total:,} tasks", expanded=True):
        st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content")
        if spec.params:
            st.caption("With all of them: " + ", ".join(f"`{name} = {value}`" for name, value in spec.params.items()))


def _short(value: object) -> object:
    return value if isinstance(value, int | float | bool) or value is None else str(value)[:80]
