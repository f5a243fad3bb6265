"""Form fields for the arguments of a function, which was read and never imported."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from backend.catalog.signatures import Argument
from pages.components import spec_form

COLUMNS = 3


def fields(arguments: Sequence[Argument], start: Mapping[str, Any], problems: Mapping[str, str], part: str, key: str) -> dict[str, Any]:
    """Draws a field for each argument, three a row, and returns what was entered; an empty field is left out."""
    entered: dict[str, Any] = {}
    for row in range(0, len(arguments), COLUMNS):
        for column, argument in zip(st.columns(COLUMNS), arguments[row : row + COLUMNS], strict=False):
            with column:
                value = _field(argument, start.get(argument.name, argument.default), f"{key}.{argument.name}")
                spec_form.problem_under(problems, f"{part}.{argument.name}")
            if value is not None:
                entered[argument.name] = value
    return entered


def _field(argument: Argument, value: Any, key: str) -> Any:
    label, hint = argument.name, argument.default_text or ("none" if not argument.required else "")
    match argument.kind:
        case "literal":
            options = list(argument.options)
            return st.selectbox(label, options, index=options.index(value) if value in options else 0, key=key)
        case "bool":
            return st.toggle(label, value=bool(value), key=key)
        case "int":
            return st.number_input(label, value=value if isinstance(value, int) else None, step=1, key=key, placeholder=hint)
        case "float":
            given = float(value) if isinstance(value, int | float) else None
            return st.number_input(label, value=given, format="%g", key=key, placeholder=hint)
    text = st.text_input(label, value=written(value), key=key, placeholder=hint or _placeholder(argument))
    return value_of(argument, text) if text.strip() else None


def _placeholder(argument: Argument) -> str:
    return {"path": "/path/to/a/file", "list": "1, 2, 3", "str": "text"}.get(argument.kind, "number, text or JSON")


def written(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else json.dumps(value)


def value_of(argument: Argument | None, text: str) -> Any:
    """Returns what a person wrote as the argument's kind; what is none stays text, for the check to complain of."""
    kind = argument.kind if argument else "any"
    if kind in ("str", "path"):
        return text
    if kind == "literal" and argument:
        return {str(option): option for option in argument.options}.get(text.strip(), text)
    if kind == "list":
        return values(text) if not text.strip().startswith("[") else _json(text)
    return _json(text)


def values(text: str) -> list[Any]:
    """Returns the values in a list such as "1, 2, 3", one a line or separated by commas; a JSON list is taken as it is."""
    if text.strip().startswith("["):
        found = _json(text)
        return found if isinstance(found, list) else [found]
    lines = text.splitlines() if "\n" in text.strip() else text.split(",")
    return [_json(part) for part in lines if part.strip()]


def _json(text: str) -> Any:
    text = text.strip()
    try:
        return json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return text
