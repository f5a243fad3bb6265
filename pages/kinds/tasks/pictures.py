"""Results that are pictures, a page of them at a time."""

from pathlib import Path
from typing import Literal

import streamlit as st

from backend.api import tasks
from backend.model import Run, Task
from backend.model.stored import stored
from pages.runs.charts import Board
from pages.widgets import paging
from pages.widgets.text import plain

A_PAGE, A_ROW = 48, 4
SMALL = 112  # pixels


def pictures(run: Run, _board: Board) -> None:
    total = tasks.overview(run.id)[1].pictures
    paging.pager(total, A_PAGE, "picture")
    pairs = tasks.pictures(run.id, paging.place(A_PAGE, "picture", total), A_PAGE)
    wide = _grid(run) or A_ROW
    for row in range(0, len(pairs), wide):
        for column, (task, path) in zip(st.columns(wide, gap="xxsmall"), pairs[row : row + wide], strict=False):
            with column:
                _picture(task, path, "stretch")


def strip(run: Run, place: int, many: int) -> None:
    """Shows `many` small pictures of a run from the one at `place` on, as many in a row as fit."""
    with st.container(horizontal=True, gap="xsmall"):
        for task, path in tasks.pictures(run.id, place, many):
            _picture(task, path, SMALL)


def _picture(task: Task, path: Path, width: int | Literal["stretch"]) -> None:
    if path.is_file():
        said = ", ".join(f"{name} {value}" for name, value in task.input.items())
        st.image(str(path), caption=plain(f"{task.number}: {said}"), width=width)
    else:
        st.caption(f"{task.number}: its file is gone")


def _grid(run: Run) -> int:
    """Returns how many pictures make a row: as many as the grid's last argument has values, if they fit."""
    values = list(stored(run.spec).part("inputs").part("grid").content.values())
    return len(values[-1]) if len(values) > 1 and 2 <= len(values[-1]) <= 8 else 0
