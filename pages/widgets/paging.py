"""Paging through more than a page holds; the page is in the URL."""

import streamlit as st

LONGEST = 9  # digits of a number in the URL; more is none of ours, and no database takes it


def number(name: str) -> int | None:
    """Returns the number called `name` in the URL; None where there is none."""
    text = st.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= LONGEST else None


def place(a_page: int, name: str, total: int | None = None) -> int:
    """Returns the place of the first one on the page that the URL asks for; beyond the last of
    `total`, on the last page."""
    wanted = (max(1, number(name) or 1) - 1) * a_page
    return wanted if total is None else min(wanted, max(0, total - 1) // a_page * a_page)


def pager(total: int, a_page: int, name: str) -> None:
    """Draws what leads to the other pages, if there are any."""
    pages = max(1, -(-total // a_page))
    now = place(a_page, name, total) // a_page + 1
    if pages == 1:
        return
    ways = {
        "First": ("first_page", 1, now > 1),
        "Previous": ("chevron_left", min(now - 1, pages), now > 1),
        "Next": ("chevron_right", now + 1, now < pages),
        "Last": ("last_page", pages, now < pages),
    }
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        for word, (icon, to, leads) in ways.items():
            st.button(
                word, icon=f":material/{icon}:", key=f"{name}_{word}", disabled=not leads, on_click=_go, args=(name, to)
            )
        st.markdown(f"page **{now:,}** of {pages:,}", width="content")


def _go(name: str, page: int) -> None:
    if page == 1:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(page)
