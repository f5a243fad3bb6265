"""Parameters that a person took from a sweep as the defaults of a form."""

from typing import Any

import streamlit as st

from backend.api import sweeps
from pages.widgets.text import plain


def params(name: str, key: str) -> dict[str, Any]:
    """Says what is kept for a trainable, or for “algorithm/environment”, and returns it; empty if nothing is."""
    default = sweeps.defaults().get(name)
    if default is None:
        return {}
    text = ", ".join(
        f"{each} {value:.4g}" if isinstance(value, float) else f"{each} {value}"
        for each, value in default["params"].items()
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Your default, from trial {default['trial']} of {default['run']}: {plain(text)}")
        st.button("Forget", type="tertiary", key=f"{key}/forget", on_click=sweeps.forget_defaults, args=(name,))
    return dict(default["params"])
