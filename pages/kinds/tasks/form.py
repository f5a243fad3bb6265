"""The form of a fan-out: a function, its inputs, the arguments that all tasks share, and how Ray runs them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from backend.api import specs, tasks
from backend.catalog.functions import FUNCTIONS, FoundFunction
from backend.catalog.signatures import Argument
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.tasks.spec import TaskSpec
from pages.kinds import code_editor
from pages.kinds.fields import argument_fields, resources_field
from pages.kinds.tasks import inputs_form
from pages.kinds.tasks.own_code import FUNCTION
from pages.runs.drafts import Draft, FormContent
from pages.widgets import errors, spec_form
from pages.widgets.text import plain

FIRST_OPTIONS = ("concurrency", "num_cpus", "timeout_s")
TOGGLES = ("max_retries", "retry_exceptions", "stop_on_first_failure")
MORE_OPTIONS = ("num_gpus", "memory_gb")


def form(draft: Draft) -> FormContent:
    """Draws the form; the fields follow the function."""
    code_editor.editor(FUNCTION)
    key = f"tasks/{draft.source}"
    workload = _function(draft.values, key)
    if workload is None:
        return FormContent(None, {"function": "choose one"})
    key = f"{key}/{workload.id}"
    mine = draft.values.get("function", workload.id) == workload.id and len(draft.values) > 1
    start = dict(draft.values) if mine else _suggested(workload)
    problems = spec_form.problems_of(key)
    data: dict[str, Any] = {"kind": "tasks", "function": workload.id, "name": _name(start, key)}
    inputs, gone_wrong = inputs_form.inputs(workload, start.get("inputs", {}), problems, key)
    data |= {"inputs": inputs} | _shared(workload, start, inputs, problems, key) | _options(start, problems, key)
    content = _checked(data, gone_wrong)
    spec_form.keep_problems(key, content.problems)
    return content


def _checked(data: dict[str, Any], gone_wrong: Mapping[str, str]) -> FormContent:
    try:
        if gone_wrong:
            raise InvalidSpec(gone_wrong)
        spec: TaskSpec = specs.parse(data)
        return FormContent(tasks.check(spec).spec, {})
    except InvalidSpec as error:
        return FormContent(None, error.problems)


def _function(values: Mapping[str, Any], key: str) -> FoundFunction | None:
    names = [*FUNCTIONS, *tasks.own_functions()]
    function_id = values.get("function")
    errors.show_lost(function_id, names)
    index = names.index(function_id) if function_id in names else 0
    chosen = st.selectbox(
        "Function",
        names,
        index=index,
        key=f"{key}/function",
        help="What is computed for each input. Your own are listed last.",
        format_func=lambda name: FUNCTIONS[name].title if name in FUNCTIONS else f"{name} · your own",
    )
    try:
        workload = tasks.function(chosen)
    except UnknownWorkload as error:
        st.error(plain(str(error)), icon=":material/error:")
        return None
    pool = " Its class is loaded once by each worker of an actor pool." if workload.function.is_class else ""
    st.caption(f"{plain(workload.summary)}{pool}  \n`{workload.function.signature}`")
    return workload


def _suggested(workload: FoundFunction) -> dict[str, Any]:
    """Returns what the form starts with: the catalogue's own suggestion, or a short range."""
    if workload.entry is None:
        return {"inputs": {"range": 10}}
    return {"inputs": workload.entry.inputs, "params": workload.entry.params, **workload.entry.options}


def _name(start: Mapping[str, Any], key: str) -> str:
    about = TaskSpec.model_fields["name"].description
    before = str(start.get("name", ""))
    return st.text_input(
        "Name", value=before, key=f"{key}/name", help=about, placeholder="named after its function"
    ).strip()


def _shared(
    workload: FoundFunction, start: Mapping[str, Any], inputs: Mapping[str, Any], problems: Mapping[str, str], key: str
) -> dict[str, Any]:
    """The arguments that the inputs do not bring, and those of a class's constructor."""
    brought = inputs_form.brought(workload, inputs)
    rest = [each for each in workload.function.arguments if each.name not in brought]
    entered = {"params": _card("The same for every task", rest, start.get("params", {}), problems, "params", key)}
    if workload.function.init:
        entered["init"] = _card("Once a worker", workload.function.init, start.get("init", {}), problems, "init", key)
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
            own = resources_field.field("Resources", start.get("resources", {}), problems, key)
        spec_form.problem_under(problems, "spec")
    return entered | ({"resources": own} if own else {})
