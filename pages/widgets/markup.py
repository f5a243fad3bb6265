"""HTML from a template in which everything is escaped; `st.html` knows nothing of the theme's colours."""

from functools import lru_cache
from pathlib import Path
from typing import Any

import streamlit as st
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

_JS = """
export default function ({ data, parentElement }) {
  const node = parentElement.querySelector(".raydeck-markup")
  if (node.shown === data.html) return // what was scrolled to stays in sight
  node.innerHTML = node.shown = data.html
}
"""


@st.cache_resource
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component("raydeck_markup", html='<div class="raydeck-markup"></div>', js=_JS, isolate_styles=False)


def markup(name: str, key: str, **values: Any) -> None:
    """Shows the template NAME.html.j2 of pages/, such as compare/parts/diff; all values stay text in it."""
    _component()(key=key, data={"html": rendered(name, **values)}, height="content")


def rendered(name: str, **values: Any) -> str:
    return _template(name).render(**values)


@lru_cache
def _template(name: str) -> Template:
    loader = FileSystemLoader(Path(__file__).parents[1])
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template(f"{name}.html.j2")
