"""Paging through more than a page holds; the page is in the URL."""

import streamlit as st


def pager(total: int, a_page: int, name: str) -> int:
    """Draws what leads to the other pages, if there are any; returns the place of the first one shown."""
    pages = max(1, -(-total // a_page))
    if pages == 1:
        return 0
    asked = st.query_params.get(name, "1")
    now = min(pages, max(1, int(asked))) if asked.isdigit() else 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.button("First", icon=":material/first_page:", key=f"{name}_first", disabled=now == 1, on_click=_go, args=(name, 1))
        st.button("Previous", icon=":material/chevron_left:", key=f"{name}_back", disabled=now == 1, on_click=_go, args=(name, now - 1))
        st.markdown(f"page **{now:,}** of {pages:,}", width="content")
        st.button("Next", icon=":material/chevron_right:", key=f"{name}_on", disabled=now == pages, on_click=_go, args=(name, now + 1))
        st.button("Last", icon=":material/last_page:", key=f"{name}_last", disabled=now == pages, on_click=_go, args=(name, pages))
    return (now - 1) * a_page


def _go(name: str, page: int) -> None:
    if page == 1:
        st.query_params.pop(name, None)
    else:
        st.query_params[name] = str(page)
