"""What a syntax tree says of a person's own Tune trainables: the config keys they read, and what they report."""

import ast
import json
from dataclasses import dataclass, field
from typing import Any, TypeGuard


@dataclass(frozen=True, kw_only=True)
class TrainableText:
    """A Tune trainable in a user's file: a function of one config that reports, or a class
    made from Tune's Trainable."""

    name: str
    doc: str = ""
    params: dict[str, Any] = field(default_factory=dict)  # config key it reads -> its default, None where it has none
    metrics: tuple[str, ...] = ()  # that it reports, as far as its text says so
    checkpoints: bool = False
    is_class: bool = False
    is_all: bool = False  # whether it reads no other keys: its text uses the config in no way that would not be seen


def tunables(tree: ast.Module) -> tuple[TrainableText, ...]:
    """Returns the trainables of a Python file."""
    return tuple(trainable for node in tree.body if (trainable := _tunable(node)) is not None)


def _tunable(node: ast.stmt) -> TrainableText | None:
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
        return _of_function(node)
    if (
        isinstance(node, ast.ClassDef)
        and not node.name.startswith("_")
        and any(_last(base) == "Trainable" for base in node.bases)
    ):
        return _of_class(node)
    return None


def _of_function(node: ast.FunctionDef) -> TrainableText | None:
    arguments = [*node.args.posonlyargs, *node.args.args]
    if len(arguments) - len(node.args.defaults) > 1 or not arguments:
        return None
    config = arguments[0].arg
    reports = [call for call in ast.walk(node) if isinstance(call, ast.Call) and _last(call.func) == "report"]
    if not reports and config != "config":
        return None
    reported = [
        each
        for call in reports
        for each in [*call.args[:1], *(word.value for word in call.keywords if word.arg == "metrics")]
    ]
    returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return) and each.value is not None]
    return TrainableText(
        name=node.name,
        doc=ast.get_docstring(node) or "",
        params=_params(node, lambda each: _is_name(each, config)),
        metrics=_keys(reported or returned),
        checkpoints=_names(node, "get_checkpoint"),
        is_all=_shows_all(node, lambda each: _is_name(each, config)),
    )


def _of_class(node: ast.ClassDef) -> TrainableText:
    methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
    setup = methods.get("setup")
    config = setup.args.args[1].arg if setup and len(setup.args.args) > 1 else "config"
    returned = (
        [each.value for each in ast.walk(methods["step"]) if isinstance(each, ast.Return)] if "step" in methods else []
    )
    return TrainableText(
        name=node.name,
        doc=ast.get_docstring(node) or "",
        is_class=True,
        checkpoints="load_checkpoint" in methods,
        params=_params(node, lambda each: _is_name(each, config) or _last(each) == "config"),
        metrics=_keys(returned),
        is_all=_shows_all(node, lambda each: _is_name(each, config) or _last(each) == "config"),
    )


def _params(node: ast.AST, is_config: Any) -> dict[str, Any]:
    """Returns the keys of the config that are read, with the default that stands beside them."""
    params: dict[str, Any] = {}
    for each in sorted(_expressions(node), key=lambda each: (each.lineno, each.col_offset)):
        if isinstance(each, ast.Subscript) and isinstance(each.ctx, ast.Load) and is_config(each.value):
            params.setdefault(_said(each.slice), None)
        elif _is_get(each, is_config):
            params[_said(each.args[0])] = _literal(each.args[1]) if len(each.args) > 1 else None
    return {name: default for name, default in params.items() if name not in ("", "seed")}


def _shows_all(node: ast.AST, is_config: Any) -> bool:
    """Whether each use of the config is one of a key that stands in the text."""
    read = {
        id(each.value if isinstance(each, ast.Subscript) else each.func.value)  # type: ignore[attr-defined]
        for each in _expressions(node)
        if (isinstance(each, ast.Subscript) and is_config(each.value) and _said(each.slice))
        or (_is_get(each, is_config) and _said(each.args[0]))
    }
    return not any(is_config(each) and id(each) not in read for each in _expressions(node))


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
