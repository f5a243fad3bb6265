"""Custom resources of a cluster, as one line of text."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from pages.widgets import spec_form


def field(label: str, start: Mapping[str, float], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """Draws the field and returns what was entered: a name and an amount each, which the spec checks."""
    start_text = ", ".join(f"{name}: {amount:g}" for name, amount in start.items())
    text = st.text_input(
        label,
        value=start_text,
        key=f"{key}/resources",
        placeholder="name: amount, …",
        help="Custom ones of your cluster.",
    )
    spec_form.problem_under(problems, "resources")
    pairs = [part.partition(":") for part in text.split(",") if part.strip()]
    return {name.strip(): _number(amount) for name, _, amount in pairs}


def _number(text: str) -> Any:
    try:
        return float(text)
    except ValueError:
        return text.strip()
