"""The form of a fan-out: a function, its inputs, the arguments that all tasks share, and how Ray runs them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.api import specs, tasks
from backend.catalog.functions import FUNCTIONS, Found
from backend.catalog.signatures import Argument
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.tasks.spec import TaskSpec
from pages.kinds import code_editor
from pages.kinds.fields import argument_fields, resources_field
from pages.kinds.tasks import inputs_form
from pages.runs.drafts import Asked, Draft
from pages.widgets import spec_form
from pages.widgets.text import plain

FIRST_OPTIONS = ("concurrency", "num_cpus", "timeout_s")
TOGGLES = ("max_retries", "retry_exceptions", "stop_on_first_failure")
MORE_OPTIONS = ("num_gpus", "memory_gb")


def form(draft: Draft) -> Asked:
    """Draws the form; the fields follow the function."""
    code_editor.editor()
    key = f"tasks/{draft.source}"
    found = _function(draft.values, key)
    if found is None:
        return Asked(None, {"function": "choose one"})
    key = f"{key}/{found.id}"
    mine = draft.values.get("function", found.id) == found.id and len(draft.values) > 1
    start = dict(draft.values) if mine else _suggested(found)
    problems: Mapping[str, str] = st.session_state.get(f"{key}/problems", {})
    data: dict[str, Any] = {"kind": "tasks", "function": found.id, "name": _name(start, key)}
    inputs, gone_wrong = inputs_form.inputs(found, start.get("inputs", {}), problems, key)
    data |= {"inputs": inputs} | _shared(found, start, inputs, problems, key) | _options(start, problems, key)
    asked = _checked(data, gone_wrong)
    if asked.problems != problems:
        st.session_state[f"{key}/problems"] = asked.problems  # shown under their fields, which are drawn before this is known
        st.rerun()
    return asked


def _checked(data: dict[str, Any], gone_wrong: Mapping[str, str]) -> Asked:
    try:
        if gone_wrong:
            raise InvalidSpec(gone_wrong)
        spec: TaskSpec = specs.parse(data)
        return Asked(tasks.check(spec).spec, {})
    except InvalidSpec as error:
        return Asked(None, error.problems)


def _function(values: Mapping[str, Any], key: str) -> Found | None:
    names = [*FUNCTIONS, *(f"{file.name}:{each.name}" for file in tasks.own_files() for each in file.functions)]
    asked = values.get("function")
    if asked and asked not in names:
        st.warning(f"{plain(asked)} is no longer there.", icon=":material/code_off:")
    index = names.index(asked) if asked in names else 0
    chosen = st.selectbox(
        "Function", names, index=index, key=f"{key}/function", help="What is computed for each input. Your own are listed last.",
        format_func=lambda name: FUNCTIONS[name].title if name in FUNCTIONS else f"{name} · your own",
    )  # fmt: skip
    try:
        found = tasks.function(chosen)
    except UnknownWorkload as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    pool = " Its class is loaded once by each worker of an actor pool." if found.function.is_class else ""
    st.caption(f"{plain(found.summary)}{pool}  \n`{found.function.signature}`")
    return found


def _suggested(found: Found) -> dict[str, Any]:
    """Returns what the form starts with: the catalogue's own suggestion, or a short range."""
    if found.entry is None:
        return {"inputs": {"range": 10}}
    return {"inputs": found.entry.inputs, "params": found.entry.params, **found.entry.options}


def _name(start: Mapping[str, Any], key: str) -> str:
    about = TaskSpec.model_fields["name"].description
    before = str(start.get("name", ""))
    return st.text_input("Name", value=before, key=f"{key}/name", help=about, placeholder="named after its function").strip()


def _shared(found: Found, start: Mapping[str, Any], inputs: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    """The arguments that the inputs do not bring, and those of a class's constructor."""
    brought = inputs_form.brought(found, inputs)
    rest = [each for each in found.function.arguments if each.name not in brought]
    entered = {"params": _card("The same for every task", rest, start.get("params", {}), problems, "params", key)}
    if found.function.init:
        entered["init"] = _card("Once a worker", found.function.init, start.get("init", {}), problems, "init", key)
    return entered


def _card(
    heading: str,
    arguments: list[Argument] | tuple[Argument, ...],
    start: Mapping[str, Any],
    problems: Mapping[str, str],
    part: str,
    key: str,
) -> dict[str, Any]:
    if not arguments:
        return {}
    with st.container(border=True):
        st.markdown(f"**{heading}**")
        return argument_fields.fields(arguments, start, problems, part, f"{key}/{part}")


def _options(start: Mapping[str, Any], problems: Mapping[str, str], key: str) -> dict[str, Any]:
    values = {name: info.default for name, info in TaskSpec.model_fields.items()} | dict(start)
    with st.container(border=True):
        st.markdown("**How it runs**")
        entered = spec_form.fields(TaskSpec, FIRST_OPTIONS, values, problems, "", f"{key}/options")
        entered |= spec_form.fields(TaskSpec, TOGGLES, values, problems, "", f"{key}/options")
        wrong = any(name.partition(".")[0] in problems for name in (*MORE_OPTIONS, "resources"))
        with st.expander("GPUs, memory, resources of your own", expanded=wrong):
            entered |= spec_form.fields(TaskSpec, MORE_OPTIONS, values, problems, "", f"{key}/options")
            entered["resources"] = resources_field.field("Resources", start.get("resources", {}), problems, key) or None
        spec_form.problem_under(problems, "spec")
    return {name: value for name, value in entered.items() if value is not None}
