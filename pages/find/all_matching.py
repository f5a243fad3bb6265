"""What can be done at once with every run that a query finds, on all pages of the table: compare, tag,
star, archive, stop, delete."""

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
    with st.popover(
        f"All {total:,}",
        icon=":material/select_all:",
        key="all_matching",
        help="What you can do with all of them at once.",
    ):
        limit = f" – with the newest {find.MOST_IDS:,}, for that is what goes at once" if total > find.MOST_IDS else ""
        st.caption(f"With all {total:,} runs that the query and the states above find, on every page{limit}:")
        criteria = (query, tuple(states))
        _button("Compare", "stacked_line_chart", _compare, criteria, disabled=total > MOST, help=f"Up to {MOST} runs.")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            st.text_input("Tag", key=_TAG, placeholder="a tag", max_chars=60, width=160)
            _button("Give it", "sell", _tag, criteria, True)
            _button("Take it", "label_off", _tag, criteria, False)
        with st.container(horizontal=True):
            _button("Star", "star", _star, criteria, True)
            _button("No star", "star_border", _star, criteria, False)
        with st.container(horizontal=True):
            _button("Archive", "archive", _archive, criteria, True)
            _button("Unarchive", "unarchive", _archive, criteria, False)
        with st.container(horizontal=True):
            _button("Stop", "stop_circle", _stop, criteria, help="Those that go on.")
            _button("Delete …", "delete", _delete, criteria, help="Those that are over. You are asked once more.")


def _button(
    label: str,
    icon: str,
    work: Callable[..., None],
    criteria: tuple[str, tuple[str, ...]],
    *more: bool,
    disabled: bool = False,
    help: str = "",
) -> None:
    """Draws a button that calls `work` with what matches at the click."""
    key = f"all_{label.lower().rstrip(' …').replace(' ', '_')}"
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        on_click=_with,
        args=(work, criteria, *more),
        disabled=disabled,
        help=help or None,
    )


def _with(work: Callable[..., None], criteria: tuple[str, tuple[str, ...]], *more: bool) -> None:
    with errors.kept():
        work(find.matching(*criteria), *more)


def _compare(matching: Matching) -> None:
    actions.go("pages/compare/compare.py", runs=",".join(matching.every))


def _tag(matching: Matching, tagged: bool) -> None:
    tag = [st.session_state.get(_TAG) or ""]
    find.tag(matching.every, **({"add": tag} if tagged else {"remove": tag}))


def _star(matching: Matching, starred: bool) -> None:
    find.star(matching.every, starred)


def _archive(matching: Matching, archived: bool) -> None:
    find.archive(matching.over, archived)


def _stop(matching: Matching) -> None:
    actions.stop(matching.active)


def _delete(matching: Matching) -> None:
    if matching.over:
        actions.ask_to_delete(matching.over)
