"""What can be tuned: ours, and the user's own Ray Tune trainables in data/workloads, read from the syntax tree."""

import ast
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from backend.catalog.functions import user_files
from backend.catalog.lookup import find
from backend.catalog.trainables import TRAINABLES, Trainable
from backend.errors import UnknownWorkload

SPACE_OF_UNKNOWN = {"uniform": [0.0, 1.0]}
MOST_SUGGESTED = 1e12  # a default beyond it, or as near to 0, is rather a code than something to search around


@dataclass(frozen=True, kw_only=True)
class Tunable:
    """A Tune trainable in a user's file: a function of one config that reports, or a class made from Tune's Trainable."""

    name: str
    doc: str = ""
    params: dict[str, Any] = field(default_factory=dict)  # config key it reads -> its default, None where it has none
    metrics: tuple[str, ...] = ()  # that it reports, as far as its text says so
    checkpoints: bool = False
    is_class: bool = False


@dataclass(frozen=True, kw_only=True)
class Found:
    """A trainable that was looked up by name, with the text that runs where it is the user's own."""

    id: str
    title: str
    summary: str
    code: str  # "module:attribute"; for the user's own the file's name without .py
    metrics: tuple[str, ...]
    checkpoints: bool
    space: dict[str, dict[str, Any]]  # what a form starts with
    text: str = ""
    is_class: bool = False
    entry: Trainable | None = None

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""


def read(text: str) -> tuple[Tunable, ...]:
    """Returns the trainables of a Python file.

    Raises:
        SyntaxError: the text is no Python.
    """
    return tuple(found for node in ast.parse(text).body if (found := _tunable(node)) is not None)


def user_tunables(folder: Path) -> list[tuple[str, Tunable]]:
    """Returns each of the user's own by its name in a spec, "file:name"."""
    return [(f"{file.name}:{each.name}", each) for file in user_files(folder) if file.text for each in read(file.text)]


def look_up(name: str, folder: Path, text: str = "") -> Found:
    """Returns the trainable called `name`: an id of the catalogue, or "file:name" for the user's own.

    With `text` the user's file is taken to hold that, as it did at a run's launch.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    if ":" not in name:
        known = find("trainable", name, TRAINABLES)
        return Found(
            id=name, title=known.title, summary=known.summary, code=f"backend.workloads.{known.code}", metrics=known.metrics,
            checkpoints=known.checkpoints, space=known.space, entry=known,
        )  # fmt: skip
    file_name, _, attribute = name.partition(":")
    text = text or _text(file_name, folder)
    own: Mapping[str, Tunable] = {each.name: each for each in read(text)}
    if not own:
        raise UnknownWorkload(f"{file_name}.py has no trainable: a function of one config that calls tune.report, or a Trainable class.")
    found = find(f"trainable in {file_name}.py", attribute, own)
    return Found(
        id=name, title=name, summary=found.doc.partition("\n\n")[0], code=name, metrics=found.metrics, checkpoints=found.checkpoints,
        space={key: suggested(key, default) for key, default in found.params.items()}, text=text, is_class=found.is_class,
    )  # fmt: skip


def _text(name: str, folder: Path) -> str:
    files = {each.name: each for each in user_files(folder)}
    if not files:
        raise UnknownWorkload(f"There is no {name}.py: the folder data/workloads has no Python files yet.")
    file = find("file", name, files)
    if file.problem:
        raise UnknownWorkload(file.said)
    return file.text


def suggested(name: str, default: Any) -> dict[str, Any]:
    """Returns a range around a default that is sensible to search, or the default where there is none."""
    match default:
        case None:
            return SPACE_OF_UNKNOWN
        case int() | float() if abs(default) > MOST_SUGGESTED or 0 < abs(default) < 1 / MOST_SUGGESTED:
            return {"fixed": default}
        case bool():
            return {"choice": [True, False]}
        case int() if default > 1:
            is_power = default & (default - 1) == 0
            return {"choice": [default // 2, default, default * 2]} if is_power else {"randint": [max(1, default // 2), default * 2 + 1]}
        case float() if 0.5 < default <= 0.9999:  # a discount, a momentum, a share to keep
            return {"uniform": [round(1 - 5 * (1 - default), 6) if default > 0.8 else 0.5, round(1 - (1 - default) / 5, 6)]}
        case float() if default > 0:
            return {"loguniform": [float(f"{default / 10:.3g}"), float(f"{default * 10:.3g}")]}
    return {"fixed": default}


# ---- the syntax tree


def _tunable(node: ast.stmt) -> Tunable | None:
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
        return _of_function(node)
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and any(_last(base) == "Trainable" for base in node.bases):
        return _of_class(node)
    return None


def _of_function(node: ast.FunctionDef) -> Tunable | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    if len(arguments) - len(node.args.defaults) > 1 or not arguments:
        return None
    config = arguments[0].arg
    reports = [call for call in ast.walk(node) if isinstance(call, ast.Call) and _last(call.func) == "report"]
    if not reports and config != "config":
        return None
    told = [each for call in reports for each in [*call.args[:1], *(word.value for word in call.keywords if word.arg == "metrics")]]
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    return Tunable(
        name=node.name, doc=ast.get_docstring(node) or "", params=_params(node, lambda each: _is_name(each, config)),
        metrics=_keys(told or returned), checkpoints=_names(node, "get_checkpoint"),
    )  # fmt: skip


def _of_class(node: ast.ClassDef) -> Tunable:
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    setup = methods.get("setup")
    config = setup.args.args[1].arg if setup and len(setup.args.args) > 1 else "config"
    returned = [each.value for each in ast.walk(methods["step"]) if isinstance(each, ast.Return)] if "step" in methods else []
    return Tunable(
        name=node.name, doc=ast.get_docstring(node) or "", is_class=True, checkpoints="load_checkpoint" in methods,
        params=_params(node, lambda each: _is_name(each, config) or _last(each) == "config"), metrics=_keys(returned),
    )  # fmt: skip


def _params(node: ast.AST, is_config: Any) -> dict[str, Any]:
    """Returns the keys of the config that are read, with the default that stands beside them."""
    found: dict[str, Any] = {}
    for each in sorted(_expressions(node), key=lambda each: (each.lineno, each.col_offset)):
        if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Load) and is_config(each.value):
            found.setdefault(_said(each.slice), None)
        elif _is_get(each, is_config):
            found[_said(each.args[0])] = _literal(each.args[1]) if len(each.args) > 1 else None
    return {name: default for name, default in found.items() if name not in ("", "seed")}


def _expressions(node: ast.AST) -> list[ast.expr]:
    return [each for each in ast.walk(node) if isinstance(each, ast.expr)]


def _is_get(node: ast.AST, is_config: Any) -> TypeGuard[ast.Call]:
    if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get"):
        return False
    return bool(node.args) and bool(is_config(node.func.value))


def _keys(values: list[Any]) -> tuple[str, ...]:
    """Returns the keys of the mappings among expressions, in order."""
    keys = [_said(key) for value in values if isinstance(value, ast.Dict) for key in value.keys if key is not None]
    return tuple(dict.fromkeys(key for key in keys if key))


def _names(node: ast.AST, name: str) -> bool:
    return any(_last(each) == name for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))


def _last(node: ast.AST) -> str:
    """Returns the last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_name(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _said(node: ast.AST) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _literal(node: ast.AST) -> Any:
    """Returns a value that stands in the text, None where it is none that a spec can hold."""
    try:
        value = ast.literal_eval(node)
        json.dumps(value, allow_nan=False)
    except (ValueError, TypeError):
        return None
    return value


def rl_params(model: Any, given: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields for each number or switch among an algorithm's settings a range around its value, within the bounds it has."""
    for name, about in model.model_fields.items():
        value = given.get(name, about.default)
        domain = suggested(name, value) if isinstance(value, bool | int | float) else {"fixed": value}
        yield name, _within(model, name, domain, value)


def _within(model: Any, name: str, domain: dict[str, Any], value: Any) -> dict[str, Any]:
    """Returns a range of which both ends are allowed, or the value alone."""
    ((kind, of),) = domain.items()
    if kind == "fixed":
        return domain
    if kind == "choice":
        return {kind: [each for each in of if _takes(model, name, each)]}
    low, high = of
    if not _takes(model, name, low):
        low = value
    if not _takes(model, name, high):
        high = value + 1 if kind == "randint" else 1.0 if value < 1 and _takes(model, name, 1.0) else value
    return {kind: [low, high]} if low < high else {"fixed": value}


def _takes(model: Any, name: str, value: Any) -> bool:
    try:
        model.model_validate({name: value})
    except ValueError:
        return False
    return True
