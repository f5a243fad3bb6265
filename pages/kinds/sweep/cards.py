"""The cards of a sweep's form: what is improved, how it is searched, when it ends."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.kinds.sweep.spec import SweepSpec
from pages.kinds.fields import resources_field
from pages.widgets import spec_form
from pages.widgets.text import plain

LIMITS = ("samples", "concurrency", "cpus")
ENDS = (
    "max_iterations",
    "time_budget_s",
    "target",
    "patience",
    "max_failures",
    "keep_checkpoints",
    "gpus",
    "memory_gb",
    "seed",
    "tune_loggers",
)
RESERVED = ("gpus", "memory_gb")  # what an RL algorithm says itself
OF_SCHEDULER = {
    "asha": ("grace", "reduction"), "hyperband": ("reduction",), "median": ("grace",), "pbt": ("perturb_every",),
    "pb2": ("perturb_every",),
}  # fmt: skip


def goal_card(
    start: Mapping[str, Any], metrics: list[str], mode: str, problems: Mapping[str, str], key: str
) -> dict[str, Any]:
    """Name, what is improved, and which way."""
    objectives = start.get("metric", metrics[:1])
    objectives = [objectives] if isinstance(objectives, str) else list(objectives)
    modes = start.get("mode", mode)
    modes = [modes] * len(objectives) if isinstance(modes, str) else list(modes)
    with st.container(border=True):
        st.markdown("**What is improved**")
        left, right = st.columns(2)
        about = SweepSpec.model_fields["name"].description
        name = left.text_input(
            "Name", value=start.get("name", ""), key=f"{key}/name", help=about, placeholder="named after what it does"
        )
        with left:
            spec_form.problem_under(problems, "name")
        with right:
            chosen = st.multiselect(
                "Metric",
                list(dict.fromkeys([*objectives, *metrics])),
                default=objectives,
                key=f"{key}/metric",
                accept_new_options=True,
                help="What the trainable reports. One, or several objectives with Optuna.",
                placeholder="type what it reports",
            )
            spec_form.problem_under(problems, "metric")
        picked = _modes(chosen, modes, key)
        spec_form.problem_under(problems, "mode")
    single = len(chosen) == 1
    return {
        "name": name.strip(),
        "metric": chosen[0] if single else chosen or "",
        "mode": picked[0] if single else picked or "max",
    }


def _modes(metrics: list[str], begins: list[str], key: str) -> list[str]:
    """Asks of each metric whether its highest or its lowest value is the best."""
    picked = []
    for place, (column, metric) in enumerate(zip(st.columns(max(1, len(metrics))), metrics, strict=False)):
        with column:
            mode = st.segmented_control(
                f"Best {metric} is",
                ["max", "min"],
                default=begins[place] if place < len(begins) else "max",
                required=True,
                key=f"{key}/mode/{metric}",
                format_func={"max": "the highest", "min": "the lowest"}.__getitem__,
            )
            picked.append(mode)
    return picked


def search_card(
    start: Mapping[str, Any], data: Mapping[str, Any], checkpoints: bool, problems: Mapping[str, str], key: str
) -> dict[str, Any]:
    """Search and scheduler; those that do not go with the rest are not offered, and why is said."""
    kinds = [kind for domain in data["space"].values() for kind in domain if kind != "fixed"]
    objectives = len(data["metric"]) if isinstance(data["metric"], list) else 1
    repeats = (
        data["trainable"]["seeds"]
        if isinstance(data["trainable"], dict)
        else int(st.session_state.get(f"{key}.repeats") or start.get("repeats", 1))
    )
    with st.container(border=True):
        st.markdown("**Search**")
        left, right = st.columns(2)
        with left:
            search = _pick(
                "Search",
                SEARCHERS,
                {each.id: each.why_not(kinds, objectives) for each in SEARCHERS.values()},
                start.get("search"),
                key,
            )
            spec_form.problem_under(problems, "search")
        is_rl = isinstance(data["trainable"], dict)  # which says itself how many CPUs a trial takes
        about: dict[str, Any] = {"search": search, "kinds": kinds, "checkpoints": checkpoints, "objectives": objectives}
        about |= {"repeats": repeats, "is_rl": is_rl}
        with right:
            scheduler = _pick(
                "Scheduler",
                SCHEDULERS,
                {each.id: each.why_not(**about) for each in SCHEDULERS.values()},
                start.get("scheduler"),
                key,
            )
            spec_form.problem_under(problems, "scheduler")
        shown = [
            name for name in LIMITS if not (name == "samples" and search == "grid") and not (name == "cpus" and is_rl)
        ]
        entered = spec_form.fields(SweepSpec, shown, _defaults() | dict(start), problems, "", key)
    return {"search": search, "scheduler": scheduler, **entered}


def _pick(label: str, table: Mapping[str, Any], why_not: Mapping[str, str], preset: str | None, key: str) -> str:
    """Lets a person choose among those that can; beneath stand what the chosen one is for,
    and why others are missing."""
    able = [name for name, why in why_not.items() if not why] or list(table)[:1]
    first = preset if preset in able else "optuna" if "optuna" in able and preset is None else able[0]
    chosen = st.selectbox(
        label,
        able,
        index=able.index(first),
        format_func=lambda each: table[each].title,
        key=f"{key}/{label}/{'-'.join(able)}",
    )
    st.caption(table[chosen].when)
    if missing := [f"**{table[name].title}**: {plain(why)}" for name, why in why_not.items() if why]:
        with st.expander(f"{len(missing)} not offered here"):
            st.caption("  \n".join(missing))
    return str(chosen)


def _defaults() -> dict[str, Any]:
    return {name: field.default for name, field in SweepSpec.model_fields.items() if not field.is_required()}


def more_card(
    start: Mapping[str, Any],
    scheduler: str,
    iterations: int | None,
    problems: Mapping[str, str],
    key: str,
    *,
    is_rl: bool,
) -> dict[str, Any]:
    """Limits and options most sweeps leave alone."""
    names = [*OF_SCHEDULER.get(scheduler, ()), *(name for name in ENDS if not (is_rl and name in RESERVED))]
    if scheduler == "fifo" and not is_rl:  # there the trainable's seeds are the repeats
        names.insert(0, "repeats")
    values = _defaults() | {"max_iterations": iterations} | dict(start)
    changed = sum(
        start.get(name, SweepSpec.model_fields[name].default) != SweepSpec.model_fields[name].default for name in names
    )
    what = f"{len(names)} more" + (f", {changed} changed" if changed else ": when it ends, repeats, checkpoints")
    with st.expander(what, expanded=any(name in problems for name in names)):
        entered = spec_form.fields(SweepSpec, names, values, problems, "", key)
        if not is_rl:
            entered["resources"] = resources_field.field(
                "Resources per trial", start.get("resources", {}), problems, key
            )
    return entered
