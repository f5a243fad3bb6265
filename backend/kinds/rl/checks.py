"""What must be true of a spec beyond its fields, and what it is completed with."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pydantic import (
    BaseModel,
    ValidationError,
)
from pydantic_core import InitErrorDetails, PydanticCustomError

from backend.catalog.algorithms import ALGORITHMS, Algorithm
from backend.catalog.environments import ENVIRONMENTS, Environment, unavailable
from backend.catalog.lookup import find
from backend.catalog.own_environments import is_own
from backend.errors import UnknownWorkload
from backend.kinds.rl.options import Wrappers

Item = TypeVar("Item")


def detail(loc: tuple[int | str, ...], message: str, value: Any) -> InitErrorDetails:
    """Returns one problem of a spec for pydantic's own error."""
    # Braces would be read as placeholders of the message template.
    safe = message.replace("{", "(").replace("}", ")")
    return InitErrorDetails(type=PydanticCustomError("problem", safe), loc=loc, input=value)


def _looked_up(
    what: str, data: dict[str, Any], table: Mapping[str, Item]
) -> tuple[Item | None, list[InitErrorDetails]]:
    name = data.get(what)
    if not isinstance(name, str):
        return None, []  # missing or of a wrong type: the field itself says so
    try:
        return find(what, name, table), []
    except UnknownWorkload as error:
        return None, [detail((what,), str(error), name)]


def catalogue_problems(data: dict[str, Any]) -> Iterator[InitErrorDetails]:
    algorithm, unknown = _looked_up("algorithm", data, ALGORITHMS)
    yield from unknown
    environment, unknown = _environment(data)
    yield from unknown
    if algorithm and environment and (why := algorithm.why_not(environment)):
        yield detail(("environment",), why, environment.id)
    yield from _part_problems("params", data, algorithm.params if algorithm else None)
    yield from _wrapper_problems(data, algorithm)
    wrappers = data.get("wrappers")
    if environment and isinstance(wrappers, dict) and (why := cannot_normalise(environment, wrappers)):
        yield detail(("wrappers", "normalize_observation"), why, True)
    yield from _part_problems("environment_options", data, environment.options if environment else None)


def _environment(data: dict[str, Any]) -> tuple[Environment | None, list[InitErrorDetails]]:
    """Returns the environment that is meant.

    The user's own is looked at when a run starts: it may have changed since this one's.
    """
    name = data.get("environment")
    if is_own(name):
        return None, []
    if isinstance(name, str) and name not in ENVIRONMENTS and (entry := unavailable(name)):
        return None, [detail(("environment",), entry.told, name)]
    return _looked_up("environment", data, ENVIRONMENTS)


def cannot_normalise(environment: Environment, wrappers: Mapping[str, Any]) -> str:
    """Returns why observations cannot be normalised, if they are to be: numbers of states have no mean;
    stacked, they are vectors."""
    if (
        environment.observation != "discrete"
        or not wrappers.get("normalize_observation")
        or wrappers.get("frame_stack", 1) != 1
    ):
        return ""
    return (
        f"{environment.id} has discrete observations, and numbers of states have neither mean nor variance: leave"
        " it off"
    )


def _wrapper_problems(data: dict[str, Any], algorithm: Algorithm | None) -> Iterator[InitErrorDetails]:
    wrappers = data.get("wrappers")
    if algorithm is None or not isinstance(wrappers, dict):
        return
    for name, value in wrappers.items():
        if (
            name in Wrappers.model_fields
            and name not in algorithm.wrappers
            and value != Wrappers.model_fields[name].default
        ):
            can = ", ".join(sorted(algorithm.wrappers)) or "none"
            yield detail(
                ("wrappers", name), f"{algorithm.title} does not bear this wrapper here; it bears {can}", value
            )


def _part_problems(part: str, data: dict[str, Any], model: type[BaseModel] | None) -> Iterator[InitErrorDetails]:
    settings = data.get(part) or {}
    if model is None or not isinstance(settings, dict):
        return
    try:
        model.model_validate(settings)
    except ValidationError as error:
        for problem in error.errors():
            message = problem["msg"]
            if problem["type"] == "extra_forbidden":
                message = f"there is no such setting; there is {', '.join(model.model_fields) or 'none'}"
            yield detail((part, *problem["loc"]), message, problem["input"])


def completed(data: dict[str, Any]) -> dict[str, Any]:
    """Returns a sound spec with every default written out, so that it runs the same in a later version."""
    algorithm, name = ALGORITHMS.get(str(data.get("algorithm"))), str(data.get("environment"))
    environment = None if is_own(name) else ENVIRONMENTS.get(name)
    if algorithm is None or (environment is None and not is_own(name)):
        return data
    options = (
        _with_defaults(environment.options, data.get("environment_options"))
        if environment
        else data.get("environment_options")
    )
    return {
        **data,
        "name": data.get("name") or f"{algorithm.id}-{name.replace(':', '.') if environment is None else name}"[:120],
        "params": _with_defaults(algorithm.params, data.get("params"), algorithm.defaults(name)),
        "environment_options": options or {},
        "evaluation": _evaluation(algorithm, name, data.get("evaluation")),
    }


def _evaluation(algorithm: Algorithm, environment: str, evaluation: Any) -> Any:
    if evaluation is not None and not isinstance(evaluation, dict):
        return evaluation  # the field's own type check refuses it
    return algorithm.evaluation(environment) | (evaluation or {})


def _with_defaults(model: type[BaseModel], settings: Any, defaults: Mapping[str, Any] | None = None) -> Any:
    if settings is not None and not isinstance(settings, dict):
        return settings  # the field's own type check refuses it
    return model.model_validate({**(defaults or {}), **(settings or {})}).model_dump()
