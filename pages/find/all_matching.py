"""What can be done at once with every run that a query finds, on all pages of the table: compare, tag, star, archive, stop, delete."""

from collections.abc import Callable, Sequence

import streamlit as st

from backend.api import find
from backend.api.find import Matching
from backend.figures.group_lines import MOST
from pages.runs import actions
from pages.widgets import errors

_TAG = "tag_of_all"


def menu(query: str, states: Sequence[str], total: int) -> None:
    """A popover for all `total` runs that a query and some states describe; which they are is asked at the click."""
    with st.popover(f"All {total:,}", icon=":material/select_all:", key="all_matching", help="What you can do with all of them at once."):
        limit = f" – with the newest {find.MOST_IDS:,}, for that is what goes at once" if total > find.MOST_IDS else ""
        st.caption(f"With all {total:,} runs that the query and the states above find, on every page{limit}:")
        asked = (query, tuple(states))
        _button("Compare", "stacked_line_chart", _compare, asked, disabled=total > MOST, help=f"Up to {MOST} runs.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Tag", key=_TAG, placeholder="a tag", max_chars=60, width=160)
            _button("Give it", "sell", _tag, asked, True)
            _button("Take it", "label_off", _tag, asked, False)
        with st.container(horizontal=True):
            _button("Star", "star", _star, asked, True)
            _button("No star", "star_border", _star, asked, False)
        with st.container(horizontal=True):
            _button("Archive", "archive", _archive, asked, True)
            _button("Unarchive", "unarchive", _archive, asked, False)
        with st.container(horizontal=True):
            _button("Stop", "stop_circle", _stop, asked, help="Those that go on.")
            _button("Delete …", "delete", _delete, asked, help="Those that are over. You are asked once more.")


def _button(
    label: str,
    icon: str,
    work: Callable[..., None],
    asked: tuple[str, tuple[str, ...]],
    *more: bool,
    disabled: bool = False,
    help: str = "",
) -> None:
    """Draws a button that calls `work` with what matches at the click."""
    key = f"all_{label.lower().rstrip(' …').replace(' ', '_')}"
    st.button(
        label, icon=f":material/{icon}:", key=key, on_click=_with, args=(work, asked, *more), disabled=disabled, help=help or None,
    )  # fmt: skip


def _with(work: Callable[..., None], asked: tuple[str, tuple[str, ...]], *more: bool) -> None:
    with errors.kept():
        work(find.matching(*asked), *more)


def _compare(found: Matching) -> None:
    actions.go("pages/compare/compare.py", runs=",".join(found.every))


def _tag(found: Matching, given: bool) -> None:
    tag = [st.session_state.get(_TAG) or ""]
    find.tag(found.every, **({"add": tag} if given else {"remove": tag}))


def _star(found: Matching, starred: bool) -> None:
    find.star(found.every, starred)


def _archive(found: Matching, archived: bool) -> None:
    find.archive(found.over, archived)


def _stop(found: Matching) -> None:
    actions.stop(found.active)


def _delete(found: Matching) -> None:
    if found.over:
        actions.ask_to_delete(found.over)
