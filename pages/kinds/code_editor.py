"""Where a person writes code of their own, of whatever kind: a file under data/workloads."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from backend.api import tasks
from backend.errors import InvalidSpec
from pages.widgets.text import plain

NEW = "a new file"
_OPEN, _PROBLEMS = "editor_open", "editor_problems"


@dataclass(frozen=True)
class OwnCode:
    """What a person writes."""

    word: str  # also the name of the field whose value it becomes
    button: str
    template: str
    rule: str  # what the app takes for one
    found: Callable[[], Sequence[str]]  # all there are: "file:name"


def editor(own: OwnCode) -> None:
    """A button that opens the editor, and what is wrong with files that do not parse."""
    for file in tasks.own_files():
        if file.problem:
            st.warning(plain(file.said), icon=":material/code_off:")
    st.button(
        own.button,
        icon=":material/code:",
        type="tertiary",
        help="Opens an editor for files in data/workloads.",
        on_click=_open,
    )
    # also after a full run of the page, such as when the cluster changed, which closes dialogs
    if st.session_state.get(_OPEN):
        _edit(own)


def _open() -> None:
    st.session_state[_OPEN] = True


def _forget() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Your own code", width="large", on_dismiss=_forget)
def _edit(own: OwnCode) -> None:
    files = {file.name: file for file in tasks.own_files()}
    chosen = st.selectbox(
        "File", [NEW, *files], format_func=lambda name: name if name == NEW else f"{name}.py", key="edit_file"
    )
    st.text_input("Name", value="" if chosen == NEW else chosen, key=f"edit_name_{chosen}", placeholder="my_functions")
    before = own.template if chosen == NEW else _text(files[chosen])
    st.text_area("Python", value=before, height=380, key=f"edit_text_{chosen}")
    st.caption(own.rule)
    st.button("Save", type="primary", icon=":material/save:", key="edit_save", on_click=_save, args=(own, chosen))
    for problem in st.session_state.pop(_PROBLEMS, ()):
        st.error(plain(problem), icon=":material/error:")


def _save(own: OwnCode, chosen: str) -> None:
    try:
        name, text = st.session_state[f"edit_name_{chosen}"].strip(), st.session_state[f"edit_text_{chosen}"]
        path = tasks.save_own_file(name, text, overwrite=name.removesuffix(".py") == chosen)
    except InvalidSpec as error:
        st.session_state[_PROBLEMS] = list(error.problems.values())
        return
    first = next((name for name in own.found() if name.startswith(f"{path.stem}:")), "")
    _forget()
    st.query_params.from_dict({own.word: first} if first else {})
    st.rerun()


def _text(file: tasks.File) -> str:
    try:
        return file.text or file.path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
