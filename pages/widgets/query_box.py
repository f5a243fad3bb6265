"""The query box: completion while one types, and a mark under the letters that are wrong."""

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from backend.api.find import Word
from backend.errors import InvalidQuery

_HERE = Path(__file__).parent
PLACEHOLDER = "words, or a query: algorithm == ppo and params.lr < 1e-3"


@st.cache_resource
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component(
        "raydeck_query",
        html='<div class="raydeck-query"></div>',
        css=(_HERE / "query_box.css").read_text(),
        js=(_HERE / "query_box.js").read_text(),
        isolate_styles=False,
    )


def query_box(query: str, words: Sequence[Word], error: InvalidQuery | None, key: str, asked: Callable[[str], None]) -> None:
    """Shows a query and what is wrong with it; `asked` is told a new one."""
    told = None if error is None else {"said": error.why, "at": error.position, "length": error.length, "nearest": list(error.nearest)}
    known = [{"name": each.name, "about": each.about, "operators": each.operators, "values": each.values} for each in words]
    _component()(
        key=key, data={"query": query, "words": known, "error": told, "placeholder": PLACEHOLDER},
        on_query_change=lambda: _tell(key, asked), height="content",
    )  # fmt: skip


def _tell(key: str, asked: Callable[[str], None]) -> None:
    value = st.session_state[key].get("query")
    if value is not None:
        asked(value)
