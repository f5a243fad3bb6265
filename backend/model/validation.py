"""Data against a model: every problem is named by its field, in plain words."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from backend.errors import InvalidSpec

AnyModel = TypeVar("AnyModel", bound=BaseModel)
WORDING = {
    "Input should be": "must be",
    "List should have": "there must be",
    " after validation": "",
    "Extra inputs are not permitted": "there is no such field",
    "Field required": "is missing",
}


def validated(model: type[AnyModel], data: Any) -> AnyModel:
    """Returns data as a model.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InvalidSpec(_by_field(error)) from None


def _by_field(error: ValidationError) -> dict[str, str]:
    problems: dict[str, str] = {}
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "spec"
        message = _plainly(problem["msg"])
        problems[field] = f"{problems[field]}; {message}" if field in problems else message
    return problems


def _plainly(message: str) -> str:
    for theirs, ours in WORDING.items():
        message = message.replace(theirs, ours)
    return message
