"""From text or plain data to a spec and back; every problem is named by its field."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel

from backend.errors import InvalidSpec
from backend.kinds import KINDS, kind_of, work_of
from backend.model.validation import validated

RunSpec = Any  # a frozen pydantic model with `kind` and `name`, of a kind that launches


def parse(data: Any) -> Any:
    """Returns the spec described by `data`, a mapping as in a YAML file.

    Raises:
        InvalidSpec: with one entry in `problems` for each field that is wrong.
    """
    if not isinstance(data, dict):
        raise InvalidSpec({"spec": "must be a mapping of fields, for example “kind: rl”"})
    name = str(data.get("kind"))
    kind = kind_of(name)
    if name in KINDS and not kind.launches:
        raise InvalidSpec(
            {"kind": f"“{name}” is what backend.track records of your own script; Raydeck cannot start it"}
        )
    if not kind.launches:
        suffix = f", not “{name}”" if data.get("kind") else ""
        raise InvalidSpec(
            {"kind": f"must be one of: {', '.join(each.id for each in KINDS.values() if each.launches)}{suffix}"}
        )
    return validated(work_of(name).spec, data)


def parse_yaml(text: str) -> Any:
    """Returns the spec written in YAML.

    Raises:
        InvalidSpec: the text is no YAML, or a field is wrong.
    """
    try:
        return parse(yaml.load(text, Loader=Loader))
    except yaml.YAMLError as error:
        raise InvalidSpec({"spec": f"is not valid YAML: {error}"}) from None


def parse_file(path: Path) -> Any:
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
    whole: dict[str, Any] = spec.model_dump(exclude_none=True)
    short = {name: whole[name] for name in SAID if name in whole} | spec.model_dump(
        exclude_none=True, exclude_defaults=True
    )
    try:
        again = parse(short).model_dump(exclude_none=True)
    except InvalidSpec:
        return whole
    # a default may follow from the rest: a trainable's mode
    wrong = {name for name in whole if again.get(name) != whole[name]}
    return {
        name: value if name in wrong else short[name] for name, value in whole.items() if name in wrong or name in short
    }


def to_yaml(spec: RunSpec | Mapping[str, Any]) -> str:
    """Returns a spec, or what was stored of one, as YAML, which `launch` takes if it can be
    launched: lists in one line."""
    content = spec.model_dump(exclude_none=True) if isinstance(spec, BaseModel) else dict(spec)
    return yaml.dump(content, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


SAID = ("kind", "name", "samples", "search", "scheduler")  # whatever they are


class Loader(yaml.SafeLoader):
    """Reads 1e-4 as the number it is; YAML 1.1, which PyYAML follows, wants 1.0e-4."""


Loader.yaml_implicit_resolvers = {
    first: list(resolvers) for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"^[-+]?(\d[\d_]*\.?|\.\d)\d*[eE][-+]?\d+$"), list("-+.0123456789")
)


class Dumper(yaml.SafeDumper):
    """Writes lists in brackets, and in quotes what `Loader` would take for a number."""


Dumper.yaml_implicit_resolvers = Loader.yaml_implicit_resolvers
Dumper.add_representer(
    list, lambda dumper, items: dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=True)
)
