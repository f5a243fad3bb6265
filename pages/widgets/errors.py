"""Errors a person can act on, in one place: what is wrong and what to do, never a traceback."""

from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager

import streamlit as st

from backend.errors import InvalidSpec, RaydeckError
from pages.widgets.text import plain

_KEY = "raydeck_error"


@contextmanager
def told() -> Iterator[None]:
    """Shows an error of ours here and ends the page; anything else is a bug and goes on."""
    try:
        yield
    except RaydeckError as error:
        show(error)
        st.stop()


@contextmanager
def kept() -> Iterator[None]:
    """Keeps an error of ours for the next drawing of the page; for callbacks, which have no place on it."""
    try:
        yield
    except InvalidSpec as error:
        st.session_state[_KEY] = _by_field(error.problems)
    except RaydeckError as error:
        st.session_state[_KEY] = plain(str(error))


def show_kept() -> None:
    """Shows what a callback kept, once."""
    if message := st.session_state.pop(_KEY, None):
        st.error(message, icon=":material/error:")


def show(error: RaydeckError) -> None:
    st.error(plain(str(error)), icon=":material/error:")


def show_gone(problems: Mapping[str, str]) -> None:
    """Says what of an earlier run can no longer be asked for, so that a form begins without it."""
    if problems:
        st.warning(
            f"This can no longer be asked for, so the form begins without it.  \n{_by_field(problems)}",
            icon=":material/code_off:",
        )


def show_changed(criteria: Mapping[str, str]) -> None:
    """Says which criteria of an earlier run mean something else in a new one."""
    if criteria:
        st.info(
            f"This means something else than in the run of before.  \n{_by_field(criteria)}",
            icon=":material/straighten:",
        )


def show_lost(name: str | None, names: Container[str]) -> None:
    """Says so where what was asked for is not among those there are."""
    if name and name not in names:
        st.warning(f"{plain(name)} is no longer there.", icon=":material/code_off:")


def _by_field(problems: Mapping[str, str]) -> str:
    return "  \n".join(f"**{plain(field)}**: {plain(problem)}" for field, problem in problems.items())
