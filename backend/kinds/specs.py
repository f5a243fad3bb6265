"""From text or plain data to a spec and back; every problem is named by its field."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from backend.errors import InvalidSpec
from backend.kinds.rl.spec import RLSpec
from backend.kinds.sweep.spec import SweepSpec
from backend.kinds.tasks.spec import TaskSpec
from backend.model.external import ExternalSpec

RunSpec = RLSpec | SweepSpec | TaskSpec  # what can be launched
WORDING = {
    "Input should be": "must be",
    "List should have": "there must be",
    " after validation": "",
    "Extra inputs are not permitted": "there is no such field",
    "Field required": "is missing",
}
KINDS: dict[str, type[RLSpec] | type[SweepSpec] | type[TaskSpec]] = {"rl": RLSpec, "sweep": SweepSpec, "tasks": TaskSpec}
RECORDED = {"external": ExternalSpec}
Model = TypeVar("Model", bound=BaseModel)


def parse(data: Any) -> RunSpec:
    """Returns the spec described by `data`, a mapping as in a YAML file.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if not isinstance(data, dict):
        raise InvalidSpec({"spec": "must be a mapping of fields, for example “kind: rl”"})
    kind = str(data.get("kind"))
    if kind in RECORDED:
        raise InvalidSpec({"kind": f"“{kind}” is what backend.track records of your own script; Raydeck cannot start it"})
    if kind not in KINDS:
        told = f", not “{kind}”" if data.get("kind") else ""
        raise InvalidSpec({"kind": f"must be one of: {', '.join(KINDS)}{told}"})
    return _validated(KINDS[kind], data)


def recorded(data: dict[str, Any]) -> ExternalSpec:
    """Returns the spec of a run that is recorded, not launched.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if data.get("kind") not in RECORDED:
        raise InvalidSpec({"kind": f"must be one of: {', '.join(RECORDED)}"})
    return _validated(RECORDED[data["kind"]], data)


def _validated(model: type[Model], data: dict[str, Any]) -> Model:
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


def parse_yaml(text: str) -> RunSpec:
    """Returns the spec written in YAML.

    Raises:
        InvalidSpec: the text is no YAML, or a field is wrong.
    """
    try:
        return parse(yaml.load(text, Loader=Loader))
    except yaml.YAMLError as error:
        raise InvalidSpec({"spec": f"is not valid YAML: {error}"}) from None


def parse_file(path: Path) -> RunSpec:
    """Returns the spec in a YAML file.

    Raises:
        InvalidSpec: the file cannot be read, is no YAML, or a field is wrong.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidSpec({"file": f"{path} cannot be read: {error}"}) from None
    return parse_yaml(text)


def brief(spec: RunSpec) -> dict[str, Any]:
    """Returns the spec without what is empty or a default: the least that `parse` makes the same spec of."""
    whole = spec.model_dump(exclude_none=True)
    short = {name: whole[name] for name in SAID if name in whole} | spec.model_dump(exclude_none=True, exclude_defaults=True)
    try:
        again = parse(short).model_dump(exclude_none=True)
    except InvalidSpec:
        return whole
    wrong = {name for name in whole if again.get(name) != whole[name]}  # a default may follow from the rest: a trainable's mode
    return {name: value if name in wrong else short[name] for name, value in whole.items() if name in wrong or name in short}


def to_yaml(spec: RunSpec | Mapping[str, Any]) -> str:
    """Returns a spec, or what was stored of one, as YAML, which `launch` takes if it can be launched: lists in one line."""
    content = spec.model_dump(exclude_none=True) if isinstance(spec, BaseModel) else dict(spec)
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


SAID = ("kind", "name", "samples", "search", "scheduler")  # whatever they are


class Loader(yaml.SafeLoader):
    """Reads 1e-4 as the number it is; YAML 1.1, which PyYAML follows, wants 1.0e-4."""


Loader.yaml_implicit_resolvers = {first: list(known) for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()}
Loader.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*\.?|\.\d)\d*[eE][-+]?\d+$"), list("-+.0123456789"))


class Dumper(yaml.SafeDumper):
    """Writes lists in brackets, and in quotes what `Loader` would take for a number."""


Dumper.yaml_implicit_resolvers = Loader.yaml_implicit_resolvers
Dumper.add_representer(list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True))
