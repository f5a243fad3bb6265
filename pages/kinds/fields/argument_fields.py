"""Form fields for the arguments of a function, which was read and never imported."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from backend.catalog.signatures import Argument
from pages.widgets import spec_form
from pages.widgets.text import plain

COLUMNS = 3


def fields(
    arguments: Sequence[Argument], start: Mapping[str, Any], problems: Mapping[str, str], part: str, key: str
) -> dict[str, Any]:
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
    label, about = argument.name, plain(argument.about) or None
    hint = _left_out(argument) if not argument.required else ""
    match argument.kind:
        case "literal" | "bool" if argument.kind == "literal" or argument.has_own_default:
            return _choice(argument, value, key)
        case "bool":
            return st.toggle(label, value=bool(value), key=key, help=about)
        case "int":
            return st.number_input(
                label, value=value if isinstance(value, int) else None, step=1, key=key, placeholder=hint, help=about
            )
        case "float":
            number = float(value) if isinstance(value, int | float) else None
            return st.number_input(label, value=number, format="%g", key=key, placeholder=hint, help=about)
    text = st.text_input(label, value=written(value), key=key, placeholder=hint or _placeholder(argument), help=about)
    return value_of(argument, text) if text.strip() else None


def _left_out(argument: Argument) -> str:
    """Returns what an argument is that is left out."""
    return argument.default_text or ("none" if argument.default is None else str(argument.default))


def _choice(argument: Argument, value: Any, key: str) -> Any:
    """One of some values; or the function's own default, for which the argument is left out."""
    choices = (True, False) if argument.kind == "bool" else argument.options
    options = [each for each in choices if each is not None]
    if argument.has_own_default:
        options.insert(0, None)
    at = next((place for place, each in enumerate(options) if (type(each), each) == (type(value), value)), 0)
    return st.selectbox(
        argument.name,
        options,
        index=at,
        key=key,
        help=plain(argument.about) or None,
        format_func=lambda each: f"default: {_left_out(argument)}" if each is None else str(each),
    )


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


def is_text(argument: Argument | None) -> bool:
    return argument is not None and argument.kind in ("str", "path")


def lines(argument: Argument | None, text: str) -> list[Any]:
    """Returns the values for an argument in a text of several lines: texts are one a line, for they
    may have commas in them."""
    if not is_text(argument) or isinstance(_json(text), list):
        return values(text)
    return [line.strip() for line in text.splitlines() if line.strip()]


def cells(argument: Argument, text: str) -> list[Any]:
    """Returns the values for an argument that are separated by commas; a JSON list is taken as it is."""
    if argument.kind not in ("str", "path", "literal") or isinstance(_json(text), list):
        return values(text)
    return [value_of(argument, part.strip()) for part in text.split(",") if part.strip()]


def shown(entries: Sequence[Any], between: str, read: Callable[[str], list[Any]]) -> str:
    """Returns values as a person would write them; as a JSON list where `read` would make others of that."""
    text = between.join(each if isinstance(each, str) else json.dumps(each, ensure_ascii=False) for each in entries)
    if not entries or _same(read(text), entries):
        return text
    listed = f",{between.strip(',')}".join(json.dumps(each, ensure_ascii=False) for each in entries)
    return f"[{listed}]"


def _same(one: Sequence[Any], other: Sequence[Any]) -> bool:
    return json.dumps(list(one)) == json.dumps(list(other))  # 1 is not True, nor 1.0


def values(text: str) -> list[Any]:
    """Returns the values in a list such as "1, 2, 3", one a line or separated by commas; a
    JSON list is taken as it is."""
    if text.strip().startswith("["):
        parsed = _json(text)
        return parsed if isinstance(parsed, list) else [parsed]
    parts = text.splitlines() if "\n" in text.strip() else text.split(",")
    return [_json(part) for part in parts if part.strip()]


def _json(text: str) -> Any:
    text = text.strip()
    try:
        return json.loads({"True": "true", "False": "false", "None": "null"}.get(text, text))
    except ValueError:
        return text
