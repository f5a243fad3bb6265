"""Counts the words of text files."""

import re
from collections import Counter
from pathlib import Path

WORD = re.compile(r"\w+")


def count(file: Path, top: int = 5) -> dict[str, object]:
    """Counts lines and words, and finds the most frequent words.

    Args:
        file: a text file in UTF-8.
        top: how many of the most frequent words are returned.
    """
    text = file.read_text(encoding="utf-8", errors="replace")
    words = Counter(word.lower() for word in WORD.findall(text))
    return {"lines": text.count("\n"), "words": words.total(), "distinct": len(words), "top": words.most_common(top)}
