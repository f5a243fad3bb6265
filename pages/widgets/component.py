"""Components of our own: a node, the scripts that fill it, and their styles."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2.types import ComponentRenderer

PAGES = Path(__file__).parents[1]
_UNSAFE = re.compile(r"[^A-Za-z0-9]+")
_SAFE = re.compile(r"[A-Za-z0-9]+(?:[-_./ ][A-Za-z0-9]+)*")


def component(name: str, *files: str) -> ComponentRenderer:
    """Returns what mounts a component: a node `.raydeck-NAME`, and `files` of pages/, the scripts
    that fill it and styles."""
    html, css = f'<div class="raydeck-{name}"></div>', styles(*files)
    return st.components.v2.component(
        f"raydeck_{name}", html=html, css=css or None, js=script(*files), isolate_styles=False
    )


def script(*files: str) -> str:
    """Returns the JavaScript module that the scripts among these are together with what all of them share."""
    return _joined(".js", "widgets/common.js", *files)


def styles(*files: str) -> str:
    """Returns the CSS among these files."""
    return _joined(".css", *files)


def _joined(ending: str, *files: str) -> str:
    return "".join((PAGES / file).read_text(encoding="utf-8") for file in files if file.endswith(ending))


def safe_key(name: str) -> str:
    """Returns a key for a widget that is of this name alone: Streamlit refuses some letters in a component's."""
    if _SAFE.fullmatch(name):
        return name
    return (
        f"{_UNSAFE.sub('-', name).strip('-')[:60]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"
    )


def tell(key: str, name: str, listener: Callable[[Any], None] | None) -> None:
    """Tells a listener what the component with that key has just said under that name, if it said anything."""
    said = st.session_state[key].get(name)
    if said is not None and listener is not None:
        listener(said)


def nothing() -> None:
    """A component's value is followed only if something listens to it."""
