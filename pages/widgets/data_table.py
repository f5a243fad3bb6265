"""A table in HTML: links, badges, sparklines, sorting, selection."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pages.widgets.component import component, nothing, tell

TableColumn = Mapping[str, str]  # key, label, kind: text, number, state, link, progress, spark, star, tags
_mounted = component("runs", "widgets/data_table.js", "widgets/data_table.css")


def table(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[TableColumn],
    key: str,
    *,
    opened: Callable[[str], None],
    select: bool = False,
    order: tuple[str, bool] | None = None,
    sortable: Sequence[str] = (),
    sorted_by: Callable[[str], None] | None = None,
    acted: Callable[[str, str], None] | None = None,
) -> Any:
    """Shows rows, each with its `id`, `href` and `name`; returns the component's result.

    `opened` is told the id of a row whose link was clicked, `result.selected` are the ids that are ticked. With `order`
    (a column's key, and whether the largest is first) the rows come sorted, and `sorted_by` is told the column clicked
    on, among `sortable`; without it the browser sorts. `acted` is told of a click in a cell: "star" and the row's id,
    or "tag" and the tag. All are called before the page is drawn, so no click is lost.
    """
    data = {"rows": list(rows), "columns": list(columns), "select": select}
    if order is not None:
        data |= {"order": {"key": order[0], "direction": -1 if order[1] else 1}, "sortable": list(sortable)}
    return _mounted(
        key=key,
        data=data,
        default={"selected": []},
        on_selected_change=nothing,
        on_open_change=lambda: tell(key, "open", opened),
        on_sort_change=lambda: tell(key, "sort", sorted_by),
        on_act_change=lambda: tell(key, "act", None if acted is None else lambda done: acted(done["what"], done["on"])),
        height="content",
    )
