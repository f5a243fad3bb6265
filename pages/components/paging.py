"""Paging through more than a page holds; the page is in the URL."""

import streamlit as st


def place(a_page: int, name: str) -> int:
    """Returns the place of the first one on the page that the URL asks for."""
    asked = st.query_params.get(name, "1")
    return (max(1, int(asked)) - 1) * a_page if asked.isdigit() else 0


def pager(total: int, a_page: int, name: str) -> None:
    """Draws what leads to the other pages, if there are any."""
    pages = max(1, -(-total // a_page))
    now = place(a_page, name) // a_page + 1
    if pages == 1 and now == 1:
        return
    ways = {
        "First": ("first_page", 1, now > 1), "Previous": ("chevron_left", min(now - 1, pages), now > 1),
        "Next": ("chevron_right", now + 1, now < pages), "Last": ("last_page", pages, now < pages),
    }  # fmt: skip
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for word, (icon, to, leads) in ways.items():
            st.button(word, icon=f":material/{icon}:", key=f"{name}_{word}", disabled=not leads, on_click=_go, args=(name, to))
        st.markdown(f"page **{now:,}** of {pages:,}", width="content")


def _go(name: str, page: int) -> None:
    if page == 1:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(page)
