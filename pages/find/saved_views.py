"""Views of the table of runs that a person keeps: query, columns and order under a name."""

from urllib.parse import parse_qsl, urlencode

import streamlit as st

from backend.api import find
from backend.api.find import SavedView
from pages.widgets import errors
from pages.widgets.text import plain

PARTS = ("q", "state", "sort", "up", "cols")  # of the address, all but the page
_DELETING, _RENAMING = "view_to_delete", "view_to_rename"


def present() -> str:
    """Returns the view that is open now, as it is saved."""
    return urlencode([(name, value) for name in PARTS for value in st.query_params.get_all(name)])


def views_menu() -> None:
    """A popover with the saved views: open, rename, delete, and save what is open now."""
    with errors.told():
        saved = find.views()
    now = present()
    with st.popover("Views", icon=":material/bookmarks:", key="views"):
        for place, view in enumerate(saved):
            _line(view, place, is_open=view.query == now)
        if not saved:
            st.caption("Nothing saved yet. A view keeps the query, the columns and the order.")
        st.text_input("Name of this view", key="view_name", max_chars=80, placeholder="such as: my PPO runs")
        st.button(
            "Save this view",
            icon=":material/bookmark_add:",
            type="primary",
            key="view_save",
            on_click=_save,
            args=(now,),
        )


def _line(view: SavedView, place: int, *, is_open: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if st.session_state.get(_RENAMING) == view.name:
            st.text_input("New name", view.name, key=f"view_new_{place}", label_visibility="collapsed")
            st.button("Rename", key=f"view_renamed_{place}", on_click=_rename, args=(view.name, f"view_new_{place}"))
            return
        icon = ":material/bookmark_check:" if is_open else ":material/bookmark:"
        st.button(
            plain(view.name),
            icon=icon,
            type="tertiary",
            key=f"view_open_{place}",
            on_click=_open,
            args=(view,),
            width="stretch",
        )
        if st.session_state.get(_DELETING) == view.name:
            st.button(
                "Delete this view", key=f"view_deleted_{place}", type="primary", on_click=_delete, args=(view.name,)
            )
            st.button("Keep", key=f"view_kept_{place}", on_click=_set, args=(_DELETING, None))
            return
        st.button(
            "",
            icon=":material/edit:",
            type="tertiary",
            key=f"view_rename_{place}",
            on_click=_set,
            args=(_RENAMING, view.name),
            help="Rename",
        )
        st.button(
            "",
            icon=":material/delete:",
            type="tertiary",
            key=f"view_delete_{place}",
            on_click=_set,
            args=(_DELETING, view.name),
            help="Delete this view; its runs stay",
        )


def _set(what: str, name: str | None) -> None:
    st.session_state[what] = name


def _save(query: str) -> None:
    with errors.kept():
        find.save_view(st.session_state.get("view_name") or "", query)
        st.session_state["view_name"] = ""


def _open(view: SavedView) -> None:
    for name in (*PARTS, "page"):
        st.query_params.pop(name, None)
    url_params: dict[str, list[str]] = {}
    for name, value in parse_qsl(view.query):
        if name in PARTS:
            url_params.setdefault(name, []).append(value)
    for name, values in url_params.items():
        st.query_params[name] = values
    st.session_state["state"] = url_params.get("state", [])


def _rename(name: str, key: str) -> None:
    with errors.kept():
        find.rename_view(name, st.session_state.get(key) or "")
    _set(_RENAMING, None)


def _delete(name: str) -> None:
    with errors.kept():
        find.delete_view(name)
    _set(_DELETING, None)
