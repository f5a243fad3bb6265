"""Choosing an environment: those that suit an algorithm, the user's own, and what the chosen one is like."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import streamlit as st
from pydantic import BaseModel

from backend.api import environments
from backend.api.environments import OwnEnvironment
from backend.catalog.algorithms import Algorithm, environments_for
from backend.catalog.environments import ENVIRONMENTS, Environment, NoOptions
from pages.widgets import errors, live, spec_form
from pages.widgets.text import plain

PICTURE_WIDTH = 112  # pixels
MOST_NOTES = 3
READING = 1.0  # seconds between two looks whether the registry has been read


@dataclass(frozen=True)
class Chosen:
    """What was chosen; of the user's own `known` is found out by a check."""

    id: str
    title: str
    options: type[BaseModel]
    known: Environment | None = None
    own: OwnEnvironment | None = None


def field(algorithm: Algorithm, environment_id: str | None, problems: Mapping[str, str], key: str) -> Chosen:
    """Draws the field. A choice outlives a change of the algorithm if it suits the next one as well."""
    names = [environment.id for environment in environments_for(algorithm)]
    own = {each.id: each for each in environments.own()}
    names += own
    wanted = st.session_state.get(f"{key}/environment", environment_id)
    errors.show_lost(environment_id, {*names, *ENVIRONMENTS})
    picked = st.selectbox(
        "Environment",
        names,
        index=names.index(wanted) if wanted in names else 0,
        key=f"{key}/{algorithm.id}/environment",
        format_func=lambda each: f"{each} · your own" if each in own else each,
        help=f"The world the agent acts in. Only those {algorithm.title} can act in are offered, and your own.",
    )
    st.session_state[f"{key}/environment"] = picked
    spec_form.problem_under(problems, "environment")
    if picked in own:
        return Chosen(picked, picked.partition(":")[2], own[picked].options, None, own[picked])
    entry = ENVIRONMENTS[picked]
    return Chosen(picked, entry.title, entry.options, entry)


def about(environment: Environment, notes: tuple[str, ...] = ()) -> None:
    """Says what an environment is like, beside a picture of it."""
    lines = [environment.summary if environment.curated else plain(environment.summary), _facts(environment)]
    text = "  \n".join(line for line in lines if line)
    if environment.picture and environment.picture.exists():
        left, right = st.columns([1, 4], vertical_alignment="center")
        left.image(str(environment.picture), width=PICTURE_WIDTH)
        right.caption(text)
    else:
        st.caption(text)
    for note in notes[:MOST_NOTES]:
        st.caption(f":material/info: Gymnasium advises: {plain(note)}")


def _facts(environment: Environment) -> str:
    facts = []
    if environment.observes and environment.acts:
        facts.append(f"sees {environment.observes.text}; acts by {_acts(environment)}")
    facts.append(f"at most {environment.max_steps:,} steps".replace(",", "\u202f"))
    if environment.solved_at is not None:
        facts.append(f"solved at {environment.solved_at:g}")
    if environment.renders is False:
        facts.append("cannot be watched: it draws no pictures here")
    text = "; ".join(facts)
    return f"{text[0].upper()}{text[1:]}."


def _acts(environment: Environment) -> str:
    space = environment.acts
    if space is None:
        return ""
    return f"one of {space.size} choices" if space.kind == "discrete" else space.text


def options_card(chosen: Chosen, start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """The options of gymnasium.make, or of the constructor."""
    if chosen.options is NoOptions or not chosen.options.model_fields:
        return {}
    values = chosen.options().model_dump() | dict(start)
    with st.container(border=True):
        st.markdown(f"**{plain(chosen.title)}**")
        names = chosen.options.model_fields
        return spec_form.fields(chosen.options, names, values, problems, "environment_options", f"{key}/{chosen.id}")


def others() -> None:
    """Says which environments are still being read, and which cannot be made here and what they need."""
    if environments.is_being_read():
        live.part("reading", _reading, READING)
    missing = sorted(environments.unavailable(), key=lambda each: (each.install, each.reason, each.id))
    if not missing:
        return
    with st.popover(
        f"{len(missing)} more need a package", type="tertiary", icon=":material/extension_off:", key="others"
    ):
        for (install, reason), group in groupby(missing, key=lambda each: (each.install, each.reason)):
            how = f"`{install}`, then start Raydeck anew: " if install else f"{plain(reason)}: "
            st.caption(f"{how}{', '.join(plain(each.id) for each in group)}")


def _reading() -> float | None:
    if not environments.is_being_read():
        return None
    st.caption(":material/hourglass_top: The rest of Gymnasium's registry is being read; it takes some seconds.")
    return READING
