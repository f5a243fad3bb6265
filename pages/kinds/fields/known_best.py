"""Parameters that a person took from a sweep as the defaults of a form."""

from typing import Any

import streamlit as st

from backend.api import sweeps
from pages.widgets.text import plain


def params(name: str, key: str) -> dict[str, Any]:
    """Says what is kept for a trainable, or for “algorithm/environment”, and returns it; empty if nothing is."""
    known = sweeps.defaults().get(name)
    if known is None:
        return {}
    told = ", ".join(f"{each} {value:.4g}" if isinstance(value, float) else f"{each} {value}" for each, value in known["params"].items())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f"Your default, from trial {known['trial']} of {known['run']}: {plain(told)}")
        st.button("Forget", type="tertiary", key=f"{key}/forget", on_click=sweeps.forget_defaults, args=(name,))
    return dict(known["params"])
