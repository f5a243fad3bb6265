"""What a form starts with, and what it holds."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from backend import api
from backend.analysis.definitions import changed_criteria
from backend.api import specs
from backend.catalog.examples import EXAMPLES
from backend.catalog.lookup import find
from backend.errors import InvalidSpec


@dataclass(frozen=True)
class Draft:
    """What the form starts with: empty, an example, or an earlier run; `gone` is what of it can no
    longer be asked for, and why."""

    source: str = "new"
    values: Mapping[str, Any] = field(default_factory=dict)
    parent_id: str | None = None
    gone: Mapping[str, str] = field(default_factory=dict)
    changed: Mapping[str, str] = field(default_factory=dict)  # what means something else now than in that run, and what


@dataclass(frozen=True)
class FormContent:
    """What the form holds now: a spec that can be run, or what is wrong with it by field."""

    spec: specs.RunSpec | None
    problems: Mapping[str, str]


@dataclass(frozen=True)
class Plan:
    """What will run, in words, and whether it ever can."""

    text: str
    fits: bool = True
    question: str = ""  # that must be agreed to first


Begin = Callable[[str], Draft]


def starting_point(query: Mapping[str, str], begins: Mapping[str, Begin]) -> Draft:
    """Returns the draft a URL asks for, or an empty form.

    It may be ?clone=ID, ?example=NAME, or one of those that the kind's form may begin with.

    Raises:
        InvalidSpec: the run to clone, or to go on from, can no longer be asked for.
    """
    if clone := query.get("clone"):
        run = api.run(clone)
        values, gone = askable(run.spec)
        return Draft(f"clone-{clone}", values, clone, gone, changed_criteria(run))
    if example := query.get("example"):
        return Draft(f"example-{example}", find("example", example, EXAMPLES).spec)
    return next((begin(query[name]) for name, begin in begins.items() if query.get(name)), Draft())


def with_field(name: str) -> Begin:
    """Returns what begins a form with the value of one field."""
    return lambda value: Draft(f"{name}-{value}", {name: value})


def askable(stored: Mapping[str, Any]) -> tuple[dict[str, Any], Mapping[str, str]]:
    """Returns what can still be asked for of what a run was asked; and what cannot, by field, with the reason.

    Raises:
        InvalidSpec: without that, nothing is left that could run.
    """
    try:
        return specs.parse(stored).model_dump(exclude_none=True), {}
    except InvalidSpec as error:
        gone = error
    try:
        return specs.parse(_without(stored, gone.problems)).model_dump(exclude_none=True), gone.problems
    except InvalidSpec:
        raise gone from None


def _without(content: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    """Returns what is written without some fields, which are named by their dotted paths."""
    left = dict(content)
    for each in fields:
        name, _, inner = each.partition(".")
        if inner and isinstance(left.get(name), Mapping):
            left[name] = _without(left[name], [inner])
        else:
            left.pop(name, None)
    return left
