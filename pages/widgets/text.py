"""People's own words in Markdown: shown letter by letter; and their values in few letters."""

import json
import re
from typing import Any

from backend import words

LONGEST = 60  # letters of a value

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&])")


def plain(text: str) -> str:
    """Returns `text` escaped, so that Markdown and HTML in it stay letters."""
    return _SPECIAL.sub(r"\\\1", text.replace("\n", " "))


def short(value: Any) -> str:
    """Returns a parameter or a metric in few letters."""
    if isinstance(value, float):
        return words.number(value)
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} …"
