"""The query box: completion while one types, and a mark under the letters that are wrong."""

from collections.abc import Callable, Sequence

from backend.api.find import Word, named
from backend.errors import InvalidQuery
from pages.widgets.component import component, tell

PLACEHOLDER = "words, or a query: algorithm == ppo and params.lr < 1e-3"
_mounted = component("query", "widgets/query_box.js", "widgets/query_box.css")


def query_box(
    query: str, words: Sequence[Word], error: InvalidQuery | None, key: str, on_query: Callable[[str], None]
) -> None:
    """Shows a query and what is wrong with it; `on_query` is told a new one."""
    problem = (
        None
        if error is None
        else {
            "said": error.why,
            "at": error.position,
            "length": error.length,
            "nearest": [[each, named(each)] for each in error.nearest],
        }
    )
    vocabulary = [
        {
            "name": each.name,
            "written": each.written,
            "about": each.about,
            "operators": each.operators,
            "values": each.written_values,
            "spoken": each.is_spoken,
        }
        for each in words
    ]
    _mounted(
        key=key,
        data={"query": query, "words": vocabulary, "error": problem, "placeholder": PLACEHOLDER},
        on_query_change=lambda: tell(key, "query", on_query),
        height="content",
    )
