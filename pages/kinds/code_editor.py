"""Where a person writes functions of their own: a file under data/workloads."""

import streamlit as st

from backend.api import environments, sweeps, tasks
from backend.errors import InvalidSpec
from pages.widgets.text import plain

TEMPLATE = '''"""What these functions are for."""

from typing import Literal


def my_function(x: float, power: int = 2, mode: Literal["plus", "minus"] = "plus") -> float:
    """Computes something of one input. The form follows from this line: names, kinds, defaults."""
    return x**power if mode == "plus" else -(x**power)
'''
TRAINABLE = '''"""What these trainables are for."""

from ray import tune


def my_trainable(config):
    """Trains with the parameters in config, and reports as it goes."""
    lr = config.get("lr", 0.1)
    for step in range(10):
        tune.report({"loss": (1 - lr) ** step})
'''
ENVIRONMENT = '''"""What these environments are for."""

import gymnasium
from gymnasium import spaces


class MyEnvironment(gymnasium.Env):
    """Walk right to the end of a corridor. Each step costs 1. Options follow from the next line but one."""

    def __init__(self, length: int = 8):
        self.length = length
        self.observation_space = spaces.Discrete(length)
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return self.at, {}

    def step(self, action):
        self.at = min(max(self.at + (1 if action == 1 else -1), 0), self.length - 1)
        return self.at, -1.0, self.at == self.length - 1, False, {}
'''
TEMPLATES = {"function": TEMPLATE, "trainable": TRAINABLE, "environment": ENVIRONMENT}
RULES = {
    "function": "A function at the top level whose name does not begin with _, or a class with __call__, which is made once a worker.",
    "environment": "A class of gymnasium.Env with the methods reset and step. It is tried with Gymnasium's own checks before a run.",
    "trainable": "A Ray Tune function of one config that calls tune.report, or a class made from tune.Trainable.",
}
NEW = "a new file"
_OPEN, _PROBLEMS, _WHAT = "editor_open", "editor_problems", "editor_what"


def editor(what: str = "function") -> None:
    """A button that opens the editor, and what is wrong with files that do not parse."""
    st.session_state[_WHAT] = what
    for file in tasks.own_files():
        if file.problem:
            st.warning(plain(file.said), icon=":material/code_off:")
    st.button(
        f"Write {'an' if what[0] == 'e' else 'a'} {what}",
        icon=":material/code:",
        type="tertiary",
        help="Opens an editor for files in data/workloads.",
        on_click=_open,
    )
    if st.session_state.get(_OPEN):  # also after a full run of the page, such as when the cluster changed, which closes dialogs
        _edit()


def _open() -> None:
    st.session_state[_OPEN] = True


def _forget() -> None:
    st.session_state.pop(_OPEN, None)


@st.dialog("Your own code", width="large", on_dismiss=_forget)
def _edit() -> None:
    files = {file.name: file for file in tasks.own_files()}
    chosen = st.selectbox("File", [NEW, *files], format_func=lambda name: name if name == NEW else f"{name}.py", key="edit_file")
    st.text_input("Name", value="" if chosen == NEW else chosen, key=f"edit_name_{chosen}", placeholder="my_functions")
    before = TEMPLATES[st.session_state[_WHAT]] if chosen == NEW else _text(files[chosen])
    st.text_area("Python", value=before, height=380, key=f"edit_text_{chosen}")
    st.caption(RULES[st.session_state[_WHAT]])
    st.button("Save", type="primary", icon=":material/save:", key="edit_save", on_click=_save, args=(chosen,))
    for problem in st.session_state.pop(_PROBLEMS, ()):
        st.error(plain(problem), icon=":material/error:")


def _save(chosen: str) -> None:
    try:
        name, text = st.session_state[f"edit_name_{chosen}"].strip(), st.session_state[f"edit_text_{chosen}"]
        path = tasks.save_own_file(name, text, overwrite=name.removesuffix(".py") == chosen)
    except InvalidSpec as error:
        st.session_state[_PROBLEMS] = list(error.problems.values())
        return
    what = st.session_state[_WHAT]
    own = (
        sweeps.own_trainables()
        if what == "trainable"
        else [each.id for each in environments.own()]
        if what == "environment"
        else [f"{file.name}:{each.name}" for file in tasks.own_files() for each in file.functions]
    )
    first = next((name for name in own if name.startswith(f"{path.stem}:")), "")
    _forget()
    st.query_params.from_dict({what: first} if first else {})
    st.rerun()


def _text(file: tasks.File) -> str:
    try:
        return file.text or file.path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
