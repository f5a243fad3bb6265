"""The form of a reinforcement-learning run."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend import specs
from backend.catalog.algorithms import ALGORITHMS, LIBRARIES, Algorithm, environments_for
from backend.catalog.environments import ENVIRONMENTS, Environment
from backend.errors import InvalidSpec
from backend.specs import RLSpec, Stop
from pages.components import known_best, spec_form
from pages.components.drafts import Asked, Draft
from pages.components.text import plain

MOST_SEEDS = 1000  # beyond what the spec allows, so that it says so, and no more than fits in memory
FIRST_STOPS = ("episodes", "env_steps", "return_mean")


def form(draft: Draft) -> Asked:
    """Draws the form; the fields follow the algorithm and the environment."""
    values, key = draft.values, f"rl/{draft.source}"
    algorithm, environment = _what(values, key)
    key = f"{key}/{algorithm.id}"
    mine = values.get("algorithm", algorithm.id) == algorithm.id
    start = values if mine else {}
    problems: Mapping[str, str] = st.session_state.get(f"{key}/problems", {})
    data: dict[str, Any] = {"kind": "rl", "algorithm": algorithm.id, "environment": environment.id}
    data |= _run_card(start, values, algorithm, problems, key)
    data["environment_options"] = _options_card(environment, values, problems, key)
    kept = {} if "params" in start else known_best.params(f"{algorithm.id}/{environment.id}", key)
    data["params"] = _params_cards(algorithm, {"params": kept} | dict(start), problems, f"{key}/{'kept' if kept else ''}")
    try:
        spec, found = specs.parse(data), {}
    except InvalidSpec as error:
        spec, found = None, error.problems
    if found != problems:
        st.session_state[f"{key}/problems"] = found  # shown under their fields, which are drawn before this is known
        st.rerun()
    return Asked(spec, found)


def _what(values: Mapping[str, Any], key: str) -> tuple[Algorithm, Environment]:
    left, right = st.columns(2)
    ids = list(ALGORITHMS)
    index = ids.index(values["algorithm"]) if values.get("algorithm") in ids else 0
    with left:
        chosen = st.selectbox(
            "Algorithm", ids, index=index, key=f"{key}/algorithm", help=RLSpec.model_fields["algorithm"].description,
            format_func=lambda each: f"{ALGORITHMS[each].title} · {LIBRARIES[ALGORITHMS[each].library]}",
        )  # fmt: skip
    algorithm = ALGORITHMS[chosen]
    suitable = [environment.id for environment in environments_for(algorithm)]
    at = suitable.index(values["environment"]) if values.get("environment") in suitable else 0
    with right:
        picked = st.selectbox(
            "Environment", suitable, index=at, key=f"{key}/{algorithm.id}/environment",
            help=f"{RLSpec.model_fields['environment'].description} Only those {algorithm.title} can act in are offered.",
        )  # fmt: skip
    environment = ENVIRONMENTS[picked]
    st.caption(f"{algorithm.summary} [Paper]({algorithm.source})  \n{environment.summary}")
    with st.expander(f"How {algorithm.title} learns", icon=":material/school:"):
        st.latex(algorithm.rule)
        st.caption(algorithm.plainly)
    return algorithm, environment


def _run_card(
    start: Mapping[str, Any], values: Mapping[str, Any], algorithm: Algorithm, problems: Mapping[str, str], key: str
) -> dict[str, Any]:
    seeds = values.get("seeds", [1, 2, 3])
    consecutive = seeds == list(range(1, len(seeds) + 1))
    with st.container(border=True):
        st.markdown("**Run**")
        left, right = st.columns([2, 1])
        with left:
            about = RLSpec.model_fields["name"].description
            name = st.text_input("Name", value=start.get("name", ""), key=f"{key}/name", help=about, placeholder="named after what it does")
            spec_form.problem_under(problems, "name")
        with right:
            about = RLSpec.model_fields["seeds"].description
            count = st.number_input("Seeds", value=len(seeds), step=1, key=f"{key}/seeds", help=about)
            spec_form.problem_under(problems, "seeds")
        stop = start.get("stop", algorithm.stop)
        stops = spec_form.fields(Stop, FIRST_STOPS, stop, problems, "stop", f"{key}/stop")
        more = [each for each in Stop.model_fields if each not in FIRST_STOPS]
        with st.expander(f"{len(more) + 1} more: other limits, own seeds", expanded=any(f"stop.{each}" in problems for each in more)):
            stops |= spec_form.fields(Stop, more, stop, problems, "stop", f"{key}/stop")
            own = st.text_input(
                "Own seeds", value="" if consecutive else ", ".join(map(str, seeds)), key=f"{key}/own_seeds",
                placeholder="1, 2, 3 …", help="Whole numbers, separated by commas. Empty: as many as above, counted from 1.",
            )  # fmt: skip
        if "stop" in problems:
            st.markdown(f":red[:material/error: {plain(problems['stop'])}]")
    chosen: list[Any] = spec_form.numbers(own) if own.strip() else list(range(1, min(count or 0, MOST_SEEDS) + 1))
    return {"name": name.strip(), "seeds": chosen, "stop": {each: value for each, value in stops.items() if value is not None}}


def _options_card(environment: Environment, values: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    if not environment.options.model_fields:
        return {}
    same = values.get("environment") == environment.id
    start = environment.options().model_dump() | (dict(values.get("environment_options", {})) if same else {})
    with st.container(border=True):
        st.markdown(f"**{environment.title}**")
        names = environment.options.model_fields
        return spec_form.fields(environment.options, names, start, problems, "environment_options", f"{key}/{environment.id}")


def _params_cards(algorithm: Algorithm, values: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    model = algorithm.params
    start = model().model_dump() | dict(values.get("params", {}))
    groups: dict[str, list[str]] = {"": [], "more": [], "sampling": []}
    for name, info in model.model_fields.items():
        groups[spec_form.group_of(info)].append(name)
    entered: dict[str, Any] = {}
    with st.container(border=True):
        st.markdown("**Algorithm settings**")
        entered |= spec_form.fields(model, groups[""], start, problems, "params", f"{key}/params")
        if more := groups["more"]:
            changed = sum(start[name] != info.default for name, info in model.model_fields.items() if name in more)
            told = f"{changed} changed" if changed else "all at their defaults"
            with st.expander(f"{len(more)} more, {told}", expanded=any(f"params.{name}" in problems for name in more)):
                entered |= spec_form.fields(model, more, start, problems, "params", f"{key}/params")
    if groups["sampling"]:
        with st.container(border=True):
            st.markdown("**Sampling**")
            entered |= spec_form.fields(model, groups["sampling"], start, problems, "params", f"{key}/params")
    return {name: value for name, value in entered.items() if value is not None}
