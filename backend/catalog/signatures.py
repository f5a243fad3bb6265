"""What a syntax tree says of functions and environments: name, arguments, defaults and docstring."""

import ast
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

ArgumentKind = Literal["int", "float", "bool", "str", "path", "literal", "list", "any"]
_PLAIN: dict[str, ArgumentKind] = {
    "int": "int", "float": "float", "bool": "bool", "str": "str", "Path": "path", "pathlib.Path": "path",
    "list": "list", "List": "list", "tuple": "list", "Sequence": "list", "dict": "any", "Any": "any",
}  # fmt: skip


@dataclass(frozen=True)
class Argument:
    """One argument of a function. `kind` is "any" where the annotation is missing or is none of the others."""

    name: str
    kind: ArgumentKind = "any"
    of: ArgumentKind = "any"  # of a list, the kind of its items
    options: tuple[Any, ...] = ()  # of a Literal
    optional: bool = False  # None is allowed
    required: bool = True
    default: Any = None  # None as well where it is no plain value: then `default_text` shows it
    default_text: str = ""
    about: str = ""  # what the docstring says of it

    @property
    def has_own_default(self) -> bool:
        """Whether leaving it out is something that none of its values says: it is None then, or
        what `default_text` shows."""
        return not self.required and self.default is None

    @property
    def said(self) -> str:
        """The argument as Python writes it."""
        return f"{self.name}: {self.kind}" if self.kind != "any" else self.name


@dataclass(frozen=True)
class Function:
    """A function, or a class whose instances are called: `init` are then the arguments of its constructor."""

    name: str
    arguments: tuple[Argument, ...]
    doc: str = ""
    is_class: bool = False
    init: tuple[Argument, ...] = ()
    takes_any: bool = False  # it has **kwargs

    def argument(self, name: str) -> Argument | None:
        return next((each for each in self.arguments if each.name == name), None)

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(each.said for each in self.arguments)}{', **' if self.takes_any else ''})"


@dataclass(frozen=True)
class Acting:
    """A class that an agent can act in; `arguments` are those of its constructor, without render_mode."""

    name: str
    doc: str
    arguments: tuple[Argument, ...]


def functions(tree: ast.Module) -> tuple[Function, ...]:
    """Returns the public functions of a Python file, and its public classes that have `__call__`."""
    return tuple(function for node in tree.body if (function := _function(node)) is not None)


def _function(node: ast.stmt) -> Function | None:
    if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not node.args.posonlyargs:
        return Function(node.name, _arguments(node.args, _doc(node)), _doc(node), takes_any=node.args.kwarg is not None)
    if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
        methods = {each.name: each for each in node.body if isinstance(each, ast.FunctionDef)}
        wanted = [methods[name] for name in ("__init__", "__call__") if name in methods]
        if (call := methods.get("__call__")) and not any(each.args.posonlyargs for each in wanted):
            doc = _doc(node) or _doc(call)
            own = _arguments(call.args, _doc(node), _doc(call))[1:]
            return Function(
                node.name, own, doc, is_class=True, init=constructor(node) or (), takes_any=call.args.kwarg is not None
            )
    return None


def constructor(node: ast.ClassDef) -> tuple[Argument, ...] | None:
    """Returns the arguments of a class's own constructor, without itself; None if it has none."""
    init = next((each for each in node.body if isinstance(each, ast.FunctionDef) and each.name == "__init__"), None)
    return _arguments(init.args, _doc(node), _doc(init))[1:] if init else None


def environments(tree: ast.Module) -> tuple[Acting, ...]:
    """Returns the public classes of a Python file that have reset and step, their own or inherited within the file."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    acting = []
    for name, node in classes.items():
        family = _family(node, classes)
        methods = {each.name for kin in family for each in kin.body if isinstance(each, ast.FunctionDef)}
        if not name.startswith("_") and methods >= {"reset", "step"}:
            arguments = next((taken for kin in family if (taken := constructor(kin)) is not None), ())
            acting.append(Acting(name, _doc(node), tuple(each for each in arguments if each.name != "render_mode")))
    return tuple(acting)


def _family(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> list[ast.ClassDef]:
    bases = [
        classes[each.id]
        for each in node.bases
        if isinstance(each, ast.Name) and each.id in classes and each.id != node.name
    ]
    return [node, *(kin for base in bases if depth < 10 for kin in _family(base, classes, depth + 1))]


def _doc(node: ast.FunctionDef | ast.ClassDef) -> str:
    return ast.get_docstring(node) or ""


def described(doc: str) -> dict[str, str]:
    """Returns what a docstring says of each argument under "Args:", as Google's style guide has it."""
    lines = iter(doc.splitlines())
    if not any(line.strip() in ("Args:", "Arguments:") for line in lines):  # which leaves the lines after it
        return {}
    descriptions: dict[str, list[str]] = {}
    name, indent = "", None
    for line in lines:
        deep = len(line) - len(line.lstrip())
        if line.strip() and not deep:
            break  # the next part
        indent = deep if indent is None and line.strip() else indent
        if deep == indent and (begun := _ENTRY.match(line.strip())):
            name = begun[1]
            descriptions[name] = [begun[2]]
        elif name and line.strip():
            descriptions[name].append(line.strip())
    return {name: " ".join(filter(None, parts)) for name, parts in descriptions.items()}


_ENTRY = re.compile(r"\*{0,2}(\w+)(?:\s*\([^:]*\))?:\s*(.*)")  # x (int, optional): what it is


def _arguments(arguments: ast.arguments, *docs: str) -> tuple[Argument, ...]:
    about = {name: text for doc in docs for name, text in described(doc).items()}
    missing: list[ast.expr | None] = [None] * (len(arguments.args) - len(arguments.defaults))
    pairs = [
        *zip(arguments.args, missing + list(arguments.defaults), strict=True),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    return tuple(
        replace(_argument(argument, default), about=about.get(argument.arg, "")) for argument, default in pairs
    )


def _argument(argument: ast.arg, default: ast.expr | None) -> Argument:
    kind, of, options, optional = _kind(argument.annotation)
    if default is None:
        return Argument(argument.arg, kind, of, options, optional)
    text = ast.unparse(default)
    try:
        value, text = ast.literal_eval(default), ""
    except (ValueError, TypeError):
        value = None
    if not _survives(value):
        value, text = None, ast.unparse(default)
    if kind == "any" and argument.annotation is None:
        kind = _kind_of(value)
    return Argument(argument.arg, kind, of, options, optional or (value is None and not text), False, value, text)


def _survives(value: Any) -> bool:
    """Returns whether a value is the same after it was JSON; a tuple would come back as a list."""
    try:
        return repr(json.loads(json.dumps(value, allow_nan=False))) == repr(value)
    except (TypeError, ValueError):
        return False


def _kind_of(value: Any) -> ArgumentKind:
    """Returns the kind that a default hints at where there is no annotation."""
    for kind, types in (("bool", bool), ("int", int), ("float", float), ("str", str)):
        if isinstance(value, types):
            return kind  # type: ignore[return-value]
    return "any"


def _kind(annotation: ast.expr | None) -> tuple[ArgumentKind, ArgumentKind, tuple[Any, ...], bool]:
    """Returns the kind, for a list that of its items, the options of a Literal, and whether None is allowed."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):  # a quoted annotation
        try:
            return _kind(ast.parse(annotation.value, mode="eval").body)
        except SyntaxError:
            return "any", "any", (), False
    if isinstance(annotation, ast.BinOp) and isinstance(annotation.op, ast.BitOr):
        return _union([annotation.left, annotation.right])
    if isinstance(annotation, ast.Subscript):
        return _subscript(ast.unparse(annotation.value).removeprefix("typing."), annotation.slice)
    name = ast.unparse(annotation) if annotation is not None else ""
    return _PLAIN.get(name.removeprefix("typing."), "any"), "any", (), False


def _subscript(name: str, inner: ast.expr) -> tuple[ArgumentKind, ArgumentKind, tuple[Any, ...], bool]:
    parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
    if name == "Optional":
        return (*_kind(inner)[:3], True)
    if name == "Union":
        return _union(parts)
    if name == "Annotated":
        return _kind(parts[0])
    if name == "Literal":
        options = tuple(ast.literal_eval(part) for part in parts if isinstance(part, ast.Constant | ast.UnaryOp))
        return "literal", "any", options, None in options
    if _PLAIN.get(name) == "list":
        return "list", _kind(parts[0])[0], (), False
    return "any", "any", (), False


def _union(parts: list[ast.expr]) -> tuple[ArgumentKind, ArgumentKind, tuple[Any, ...], bool]:
    real = [part for part in parts if not (isinstance(part, ast.Constant) and part.value is None)]
    kind, of, options, optional = (
        _kind(real[0]) if len(real) == 1 else ("any", "any", (), any(_kind(part)[3] for part in real))
    )
    return kind, of, options, optional or len(real) < len(parts)
