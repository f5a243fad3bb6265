"""Results that are pictures, a page of them at a time."""

import streamlit as st

from backend import api_tasks
from backend.api import Run
from pages.components import paging
from pages.components.charts import Board
from pages.components.text import plain

A_PAGE, A_ROW = 48, 4


def pictures(run: Run, _board: Board) -> None:
    total = api_tasks.overview(run.id)[1].pictures
    paging.pager(total, A_PAGE, "picture")
    rows(run, paging.place(A_PAGE, "picture", total), A_PAGE, _grid(run) or A_ROW)


def rows(run: Run, place: int, many: int, wide: int) -> None:
    """Shows `many` pictures of a run from the one at `place` on, `wide` in a row."""
    found = api_tasks.pictures(run.id, place, many)
    for row in range(0, len(found), wide):
        for column, (task, path) in zip(st.columns(wide, gap="xxsmall"), found[row : row + wide], strict=False):
            said = ", ".join(f"{name} {value}" for name, value in task.input.items())
            if path.is_file():
                column.image(str(path), caption=plain(f"{task.number}: {said}"), width="stretch")
            else:
                column.caption(f"{task.number}: its file is gone")


def _grid(run: Run) -> int:
    """Returns how many pictures make a row: as many as the grid's last argument has values, if they fit."""
    values = list((run.spec["inputs"].get("grid") or {}).values())
    return len(values[-1]) if len(values) > 1 and 2 <= len(values[-1]) <= 8 else 0
