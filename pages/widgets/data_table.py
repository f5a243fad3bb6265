"""A table in HTML: links, badges, sparklines, sorting, selection."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
Column = Mapping[str, str]  # key, label, kind: text, number, state, link, progress, spark, star, tags


@st.cache_resource
def _component():  # type: ignore[no-untyped-def]
    return st.components.v2.component(
        "raydeck_runs",
        html='<div class="raydeck-runs"><table></table></div>',
        css=(_HERE / "data_table.css").read_text(),
        js=(_HERE / "data_table.js").read_text(),
        isolate_styles=False,
    )


def table(
    rows: Sequence[Mapping[str, Any]], columns: Sequence[Column], key: str, *,
    opened: Callable[[str], None], select: bool = False,
    order: tuple[str, bool] | None = None, sortable: Sequence[str] = (), sorted_by: Callable[[str], None] | None = None,
    acted: Callable[[str, str], None] | None = None,
) -> Any:  # fmt: skip
    """Shows rows, each with its `id`, `href` and `name`; returns the component's result.

    `opened` is told the id of a row whose link was clicked, `result.selected` are the ids that are ticked. With `order` (a
    column's key, and whether the largest is first) the rows come sorted, and `sorted_by` is told the column clicked on, among
    `sortable`; without it the browser sorts. `acted` is told of a click in a cell: "star" and the row's id, or "tag" and the tag.
    All are called before the page is drawn, so no click is lost.
    """
    data = {"rows": list(rows), "columns": list(columns), "select": select}
    if order is not None:
        data |= {"order": {"key": order[0], "direction": -1 if order[1] else 1}, "sortable": list(sortable)}
    return _component()(
        key=key, data=data, default={"selected": []}, on_selected_change=_nothing,
        on_open_change=lambda: _tell(key, "open", opened), on_sort_change=lambda: _tell(key, "sort", sorted_by),
        on_act_change=lambda: _tell(key, "act", None if acted is None else lambda done: acted(done["what"], done["on"])),
        height="content",
    )  # fmt: skip


def _nothing() -> None:
    """A component's value is followed only if something listens to it."""


def _tell(key: str, name: str, listener: Callable[[Any], None] | None) -> None:
    value = st.session_state[key].get(name)
    if value and listener:
        listener(value)
