"""Form fields from pydantic models: title, help, default and checks all come from the model."""

import math
import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import streamlit as st
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from pages.widgets.text import plain

COLUMNS = 3


def group_of(field: FieldInfo) -> str:
    extra = field.json_schema_extra
    return str(extra.get("group", "")) if isinstance(extra, dict) else ""


def fields(
    model: type[BaseModel],
    names: Iterable[str],
    values: Mapping[str, Any],
    problems: Mapping[str, str],
    path: str,
    key: str,
) -> dict[str, Any]:
    """Draws a widget for each named field, three a row, and returns what was entered, without what was left empty.

    Each problem stands under its field. `values` holds what the fields start with, `path` is how they are called in
    `problems`.
    """
    shown = [name for name in names if _has_choice(model.model_fields[name])]
    entered: dict[str, Any] = {}
    for start in range(0, len(shown), COLUMNS):
        for column, name in zip(st.columns(COLUMNS), shown[start : start + COLUMNS], strict=False):
            with column:
                entered[name] = _widget(model.model_fields[name], name, values.get(name), f"{key}.{name}")
                problem_under(problems, f"{path}.{name}" if path else name)
    return {name: value for name, value in entered.items() if value is not None}


def problems_of(key: str) -> Mapping[str, str]:
    """Returns what was wrong with a form, by field, when it was last drawn; for `fields`."""
    problems: Mapping[str, str] = st.session_state.get(f"{key}/problems", {})
    return problems


def keep_problems(key: str, problems: Mapping[str, str]) -> None:
    """Keeps what is wrong with a form; where that is news the page is drawn anew, its fields being drawn before."""
    if problems != problems_of(key):
        st.session_state[f"{key}/problems"] = problems
        st.rerun()


def problem_under(problems: Mapping[str, str], field: str) -> None:
    """Shows what is wrong with a field, right under it."""
    for where, problem in problems.items():
        if where == field or where.startswith(f"{field}."):
            st.markdown(f":red[:material/error: {plain(problem)}]")


def _has_choice(field: FieldInfo) -> bool:
    return not (get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1)


def _widget(field: FieldInfo, name: str, value: Any, key: str) -> Any:
    label, about = field.title or name, field.description
    kind = _bare(field.annotation)
    if get_origin(kind) is Literal:
        options = list(get_args(kind))
        return st.selectbox(label, options, index=options.index(value) if value in options else 0, help=about, key=key)
    if kind is bool:
        return st.toggle(label, value=bool(value), help=about, key=key)
    if kind in (int, float):
        begins = None if value is None else kind(value)
        return _number(
            label, begins, key, is_optional=type(None) in get_args(field.annotation), is_whole=kind is int, about=about
        )
    if get_origin(kind) is list:
        text = st.text_input(label, value=", ".join(map(str, value or [])), help=about, key=key)
        return numbers(text)
    return st.text_input(label, value=str(value or ""), help=about, key=key)


def _number(label: str, begins: float | None, key: str, *, is_optional: bool, is_whole: bool, about: str | None) -> Any:
    """Draws a field for a number. No limits here: the model checks, and its message stands under the field.

    Streamlit lets only that be emptied whose own default is nothing, so what an optional one begins with is put into
    its state.
    """
    how: dict[str, Any] = {"step": 1} if is_whole else {"step": _step(begins), "format": "%g"}
    if is_optional:
        st.session_state.setdefault(key, begins)
        begins = None
    return st.number_input(label, value=begins, help=about, key=key, placeholder="none", **how)


def _bare(annotation: Any) -> Any:
    """Returns the type without Annotated and without None."""
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(each for each in get_args(annotation) if each is not type(None))
    return get_args(annotation)[0] if get_origin(annotation) is Annotated else annotation


def _step(value: float | None) -> float:
    """Returns a step one digit finer than the value's first: 0.01 for 0.3, 10 for 500."""
    return 10.0 ** (math.floor(math.log10(abs(value))) - 1) if value else 0.1


def numbers(text: str) -> list[Any]:
    """Returns the whole numbers in a list such as "64, 64"; what is none stays text, for the model to complain of."""
    return [_whole(part) for part in text.replace(",", " ").split()]


def _whole(part: str) -> Any:
    try:
        return int(part)
    except ValueError:
        return part
