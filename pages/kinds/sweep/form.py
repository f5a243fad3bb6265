"""The form of a sweep."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.api import specs, sweeps
from backend.catalog.algorithms import ALGORITHMS, environments_for
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.catalog.tunables import Found, rl_params
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.rl.spec import Stop
from backend.kinds.sweep.space import around
from backend.kinds.sweep.spec import SweepSpec
from pages.kinds import code_editor
from pages.kinds.fields import environment_field, known_best, resources_field
from pages.kinds.sweep import space_editor
from pages.runs.drafts import Asked, Draft
from pages.widgets import spec_form
from pages.widgets.text import plain

RL = "rl"
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
    "asha": ("grace", "reduction"), "hyperband": ("reduction",), "median": ("grace",), "pbt": ("perturb_every",), "pb2": ("perturb_every",),
}  # fmt: skip
STOPS = tuple(Stop.model_fields)


def form(draft: Draft) -> Asked:
    """Draws the form; the fields follow the trainable."""
    code_editor.editor("trainable")
    values, key = draft.values, f"sweep/{draft.source}"
    chosen = _trainable(values, key)
    key = f"{key}/{chosen}"
    problems: Mapping[str, str] = st.session_state.get(f"{key}/problems", {})
    mine = values if _name_of(values.get("trainable", chosen)) == chosen and len(values) > 1 else {}
    try:
        data = _fields(chosen, mine, problems, key)
    except UnknownWorkload as error:
        return Asked(None, {"trainable": str(error)})
    asked = _checked(data)
    if asked.problems != problems:
        st.session_state[f"{key}/problems"] = asked.problems  # shown under their fields, which are drawn before this is known
        st.rerun()
    return asked


def _checked(data: dict[str, Any]) -> Asked:
    try:
        spec: SweepSpec = specs.parse(data)
        with st.spinner("Checking …"):  # an environment of the user's own is tried
            return Asked(sweeps.check(spec).spec, {})
    except InvalidSpec as error:
        return Asked(None, error.problems)


def _name_of(trainable: Any) -> str:
    return trainable if isinstance(trainable, str) else RL


def _trainable(values: Mapping[str, Any], key: str) -> str:
    names = [*TRAINABLES, RL, *sweeps.own_trainables()]
    asked = _name_of(values.get("trainable", names[0]))
    if asked not in names:
        st.warning(f"{plain(asked)} is no longer there.", icon=":material/code_off:")
    return str(
        st.selectbox(
            "Trainable", names, index=names.index(asked) if asked in names else 0, key=f"{key}/trainable", format_func=_title,
            help="What is trained in each trial. Your own Ray Tune functions in data/workloads are listed last.",
        )
    )  # fmt: skip


def _title(name: str) -> str:
    if name == RL:
        return "A reinforcement-learning algorithm"
    return TRAINABLES[name].title if name in TRAINABLES else f"{name} · your own"


def _fields(chosen: str, start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    if chosen == RL:
        data = _rl(start.get("trainable", {}), problems, key)
        algorithm, environment = data["trainable"]["algorithm"], data["trainable"]["environment"]
        key = f"{key}/{algorithm}"
        known = dict(rl_params(ALGORITHMS[algorithm].params, {}))
        metric, mode, iterations, checkpoints = ["return_mean"], "max", None, True
        kept = {} if start.get("space") else known_best.params(f"{algorithm}/{environment}", key)
        kept = {name: value for name, value in kept.items() if name in known}
        first = {name: known[name] for name in kept} or dict(list(known.items())[:1])
    else:
        found = sweeps.trainable(chosen)
        data, known, first = {"trainable": chosen}, found.space, found.space
        metric, mode, iterations, checkpoints, about = *_judged(found), found.checkpoints, found.summary
        st.caption(about or "Your own Ray Tune trainable.")
        kept = {} if start.get("space") else known_best.params(chosen, key)
    first = around(first, kept)
    key = f"{key}/kept" if kept else key  # the table begins anew when they are forgotten
    data |= {"kind": "sweep"} | _goal_card(start, metric, mode, problems, key)
    data["space"] = space_editor.space(start.get("space") or first, known, problems, key)
    data |= _search_card(start, data, checkpoints, problems, key)
    return data | _more_card(start, data["scheduler"], iterations, problems, key, is_rl=chosen == RL)


def _judged(found: Found) -> tuple[list[str], str, int | None]:
    if found.entry is not None:
        known = found.entry
        listed = [known.metric, *(each for each in known.metrics if each != known.metric)]
        return listed, known.mode, known.iterations if known.iterations > 1 else None
    return list(found.metrics), "min" if found.metrics[:1] and "loss" in found.metrics[0] else "max", None


def _rl(start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """The algorithm, its environment, and how long a trial is."""
    ids = list(ALGORITHMS)
    left, right = st.columns(2)
    at = ids.index(start["algorithm"]) if start.get("algorithm") in ids else ids.index("ppo")
    chosen = left.selectbox("Algorithm", ids, index=at, format_func=lambda each: ALGORITHMS[each].title, key=f"{key}/algorithm")
    algorithm = ALGORITHMS[chosen]
    first = "CartPole-v1" if any(each.id == "CartPole-v1" for each in environments_for(algorithm)) else None
    mine = {where.removeprefix("trainable."): what for where, what in problems.items() if where.startswith("trainable.")}
    with right:
        environment = environment_field.field(algorithm, start.get("environment", first), mine, key)
    with st.container(border=True):
        st.markdown("**Each trial**")
        stop = spec_form.fields(
            Stop, STOPS, start.get("stop", algorithm.stops(environment.id)), problems, "trainable.stop", f"{key}/{chosen}/stop"
        )
        about = "Seeds of each configuration; it is judged by their mean. Luck differs: one seed proves little."
        seeds = st.number_input(
            "Seeds", value=int(start.get("seeds", 1)), min_value=1, max_value=100, key=f"{key}/{chosen}/seeds", help=about
        )
    same = start.get("algorithm") == chosen
    options = start.get("environment_options", {}) if start.get("environment") == environment.id else {}
    given = {
        "algorithm": chosen, "environment": environment.id, "seeds": seeds,
        "stop": {name: value for name, value in stop.items() if value is not None},
        "params": dict(start.get("params", {})) if same else {},
        "environment_options": environment_field.options_card(environment, options, mine, f"{key}/{chosen}"),
    }  # fmt: skip
    return {"trainable": given}


def _goal_card(start: Mapping[str, Any], metrics: list[str], mode: str, problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """Name, what is improved, and which way."""
    asked = start.get("metric", metrics[:1])
    asked = [asked] if isinstance(asked, str) else list(asked)
    modes = start.get("mode", mode)
    modes = [modes] * len(asked) if isinstance(modes, str) else list(modes)
    with st.container(border=True):
        st.markdown("**What is improved**")
        left, right = st.columns(2)
        about = SweepSpec.model_fields["name"].description
        name = left.text_input("Name", value=start.get("name", ""), key=f"{key}/name", help=about, placeholder="named after what it does")
        with left:
            spec_form.problem_under(problems, "name")
        with right:
            chosen = st.multiselect(
                "Metric", list(dict.fromkeys([*asked, *metrics])), default=asked, key=f"{key}/metric", accept_new_options=True,
                help="What the trainable reports. One, or several objectives with Optuna.", placeholder="type what it reports",
            )  # fmt: skip
            spec_form.problem_under(problems, "metric")
        picked = []
        for place, (column, metric) in enumerate(zip(st.columns(max(1, len(chosen))), chosen, strict=False)):
            was = modes[place] if place < len(modes) else "max"
            with column:
                picked.append(
                    st.segmented_control(
                        f"Best {metric} is", ["max", "min"], default=was, required=True, key=f"{key}/mode/{metric}",
                        format_func={"max": "the highest", "min": "the lowest"}.__getitem__,
                    )
                )  # fmt: skip
        spec_form.problem_under(problems, "mode")
    single = len(chosen) == 1
    return {"name": name.strip(), "metric": chosen[0] if single else chosen or "", "mode": picked[0] if single else picked or "max"}


def _search_card(
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
                "Search", SEARCHERS, {each.id: each.why_not(kinds, objectives) for each in SEARCHERS.values()}, start.get("search"), key
            )
            spec_form.problem_under(problems, "search")
        is_rl = isinstance(data["trainable"], dict)  # which says itself how many CPUs a trial takes
        about: dict[str, Any] = {"search": search, "kinds": kinds, "checkpoints": checkpoints, "objectives": objectives}
        about |= {"repeats": repeats, "is_rl": is_rl}
        with right:
            scheduler = _pick(
                "Scheduler", SCHEDULERS, {each.id: each.why_not(**about) for each in SCHEDULERS.values()}, start.get("scheduler"), key
            )
            spec_form.problem_under(problems, "scheduler")
        shown = [name for name in LIMITS if not (name == "samples" and search == "grid") and not (name == "cpus" and is_rl)]
        entered = spec_form.fields(SweepSpec, shown, _defaults() | dict(start), problems, "", key)
    return {"search": search, "scheduler": scheduler, **{name: value for name, value in entered.items() if value is not None}}


def _pick(label: str, table: Mapping[str, Any], why_not: Mapping[str, str], asked: str | None, key: str) -> str:
    """Lets a person choose among those that can; beneath stand what the chosen one is for, and why others are missing."""
    able = [name for name, why in why_not.items() if not why] or list(table)[:1]
    first = asked if asked in able else "optuna" if "optuna" in able and asked is None else able[0]
    chosen = st.selectbox(
        label, able, index=able.index(first), format_func=lambda each: table[each].title, key=f"{key}/{label}/{'-'.join(able)}"
    )
    st.caption(table[chosen].when)
    if missing := [f"**{table[name].title}**: {plain(why)}" for name, why in why_not.items() if why]:
        with st.expander(f"{len(missing)} not offered here"):
            st.caption("  \n".join(missing))
    return str(chosen)


def _defaults() -> dict[str, Any]:
    return {name: field.default for name, field in SweepSpec.model_fields.items() if not field.is_required()}


def _more_card(
    start: Mapping[str, Any], scheduler: str, iterations: int | None, problems: Mapping[str, str], key: str, *, is_rl: bool
) -> dict[str, Any]:
    """Limits and options most sweeps leave alone."""
    names = [*OF_SCHEDULER.get(scheduler, ()), *(name for name in ENDS if not (is_rl and name in RESERVED))]
    if scheduler == "fifo" and not is_rl:  # there the trainable's seeds are the repeats
        names.insert(0, "repeats")
    values = _defaults() | {"max_iterations": iterations} | dict(start)
    changed = sum(start.get(name, SweepSpec.model_fields[name].default) != SweepSpec.model_fields[name].default for name in names)
    with st.expander(f"{len(names)} more, {changed} changed" if changed else f"{len(names)} more: when it ends, repeats, checkpoints",
                     expanded=any(name in problems for name in names)):  # fmt: skip
        entered = spec_form.fields(SweepSpec, names, values, problems, "", key)
        if not is_rl:
            entered["resources"] = resources_field.field("Resources per trial", start.get("resources", {}), problems, key)
    return {name: value for name, value in entered.items() if value is not None}
