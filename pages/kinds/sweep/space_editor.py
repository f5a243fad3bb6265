"""A search space as a table: one row per parameter, checked as one types."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st
import yaml

from backend.api.specs import Dumper, Loader
from backend.kinds.sweep.space import KINDS, LISTS, RANGES, WHOLE, bounds_of
from pages.widgets import spec_form

WIDTHS, WIDE = (3, 3, 2, 2, 2, 1), (3, 3, 6, 1)
ABOUT = {
    "uniform": "any number between min and max",
    "loguniform": "any number, each power of ten alike: for learning rates",
    "quniform": "numbers from min to max in steps",
    "qloguniform": "numbers in steps, each power of ten alike",
    "randint": "whole numbers from min to below max",
    "lograndint": "whole numbers from min to below max, each power of ten alike: for sizes",
    "qrandint": "whole numbers from min to max in steps",
    "randn": "numbers about a mean, as a normal distribution has them",
    "choice": "one of the values",
    "grid": "each of the values in turn, with the search “Grid”",
    "fixed": "always this value",
}
NEW = {"uniform": [0.0, 1.0]}
DomainRow = tuple[int, str, Mapping[str, Any]]  # id, name, what its fields start with


def space(
    start: Mapping[str, Mapping[str, Any]],
    domains: Mapping[str, Mapping[str, Any]],
    problems: Mapping[str, str],
    key: str,
) -> Any:
    """Draws the table and returns what was entered, parameter to domain as a spec has it.

    `start` is what it begins with, `domains` further parameters that can be added with a sensible range.
    """
    rows = _rows(start, key)
    with st.container(border=True):
        st.markdown("**Search space**")
        entered: dict[str, Any] = {}
        twice = []
        for row in rows:
            name, domain = _row(row, problems, key)
            if name in entered:
                twice.append(name)
            if name:
                entered[name] = domain
        for name in twice:
            st.markdown(f":red[:material/error: {name} is there twice; the last one counts]")
        if "space" in problems:
            spec_form.problem_under({"space": problems["space"]}, "space")
        _more(rows, domains, key)
    return entered


def _rows(start: Mapping[str, Mapping[str, Any]], key: str) -> list[DomainRow]:
    made = [(place, name, domain) for place, (name, domain) in enumerate(start.items())]
    rows: list[DomainRow] = st.session_state.setdefault(f"{key}/rows", made)
    return rows


def _row(row: DomainRow, problems: Mapping[str, str], key: str) -> tuple[str, dict[str, Any]]:
    """Draws one parameter, with what is wrong with it under its fields."""
    place, name, start = row
    mine = f"{key}/row{place}"
    ((kind, of),) = start.items()
    is_range = st.session_state.get(f"{mine}/kind", kind) in RANGES
    columns = st.columns(WIDTHS if is_range else WIDE, vertical_alignment="bottom", gap="small")
    name = columns[0].text_input("Parameter", value=name, key=f"{mine}/name", placeholder="name", live=True).strip()
    kind = columns[1].selectbox("Kind", KINDS, index=KINDS.index(kind), key=f"{mine}/kind", help=_help())
    of = of if kind in start else _carried(kind, of)
    domain: dict[str, Any] = {
        kind: _range(columns, kind, of, mine) if kind in RANGES else _values(columns, kind, of, mine)
    }
    columns[-1].button(
        ":material/close:",
        type="tertiary",
        key=f"{mine}/remove",
        on_click=_remove,
        args=(key, place),
        help=f"Remove {name or 'this row'}",
    )
    if name:
        spec_form.problem_under(problems, f"space.{name}")
    return name, domain


def _help() -> str:
    return "  \n".join(f"**{kind}**: {about}" for kind, about in ABOUT.items())


def _carried(kind: str, of: Any) -> Any:
    """Returns what a new kind begins with, from the arguments of the one before."""
    listed = list(of) if isinstance(of, list | tuple) else [of]
    if kind not in RANGES:
        return listed if kind in LISTS else listed[0]
    numbers = [value for value in listed if isinstance(value, int | float) and not isinstance(value, bool)]
    low, high = (min(numbers), max(numbers)) if numbers else (0.0, 1.0)
    if kind in WHOLE:
        low, high = math.floor(low), max(math.ceil(high), math.floor(low) + 1)
        return [low, high, 1]
    return [low, high if high > low else low + 1, (high - low) / 10 or 0.1]


def _range(columns: Sequence[Any], kind: str, of: Any, key: str) -> list[Any]:
    names = [name.capitalize() for name in bounds_of(kind)]
    bounds = [*of, 0.1]
    return [
        _read(column.text_input(name, value=_said(bounds[place]), key=f"{key}/{kind}/{name}", live=True))
        for place, (name, column) in enumerate(zip(names, columns[2:5], strict=False))
    ]


def _values(columns: Sequence[Any], kind: str, of: Any, key: str) -> Any:
    label, about = (
        ("Value", "As in YAML: true is a flag, 'true' in quotes is text")
        if kind == "fixed"
        else ("Values", "Separated by commas: 32, 64, 128 or relu, tanh or [64, 64], [128]")
    )
    text = _written(of if kind in LISTS else [of])
    with columns[2]:
        entered = st.text_input(label, value=text, key=f"{key}/{kind}", help=about, live=True)
    return _listed(entered) if kind in LISTS else _single(entered)


def _more(rows: list[DomainRow], domains: Mapping[str, Mapping[str, Any]], key: str) -> None:
    """What adds a parameter: one that the trainable has, or another."""
    there = {st.session_state.get(f"{key}/row{place}/name", name) for place, name, _ in rows}
    left = [name for name in domains if name not in there]
    with st.container(horizontal=True, vertical_alignment="bottom"):
        if left:
            name = st.selectbox("Add", left, key=f"{key}/add", label_visibility="collapsed", width=240)
            st.button(
                "Add parameter",
                icon=":material/add:",
                key=f"{key}/add_known",
                on_click=_add,
                args=(key, name, domains.get(name, NEW)),
            )
        st.button(
            "Add another name" if left else "Add parameter",
            icon=":material/add:",
            type="tertiary",
            key=f"{key}/add_new",
            on_click=_add,
            args=(key, "", NEW),
        )


def _add(key: str, name: str, domain: Mapping[str, Any]) -> None:
    rows: list[DomainRow] = st.session_state[f"{key}/rows"]
    st.session_state[f"{key}/rows"] = [*rows, (max((row[0] for row in rows), default=-1) + 1, name, domain)]


def _remove(key: str, place: int) -> None:
    st.session_state[f"{key}/rows"] = [row for row in st.session_state[f"{key}/rows"] if row[0] != place]


def _said(value: Any) -> str:
    """Returns an end of a range with all its digits."""
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def _written(values: Sequence[Any]) -> str:
    """Returns values as YAML's list without its brackets: what `_listed` reads as just these values."""
    return yaml.dump(list(values), Dumper=Dumper, default_flow_style=True, allow_unicode=True, width=math.inf).strip()[
        1:-1
    ]


def _read(text: str) -> Any:
    """Returns a number where the text is one, else what YAML makes of it; what cannot be read stays text."""
    text = text.strip()
    for kind in (int, float):
        try:
            value = kind(text)
            return value if math.isfinite(value) else text
        except (ValueError, OverflowError):
            continue
    try:
        return yaml.load(text, Loader=Loader) if text else ""
    except yaml.YAMLError:
        return text


def _listed(text: str) -> list[Any]:
    """Returns the values in a list as YAML writes it, its brackets left out: 'on' in quotes is text, on is true."""
    try:
        return list(yaml.load(f"[{text}]", Loader=Loader))
    except yaml.YAMLError:
        return [_read(part) for part in text.split(",")]


def _single(text: str) -> Any:
    """Returns the one value that a text is; one with commas that are in no quotes or brackets is text."""
    values = _listed(text)
    return values[0] if len(values) == 1 else text.strip()
