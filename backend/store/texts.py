"""Text as every database can hold it."""

import json
import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Text as PlainText
from sqlalchemy import TypeDecorator
from sqlalchemy.engine import Dialect


class Text(TypeDecorator[str]):
    """Text, where what some database cannot hold (NUL, half a surrogate pair) becomes a
    replacement character in all."""

    impl = PlainText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return value if value is None else storable(value)


def storable(text: str) -> str:
    """Returns text as every database can hold it."""
    return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


def storable_json(value: Any) -> str:
    """Returns a value as JSON that every database can hold."""
    written = json.dumps(value)
    return json.dumps(storable_within(value)) if _UNSTORABLE.search(written) else written


def storable_within(value: Any) -> Any:
    """Returns data with each text in it as every database can hold it."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, Mapping):
        return {storable(key) if isinstance(key, str) else key: storable_within(each) for key, each in value.items()}
    return [storable_within(each) for each in value] if isinstance(value, list | tuple) else value


_UNSTORABLE = re.compile(r"\\u(?:0000|d[89a-f])")  # as it may stand in JSON: NUL, half a surrogate pair or a whole one
