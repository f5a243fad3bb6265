"""HTML from a template in which everything is escaped; `st.html` knows nothing of the theme's colours."""

from functools import lru_cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from pages.widgets.component import PAGES, component

_mounted = component("markup", "widgets/markup.js")


def markup(name: str, key: str, **values: Any) -> None:
    """Shows the template NAME.html.j2 of pages/, such as compare/parts/diff; all values stay text in it."""
    _mounted(key=key, data={"html": rendered(name, **values)}, height="content")


def rendered(name: str, **values: Any) -> str:
    return _template(name).render(**values)


@lru_cache
def _template(name: str) -> Template:
    loader = FileSystemLoader(PAGES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(f"{name}.html.j2")
