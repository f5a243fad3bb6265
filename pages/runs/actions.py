"""What can be done with runs: stop, resume, clone, compare, delete (after a question)."""

from collections.abc import Sequence

import streamlit as st

from backend import api
from backend.api import find, kinds
from backend.model import Run
from pages.runs import annotate
from pages.runs.kinds import view
from pages.widgets import errors
from pages.widgets.text import plain

_ASKED, _GOING = "asked_to_delete", "going_to"
NAMED = 5  # runs that a question names


def go(page: str, **params: str) -> None:
    """Opens a page; for callbacks, which run whole, where a script may be drawn anew between a
    click and what it leads to."""
    st.session_state[_GOING] = (page, params)
    st.rerun()


def arrive() -> None:
    """Goes where the last click leads to, before anything is drawn."""
    if going := st.session_state.pop(_GOING, None):
        page, params = going
        st.switch_page(page, query_params=params)


def on_run(run: Run) -> None:
    """Buttons for one run, in the order of use."""
    shown = view(run)
    if not run.is_over:
        st.button(
            "Stopping …" if run.is_stopping else "Stop",
            icon=":material/stop_circle:",
            key="stop",
            disabled=run.is_stopping,
            on_click=stop,
            args=([run.id],),
            help=shown.stop_help,
        )
    if kinds.can_resume(run):
        st.button(
            "Resume",
            icon=":material/resume:",
            key="resume",
            type="primary",
            on_click=_resume,
            args=(run.id,),
            help="Goes on with what is left, from the last checkpoints, as the same run.",
        )
    shown.actions(run)
    _leads_on(run)
    if run.is_over:
        st.button(
            "Delete", icon=":material/delete:", key="delete", type="tertiary", on_click=ask_to_delete, args=([run.id],)
        )


def _leads_on(run: Run) -> None:
    """Buttons that lead to another page: the form, the comparison."""
    shown = view(run)
    if shown.start:
        st.button(
            "Clone",
            icon=":material/content_copy:",
            key="clone",
            help="Opens the form, filled as this run was.",
            on_click=go,
            args=(shown.start.page,),
            kwargs={"clone": run.id},
        )
    st.button(
        "Compare",
        icon=":material/stacked_line_chart:",
        key="compare",
        help="Lay it beside another run.",
        on_click=go,
        args=("pages/compare/compare.py",),
        kwargs={"runs": run.id},
    )


def on_selection(bar: st.delta_generator.DeltaGenerator, runs: Sequence[Run], total: int) -> None:
    """Buttons for the ticked rows of a table."""
    active, over = [run for run in runs if not run.is_over], [run for run in runs if run.is_over]
    ids, to_stop = [run.id for run in runs], [run.id for run in active]
    count = f"{total:,} run{'' if total == 1 else 's'}"
    bar.caption(
        f"{len(runs)} of {count} selected" if runs else f"{count}. Tick some to compare, tag, stop or delete them.",
        width="content",
    )
    bar.button(
        "Compare",
        icon=":material/stacked_line_chart:",
        disabled=not runs,
        key="compare_selected",
        on_click=go,
        args=("pages/compare/compare.py",),
        kwargs={"runs": ",".join(ids)},
    )
    with bar:
        annotate.tags_of(runs)
        annotate.note_of(runs)
        annotate.star_of(runs)
        annotate.archive_of(over)
    bar.button(
        "Stop", icon=":material/stop_circle:", disabled=not active, key="stop_selected", on_click=stop, args=(to_stop,)
    )
    bar.button(
        "Delete …",
        icon=":material/delete:",
        disabled=not over,
        key="delete_selected",
        on_click=ask_to_delete,
        args=([run.id for run in over],),
    )


def stop(run_ids: Sequence[str]) -> None:
    """Asks runs to stop; for callbacks."""
    for run_id in run_ids:
        with errors.kept():
            api.stop(run_id)


def _resume(run_id: str) -> None:
    with errors.kept():
        api.resume(run_id)


def ask_to_delete(run_ids: Sequence[str]) -> None:
    """Has the next drawing of the page ask whether to delete runs; for callbacks."""
    st.session_state[_ASKED] = (_where(), list(run_ids))
    st.rerun()


def ask() -> None:
    """Asks what a click on Delete left open; with each full run of the page, for these close what is open."""
    where, run_ids = st.session_state.get(_ASKED, ("", []))
    if run_ids and where == _where():
        _ask_delete(run_ids)


def _where() -> str:
    return str(st.context.url or "").partition("?")[0]


def _forget() -> None:
    st.session_state.pop(_ASKED, None)


@st.dialog("Delete for good?", on_dismiss=_forget)
def _ask_delete(run_ids: Sequence[str]) -> None:
    names = ", ".join(plain(run.name) for run in find.some(run_ids[:NAMED]))
    more = f" and {len(run_ids) - NAMED:,} more" if len(run_ids) > NAMED else ""
    st.write(f"{names}{more}: curves, checkpoints and log will be gone. This cannot be undone.")
    with st.container(horizontal=True):
        st.button(
            "Delete", type="primary", icon=":material/delete:", key="delete_really", on_click=_delete, args=(run_ids,)
        )
        st.button("Keep", key="delete_not", on_click=_keep)


def _delete(run_ids: Sequence[str]) -> None:
    _forget()
    with errors.kept():
        api.delete_all(run_ids)
    if _where().endswith("/runs"):
        st.rerun()  # the query and its page stay
    go("pages/watch/runs.py")


def _keep() -> None:
    _forget()
    st.rerun()
