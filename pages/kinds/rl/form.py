"""The form of a reinforcement-learning run."""

from collections.abc import Mapping
from typing import Any

import streamlit as st
from pydantic import BaseModel

from backend.api import environments, specs
from backend.catalog.algorithms import ALGORITHMS, LIBRARIES, Algorithm
from backend.errors import InvalidSpec
from backend.kinds.rl.options import Checkpoints, Evaluation, Stop, Wrappers
from backend.kinds.rl.spec import RLSpec
from pages.kinds import code_editor
from pages.kinds.fields import environment_field, known_best
from pages.kinds.fields.environment_field import Chosen
from pages.kinds.rl.own_code import ENVIRONMENT
from pages.runs.drafts import Draft, FormContent
from pages.widgets import spec_form
from pages.widgets.text import plain

MOST_SEEDS = 1000  # beyond what the spec allows, so that it says so, and no more than fits in memory
FIRST_STOPS = ("episodes", "env_steps", "return_mean")
Problems = Mapping[str, str]


def form(draft: Draft) -> FormContent:
    """Draws the form; the fields follow the algorithm and the environment."""
    code_editor.editor(ENVIRONMENT)
    values, key = draft.values, f"rl/{draft.source}"
    problems = spec_form.problems_of(key)
    algorithm, chosen, place = _what(values, problems, key)
    same_algorithm = values.get("algorithm", algorithm.id) == algorithm.id
    same_environment = values.get("environment", chosen.id) == chosen.id
    start = dict(values) if same_algorithm and same_environment else {}
    data: dict[str, Any] = {"kind": "rl", "algorithm": algorithm.id, "environment": chosen.id}
    if begin := values.get("start_from") if same_algorithm else "":
        st.caption(f":material/resume: Training goes on from a checkpoint: {plain(begin)}")
        data["start_from"] = begin
    pair = f"{key}/{algorithm.id}/{chosen.id}"
    name = values.get("name", "") if same_algorithm else ""
    data |= _run_card(
        {**start, "name": name, "seeds": values.get("seeds", [1, 2, 3])}, algorithm, chosen.id, problems, key, pair
    )
    options = values.get("environment_options", {}) if same_environment else {}
    data["environment_options"] = environment_field.options_card(chosen, options, problems, key)
    best_params = {} if "params" in start else known_best.params(f"{algorithm.id}/{chosen.id}", pair)
    params = algorithm.defaults(chosen.id) | best_params | dict(start.get("params", {}))
    data["params"] = _params_cards(algorithm, chosen.id, params, problems, f"{pair}/{'kept' if best_params else ''}")
    data |= _parts(values, algorithm, data["environment"], problems, key)
    spec, spec_problems = _checked(data, chosen, place)
    spec_form.keep_problems(key, spec_problems)
    return FormContent(spec, spec_problems)


def _checked(data: dict[str, Any], chosen: Chosen, place: Any) -> tuple[RLSpec | None, Problems]:
    """Returns the spec, or what is wrong; an environment of the user's own is tried, and said to be
    what it was found to be."""
    try:
        spec: RLSpec = specs.parse(data)
        if chosen.own is None:
            return environments.check(spec).spec, {}
        with place:
            with st.spinner("Checking the environment: reset, step, random actions …"):
                prepared = environments.check(spec)
            if prepared.checked and prepared.checked.environment:
                environment_field.about(prepared.checked.environment, prepared.checked.notes)
    except InvalidSpec as error:
        return None, error.problems
    return prepared.spec, {}


def _what(values: Mapping[str, Any], problems: Problems, key: str) -> tuple[Algorithm, Chosen, Any]:
    """Returns what is chosen, and the place for what is said of an environment once it was checked."""
    left, right = st.columns(2)
    ids = list(ALGORITHMS)
    index = ids.index(values["algorithm"]) if values.get("algorithm") in ids else 0
    with left:
        picked = st.selectbox(
            "Algorithm",
            ids,
            index=index,
            key=f"{key}/algorithm",
            help=RLSpec.model_fields["algorithm"].description,
            format_func=lambda each: f"{ALGORITHMS[each].title} · {LIBRARIES[ALGORITHMS[each].library]}",
        )
        algorithm = ALGORITHMS[picked]
        st.caption(f"{algorithm.summary} [Paper]({algorithm.source})")
    with right:
        chosen = environment_field.field(algorithm, values.get("environment"), problems, key)
        environment_field.others()
    place = st.container()
    if chosen.known:
        with place:
            environment_field.about(chosen.known)
    with st.expander(f"How {algorithm.title} learns", icon=":material/school:"):
        st.latex(algorithm.rule)
        st.caption(algorithm.plainly)
    return algorithm, chosen, place


def _run_card(
    start: Mapping[str, Any], algorithm: Algorithm, environment: str, problems: Problems, key: str, pair: str
) -> dict[str, Any]:
    seeds = start["seeds"]
    consecutive = seeds == list(range(1, len(seeds) + 1))
    with st.container(border=True):
        st.markdown("**Run**")
        left, right = st.columns([2, 1])
        with left:
            about = RLSpec.model_fields["name"].description
            name = st.text_input(
                "Name",
                value=start["name"],
                key=f"{key}/{algorithm.id}/name",
                help=about,
                placeholder="named after what it does",
            )
            spec_form.problem_under(problems, "name")
        with right:
            about = RLSpec.model_fields["seeds"].description
            count = st.number_input("Seeds", value=len(seeds), step=1, key=f"{key}/seeds", help=about)
            spec_form.problem_under(problems, "seeds")
        stop = start.get("stop", algorithm.stops(environment))
        stops = spec_form.fields(Stop, FIRST_STOPS, stop, problems, "stop", f"{pair}/stop")
        more = [each for each in Stop.model_fields if each not in FIRST_STOPS]
        with st.expander(
            f"{len(more) + 1} more: other limits, own seeds", expanded=any(f"stop.{each}" in problems for each in more)
        ):
            stops |= spec_form.fields(Stop, more, stop, problems, "stop", f"{pair}/stop")
            own = st.text_input(
                "Own seeds",
                value="" if consecutive else ", ".join(map(str, seeds)),
                key=f"{key}/own_seeds",
                placeholder="1, 2, 3 …",
                help="Whole numbers, separated by commas. Empty: as many as above, counted from 1.",
            )
        if "stop" in problems:
            st.markdown(f":red[:material/error: {plain(problems['stop'])}]")
    chosen: list[Any] = spec_form.numbers(own) if own.strip() else list(range(1, min(count or 0, MOST_SEEDS) + 1))
    return {"name": name.strip(), "seeds": chosen, "stop": stops}


def _params_cards(
    algorithm: Algorithm, environment: str, start: Mapping[str, Any], problems: Problems, key: str
) -> dict[str, Any]:
    model, usual = algorithm.params, algorithm.defaults(environment)
    groups: dict[str, list[str]] = {"": [], "more": [], "sampling": []}
    for name, info in model.model_fields.items():
        groups[spec_form.group_of(info)].append(name)
    entered: dict[str, Any] = {}
    with st.container(border=True):
        st.markdown("**Algorithm settings**")
        entered |= spec_form.fields(model, groups[""], start, problems, "params", f"{key}/params")
        if more := groups["more"]:
            changed = sum(start[name] != usual[name] for name in more)
            summary = f"{changed} changed" if changed else "all at their defaults"
            with st.expander(
                f"{len(more)} more, {summary}", expanded=any(f"params.{name}" in problems for name in more)
            ):
                entered |= spec_form.fields(model, more, start, problems, "params", f"{key}/params")
    if groups["sampling"]:
        with st.container(border=True):
            st.markdown("**Sampling**")
            entered |= spec_form.fields(model, groups["sampling"], start, problems, "params", f"{key}/params")
    return entered


def _parts(
    values: Mapping[str, Any], algorithm: Algorithm, environment: str, problems: Problems, key: str
) -> dict[str, Any]:
    """How the agent is tested and kept, and what stands between it and its environment."""
    with st.container(border=True):
        st.markdown("**Evaluation**")
        tested = {"evaluation": algorithm.evaluation(environment) | dict(values.get("evaluation", {}))}
        pair = f"{key}/{algorithm.id}/{environment}"
        parts = {"evaluation": _part(Evaluation, "evaluation", list(Evaluation.model_fields), tested, problems, pair)}
        with st.expander("Checkpoints: how many are kept", expanded=_is_wrong(problems, "checkpoints")):
            parts["checkpoints"] = _part(
                Checkpoints, "checkpoints", list(Checkpoints.model_fields), values, problems, key
            )
    names = [name for name in Wrappers.model_fields if name in algorithm.wrappers]
    before = {name: values.get("wrappers", {}).get(name, Wrappers.model_fields[name].default) for name in names}
    # What was typed, perhaps a wrong value, so that the card stays open while somebody works in it.
    now = {name: st.session_state.get(f"{key}/{algorithm.id}/wrappers.{name}", value) for name, value in before.items()}
    wrappers = Wrappers.model_construct(**now)
    used = [str(Wrappers.model_fields[name].title).lower() for name in wrappers.used()]
    summary = ", ".join(used) or "none"
    if names:
        with st.expander(
            f"Wrappers: {summary}", icon=":material/layers:", expanded=bool(used) or _is_wrong(problems, "wrappers")
        ):
            parts["wrappers"] = _part(Wrappers, "wrappers", names, values, problems, f"{key}/{algorithm.id}")
    return parts


def _is_wrong(problems: Problems, part: str) -> bool:
    return any(field.startswith(f"{part}.") for field in problems)


def _part(
    model: type[BaseModel], part: str, names: list[str], values: Mapping[str, Any], problems: Problems, key: str
) -> dict[str, Any]:
    start = model().model_dump() | dict(values.get(part, {}))
    return spec_form.fields(model, names, start, problems, part, f"{key}/{part}")
