"""What a person says of runs: tags, a note, a star, the archive."""

from collections.abc import Sequence

import streamlit as st

from backend.api import find
from backend.model import Run
from pages.widgets import errors

_TAGS, _NOTE = "tags_chosen", "note_written"


def tagged(tag: str) -> str:
    """Returns the query that finds the runs with a tag."""
    quote = "'" if '"' in tag else '"'
    return f"tags contains {quote}{tag}{quote}"


def tags_of(runs: Sequence[Run]) -> None:
    """A popover that gives tags to the ticked runs, and takes those that all of them have."""
    with st.popover("Tag", icon=":material/sell:", disabled=not runs, key="tag_selected"):
        common = sorted(set.intersection(*(set(run.tags) for run in runs))) if runs else []
        every = sorted({*find.tags(), *common}) if runs else []
        key = f"{_TAGS}_{'_'.join(run.id for run in runs[:3])}_{len(runs)}_{'_'.join(common)}"
        st.multiselect(
            "Tags",
            every,
            default=common,
            accept_new_options=True,
            key=key,
            on_change=_tag,
            args=([run.id for run in runs], common, key),
            help="Those that all of the ticked runs have. Type a new one and press Enter.",
            placeholder="choose or type a tag",
        )


def _tag(run_ids: Sequence[str], before: Sequence[str], key: str) -> None:
    chosen = st.session_state.get(key) or []
    with errors.kept():
        find.tag(
            run_ids,
            add=[tag for tag in chosen if tag not in before],
            remove=[tag for tag in before if tag not in chosen],
        )


def note_of(runs: Sequence[Run]) -> None:
    """A popover for the note of the one ticked run."""
    help_ = None if len(runs) == 1 else "Tick one run to write its note."
    with st.popover("Note", icon=":material/edit_note:", disabled=len(runs) != 1, help=help_, key="note_selected"):
        if len(runs) == 1:
            key = f"{_NOTE}_{runs[0].id}"
            st.text_area(
                "Note", runs[0].note, key=key, max_chars=4000, placeholder="what you want to remember of this run"
            )
            st.button("Save note", type="primary", key="note_save", on_click=_note, args=(runs[0].id, key))


def _note(run_id: str, key: str) -> None:
    with errors.kept():
        find.note(run_id, st.session_state.get(key) or "")


def star_of(runs: Sequence[Run]) -> None:
    """A button that gives the ticked runs a star, or takes it if all have one."""
    taken = bool(runs) and all(run.starred for run in runs)
    st.button(
        "No star" if taken else "Star",
        icon=":material/star:",
        disabled=not runs,
        key="star_selected",
        on_click=_star,
        args=([run.id for run in runs], not taken),
    )


def _star(run_ids: Sequence[str], starred: bool) -> None:
    with errors.kept():
        find.star(run_ids, starred)


def archive_of(runs: Sequence[Run]) -> None:
    """A button that puts the ticked runs that are over into the archive, or takes them out if all are in it."""
    inside = bool(runs) and all(run.archived for run in runs)
    st.button(
        "Unarchive" if inside else "Archive",
        icon=":material/unarchive:" if inside else ":material/archive:",
        disabled=not runs,
        key="archive_selected",
        on_click=_archive,
        args=([run.id for run in runs], not inside),
        help="Lists do not show what is archived, unless a query says: archived",
    )


def _archive(run_ids: Sequence[str], archived: bool) -> None:
    with errors.kept():
        find.archive(run_ids, archived)
