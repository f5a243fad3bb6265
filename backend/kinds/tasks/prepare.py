"""Checks a fan-out against its function before it starts: every argument there, none unknown, rows that can be read."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from backend.catalog.functions import FoundFunction, look_up
from backend.catalog.lookup import nearest
from backend.catalog.signatures import Argument, Function
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds.tasks import rows
from backend.kinds.tasks.spec import TaskSpec
from backend.kinds.tasks.tables import InputRow


@dataclass(frozen=True)
class CheckedFanout:
    """A spec that was checked: with every default written out, its function and how many tasks there are."""

    spec: TaskSpec
    found: FoundFunction
    total: int


def check(spec: TaskSpec, workloads_folder: Path, inputs_folder: Path) -> CheckedFanout:
    """Returns a spec ready to start; the rows of a file it names are kept from now on.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    workload = function_of(spec, workloads_folder)
    spec = _with_argument(spec, workload.function)
    if spec.inputs.is_kept and not spec.inputs.sha256:
        inputs = spec.inputs.model_copy(
            update={"sha256": rows.keep(spec.inputs, inputs_folder, workload.function).sha256}
        )
        spec = spec.model_copy(update={"inputs": inputs})
    total = rows.count(spec.inputs, inputs_folder)
    problems: dict[str, str] = {}
    for field, why in _problems(spec, workload.function, inputs_folder):
        problems[field] = f"{problems[field]}; {why}" if field in problems else why
    if problems:
        raise InvalidSpec(problems)
    input_names = _given(spec, inputs_folder)
    defaults = {
        each.name: each.default
        for each in workload.function.arguments
        if each.default is not None and each.name not in input_names
    }
    name = spec.name or workload.title
    return CheckedFanout(
        spec.model_copy(update={"name": name[:120], "params": defaults | spec.params}), workload, total
    )


def function_of(spec: TaskSpec, workloads_folder: Path, text: str = "") -> FoundFunction:
    """Returns the function of a fan-out, with `text` of a user's file that holds that.

    Raises:
        InvalidSpec: there is none such.
    """
    try:
        return look_up(spec.function, workloads_folder, text)
    except UnknownWorkload as error:
        raise InvalidSpec({"function": str(error)}) from None


def _with_argument(spec: TaskSpec, function: Function) -> TaskSpec:
    """Writes out which argument a range, a list or files are given to: the first that has no value yet."""
    if spec.inputs.argument or spec.inputs.source not in ("range", "list", "files"):
        return spec
    free = [each.name for each in function.arguments if each.name not in spec.params]
    return spec.model_copy(update={"inputs": spec.inputs.model_copy(update={"argument": free[0] if free else ""})})


def _problems(spec: TaskSpec, function: Function, inputs_folder: Path) -> Iterator[tuple[str, str]]:
    input_names = _given(spec, inputs_folder)
    argument_names = {each.name for each in function.arguments}
    field = "inputs.columns" if spec.inputs.is_kept else f"inputs.{spec.inputs.source}"
    if spec.inputs.source in ("range", "list", "files") and "" in input_names:
        yield "inputs.argument", f"{function.signature} has no argument left for the inputs"
    yield from _column_problems(spec, inputs_folder)
    for name in sorted(input_names - argument_names - {""}):
        if not function.takes_any:
            yield field, f"{function.signature} takes no “{name}”{nearest(name, argument_names)}"
    for name in spec.params:
        if name in input_names:
            yield f"params.{name}", "comes with the inputs already"
        elif name not in argument_names and not function.takes_any:
            yield f"params.{name}", f"{function.signature} takes no such argument{nearest(name, argument_names)}"
    for argument in function.arguments:
        if argument.required and argument.name not in input_names and argument.name not in spec.params:
            yield f"params.{argument.name}", "is missing: neither the inputs nor the params have it"
    yield from _misfits("params", spec.params, function.arguments)
    yield from _init_problems(spec, function)
    yield from _row_misfits(spec, function, inputs_folder, field)


def _column_problems(spec: TaskSpec, inputs_folder: Path) -> Iterator[tuple[str, str]]:
    if not spec.inputs.is_kept:
        return
    columns = rows.kept(spec.inputs.sha256, inputs_folder).columns
    goes_to = [spec.inputs.columns.get(name, name) for name in columns]
    for name in spec.inputs.columns:
        if name not in columns:
            yield "inputs.columns", f"there is no column “{name}”{nearest(name, columns)}"
    for name in dict.fromkeys(goes_to):
        if goes_to.count(name) > 1:
            yield "inputs.columns", f"several columns go to “{name}”"


def _given(spec: TaskSpec, inputs_folder: Path) -> set[str]:
    """Returns the arguments that the inputs bring."""
    inputs = spec.inputs
    if inputs.grid is not None:
        return set(inputs.grid)
    if inputs.is_kept:
        return {inputs.columns.get(name, name) for name in rows.kept(inputs.sha256, inputs_folder).columns}
    if inputs.list is not None and inputs.list and all(isinstance(value, dict) for value in inputs.list):
        return {name for value in inputs.list for name in value}
    return {inputs.argument}


def _init_problems(spec: TaskSpec, function: Function) -> Iterator[tuple[str, str]]:
    if spec.init and not function.is_class:
        yield "init", f"{function.name} is a function; only a class has a constructor"
        return
    argument_names = {each.name for each in function.init}
    for name in spec.init:
        if name not in argument_names:
            yield f"init.{name}", f"the constructor takes no such argument{nearest(name, argument_names)}"
    for argument in function.init:
        if argument.required and argument.name not in spec.init:
            yield f"init.{argument.name}", "is missing"
    yield from _misfits("init", spec.init, function.init)


def _row_misfits(spec: TaskSpec, function: Function, inputs_folder: Path, field: str) -> Iterator[tuple[str, str]]:
    """Looks at the first rows; a wrong kind further on is the failure of its own task."""
    for number, row in enumerate(islice(rows.rows(spec.inputs, inputs_folder), 100)):
        for where, problem in _misfits(field, row, function.arguments):
            yield field, f"task {number}, {where.rpartition('.')[2]}: {problem}"
            return


def _misfits(part: str, values: InputRow, arguments: tuple[Argument, ...]) -> Iterator[tuple[str, str]]:
    for argument in arguments:
        if argument.name in values and (why := misfit(argument, values[argument.name])):
            yield f"{part}.{argument.name}", why


def misfit(argument: Argument, value: Any) -> str:
    """Returns why a value is nothing for an argument, or an empty string."""
    if value is None:
        return "" if argument.optional or argument.kind == "any" else "cannot be empty"
    if isinstance(value, float) and not math.isfinite(value):
        return "must be a finite number"
    match argument.kind:
        case "literal":
            return "" if value in argument.options else f"must be one of: {', '.join(map(str, argument.options))}"
        case "int":
            return (
                ""
                if isinstance(value, int) and not isinstance(value, bool)
                else f"must be a whole number, not {value!r}"
            )
        case "float":
            return (
                ""
                if isinstance(value, int | float) and not isinstance(value, bool)
                else f"must be a number, not {value!r}"
            )
        case "bool":
            return "" if isinstance(value, bool) else f"must be true or false, not {value!r}"
        case "str" | "path":
            return "" if isinstance(value, str) else f"must be text, not {value!r}"
        case "list":
            return "" if isinstance(value, list | tuple) else f"must be a list, not {value!r}"
    return ""
