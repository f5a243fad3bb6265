"""People's own words in Markdown: shown letter by letter."""

import re

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")


def plain(text: str) -> str:
    """Returns `text` escaped, so that Markdown and HTML in it stay letters."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))
