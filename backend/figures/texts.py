"""People's own words in a figure: Plotly reads some tags, templates and formulas in texts."""

import html

SHORT = 28


def plain(text: str) -> str:
    """Returns a text that Plotly shows letter by letter."""
    return html.escape(text, quote=False).replace("%{", "&#37;{").replace("$", "&#36;")


def short(text: str, most: int = SHORT) -> str:
    """Returns the beginning of a text that is too long for its place, escaped."""
    return plain(text if len(text) <= most else f"{text[: most - 1]}…")
