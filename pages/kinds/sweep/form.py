"""The form of a sweep."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.api import specs, sweeps
from backend.catalog.algorithms import ALGORITHMS, environments_for
from backend.catalog.trainables import TRAINABLES
from backend.catalog.tunables import FoundTrainable, rl_params
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.rl.options import Stop
from backend.kinds.sweep.space import around
from backend.kinds.sweep.spec import SweepSpec
from pages.kinds import code_editor
from pages.kinds.fields import environment_field, known_best
from pages.kinds.sweep import space_editor
from pages.kinds.sweep.cards import goal_card, more_card, search_card
from pages.kinds.sweep.own_code import TRAINABLE
from pages.runs.drafts import Draft, FormContent
from pages.widgets import errors, spec_form

RL = "rl"
STOPS = tuple(Stop.model_fields)


def form(draft: Draft) -> FormContent:
    """Draws the form; the fields follow the trainable."""
    code_editor.editor(TRAINABLE)
    values, key = draft.values, f"sweep/{draft.source}"
    chosen = _trainable(values, key)
    key = f"{key}/{chosen}"
    problems = spec_form.problems_of(key)
    mine = values if _name_of(values.get("trainable", chosen)) == chosen and len(values) > 1 else {}
    try:
        data = _fields(chosen, mine, problems, key)
    except UnknownWorkload as error:
        return FormContent(None, {"trainable": str(error)})
    content = _checked(data)
    spec_form.keep_problems(key, content.problems)
    return content


def _checked(data: dict[str, Any]) -> FormContent:
    try:
        spec: SweepSpec = specs.parse(data)
        with st.spinner("Checking …"):  # an environment of the user's own is tried
            return FormContent(sweeps.check(spec).spec, {})
    except InvalidSpec as error:
        return FormContent(None, error.problems)


def _name_of(trainable: Any) -> str:
    return trainable if isinstance(trainable, str) else RL


def _trainable(values: Mapping[str, Any], key: str) -> str:
    names = [*TRAINABLES, RL, *sweeps.own_trainables()]
    name = _name_of(values.get("trainable", names[0]))
    errors.show_lost(name, names)
    return str(
        st.selectbox(
            "Trainable",
            names,
            index=names.index(name) if name in names else 0,
            key=f"{key}/trainable",
            format_func=_title,
            help="What is trained in each trial. Your own Ray Tune functions in data/workloads are listed last.",
        )
    )


def _title(name: str) -> str:
    if name == RL:
        return "A reinforcement-learning algorithm"
    return TRAINABLES[name].title if name in TRAINABLES else f"{name} · your own"


def _fields(chosen: str, start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    if chosen == RL:
        data = _rl(start.get("trainable", {}), problems, key)
        algorithm, environment = data["trainable"]["algorithm"], data["trainable"]["environment"]
        key = f"{key}/{algorithm}"
        domains = dict(rl_params(ALGORITHMS[algorithm].params, {}))
        metric, mode, iterations, checkpoints = ["return_mean"], "max", None, True
        best_params = {} if start.get("space") else known_best.params(f"{algorithm}/{environment}", key)
        best_params = {name: value for name, value in best_params.items() if name in domains}
        first = {name: domains[name] for name in best_params} or dict(list(domains.items())[:1])
    else:
        trainable = sweeps.trainable(chosen)
        data, domains, first = {"trainable": chosen}, trainable.space, trainable.space
        metric, mode, iterations, checkpoints, about = *_judged(trainable), trainable.checkpoints, trainable.summary
        st.caption(about or "Your own Ray Tune trainable.")
        best_params = {} if start.get("space") else known_best.params(chosen, key)
    first = around(first, best_params)
    key = f"{key}/kept" if best_params else key  # the table begins anew when they are forgotten
    data |= {"kind": "sweep"} | goal_card(start, metric, mode, problems, key)
    data["space"] = space_editor.space(start.get("space") or first, domains, problems, key)
    data |= search_card(start, data, checkpoints, problems, key)
    return data | more_card(start, data["scheduler"], iterations, problems, key, is_rl=chosen == RL)


def _judged(trainable: FoundTrainable) -> tuple[list[str], str, int | None]:
    if trainable.entry is not None:
        entry = trainable.entry
        listed = [entry.metric, *(each for each in entry.metrics if each != entry.metric)]
        return listed, entry.mode, entry.iterations if entry.iterations > 1 else None
    return list(trainable.metrics), "min" if trainable.metrics[:1] and "loss" in trainable.metrics[0] else "max", None


def _rl(start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """The algorithm, its environment, and how long a trial is."""
    ids = list(ALGORITHMS)
    left, right = st.columns(2)
    at = ids.index(start["algorithm"]) if start.get("algorithm") in ids else ids.index("ppo")
    chosen = left.selectbox(
        "Algorithm", ids, index=at, format_func=lambda each: ALGORITHMS[each].title, key=f"{key}/algorithm"
    )
    algorithm = ALGORITHMS[chosen]
    first = "CartPole-v1" if any(each.id == "CartPole-v1" for each in environments_for(algorithm)) else None
    mine = {
        where.removeprefix("trainable."): what for where, what in problems.items() if where.startswith("trainable.")
    }
    with right:
        environment = environment_field.field(algorithm, start.get("environment", first), mine, key)
    with st.container(border=True):
        st.markdown("**Each trial**")
        stop = spec_form.fields(
            Stop,
            STOPS,
            start.get("stop", algorithm.stops(environment.id)),
            problems,
            "trainable.stop",
            f"{key}/{chosen}/stop",
        )
        about = "Seeds of each configuration; it is judged by their mean. Luck differs: one seed proves little."
        seeds = st.number_input(
            "Seeds",
            value=int(start.get("seeds", 1)),
            min_value=1,
            max_value=100,
            key=f"{key}/{chosen}/seeds",
            help=about,
        )
    same = start.get("algorithm") == chosen
    options = start.get("environment_options", {}) if start.get("environment") == environment.id else {}
    trainable = {
        "algorithm": chosen,
        "environment": environment.id,
        "seeds": seeds,
        "stop": stop,
        "params": dict(start.get("params", {})) if same else {},
        "environment_options": environment_field.options_card(environment, options, mine, f"{key}/{chosen}"),
    }
    return {"trainable": trainable}
