"""The user's own environments in data/workloads: found by syntax tree, and checked by another process, never imported here."""

import ast
import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from backend import files
from backend.catalog import registry, signatures
from backend.catalog.environment_entry import MAX_STEPS, Environment, SpaceInfo, options_model
from backend.catalog.functions import user_files
from backend.catalog.lookup import find
from backend.catalog.signatures import Argument
from backend.errors import UnknownWorkload
from backend.settings import ROOT

CHECKER = "backend.workloads.environment_check"
CHECK_SECONDS = 20
START_SECONDS = 40  # for Gymnasium itself, on a busy machine
METHODS = {"reset", "step"}
OPTION_KINDS = {"int": int, "float": (int, float), "bool": bool, "str": str}


@dataclass(frozen=True)
class OwnEnvironment:
    """A class with reset and step in a user's file, as it is called in a spec, with the text that runs."""

    id: str  # "file:Class"
    doc: str
    arguments: tuple[Argument, ...]  # of its constructor, without render_mode
    text: str

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def options(self) -> type[BaseModel]:
        """A model of those arguments of its constructor that have a plain default."""
        return options_model(self.id.replace(":", " "), [told for each in self.arguments if (told := _option(each))])


@dataclass(frozen=True)
class Checked:
    """What a check of an environment came to: what is wrong with it, what Gymnasium advises, and what it is like."""

    problems: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    environment: Environment | None = None
    ends: bool = True  # whether an episode of random actions came to an end


def is_own(name: object) -> bool:
    """Returns whether a name in a spec means an environment of the user's own: "file:Class"."""
    return isinstance(name, str) and all(part.isidentifier() for part in name.split(":")) and name.count(":") == 1


def read(text: str) -> dict[str, tuple[str, tuple[Argument, ...]]]:
    """Returns docstring and arguments of each class of a Python file that has reset and step, its own or inherited within the file.

    Raises:
        SyntaxError: the text is no Python.
    """
    classes = {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}
    found = {}
    for name, node in classes.items():
        family = _family(node, classes)
        methods = {each.name for kin in family for each in kin.body if isinstance(each, ast.FunctionDef)}
        if not name.startswith("_") and methods >= METHODS:
            arguments = next((taken for kin in family if (taken := signatures.constructor(kin)) is not None), ())
            found[name] = (ast.get_docstring(node) or "", tuple(each for each in arguments if each.name != "render_mode"))
    return found


def _family(node: ast.ClassDef, classes: Mapping[str, ast.ClassDef], depth: int = 0) -> list[ast.ClassDef]:
    bases = [classes[each.id] for each in node.bases if isinstance(each, ast.Name) and each.id in classes and each.id != node.name]
    return [node, *(kin for base in bases if depth < 10 for kin in _family(base, classes, depth + 1))]


def own_environments(folder: Path) -> list[OwnEnvironment]:
    """Returns each of the user's own environments; files that do not parse have none."""
    return [each for file in user_files(folder) if file.text for each in _of(file.name, file.text)]


def _of(file: str, text: str) -> list[OwnEnvironment]:
    return [OwnEnvironment(f"{file}:{name}", doc, arguments, text) for name, (doc, arguments) in read(text).items()]


def look_up(name: str, folder: Path, text: str = "") -> OwnEnvironment:
    """Returns the environment called `name`, "file:Class"; with `text`, of a file that holds that.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    file_name, _, attribute = name.partition(":")
    if not text:
        files = {each.name: each for each in user_files(folder)}
        if not files:
            raise UnknownWorkload(f"There is no {file_name}.py: the folder data/workloads has no Python files yet.")
        file = find("file", file_name, files)
        if file.problem:
            raise UnknownWorkload(file.said)
        text = file.text
    own = {each.id.partition(":")[2]: each for each in _of(file_name, text)}
    if not own:
        raise UnknownWorkload(f"{file_name}.py has no environment: a class with the methods reset and step.")
    return find(f"environment in {file_name}.py", attribute, own)


def _option(argument: Argument) -> dict[str, Any] | None:
    kind, default = argument.kind, argument.default
    if argument.required:
        return None
    if kind == "literal":
        return {"name": argument.name, "kind": "choice", "default": default, "choices": list(argument.options)}
    if kind not in OPTION_KINDS or not isinstance(default, OPTION_KINDS[kind]):  # type: ignore[arg-type]
        return None
    return {"name": argument.name, "kind": kind, "default": default, "choices": []}


def check(found: OwnEnvironment, options: Mapping[str, Any], workloads: Path, folder: Path) -> Checked:
    """Makes an environment in another process, resets and steps it, for 20 s at most; what came of it is kept in `folder`.

    It is looked at again when its text, its options or the version of Gymnasium change; what it imports does not count.
    """
    asked = json.dumps([found.id, found.text, dict(options), registry.key()], sort_keys=True)
    name = hashlib.sha256(asked.encode()).hexdigest()[:32]
    path, picture = folder / "own" / f"{name}.json", folder / "own" / f"{name}.png"
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        told = _ask(found, options, workloads, picture)
        if not told.get("is_late"):  # a busy machine may have been the reason
            path.parent.mkdir(parents=True, exist_ok=True)
            files.replace(path, json.dumps(told))
    return _checked(found, told, picture)


def _ask(found: OwnEnvironment, options: Mapping[str, Any], workloads: Path, picture: Path) -> dict[str, Any]:
    about = {"code": found.text, "name": found.id, "options": dict(options), "folder": str(workloads), "seconds": CHECK_SECONDS}
    request = json.dumps(about)
    command = [sys.executable, "-m", CHECKER, str(picture)]
    quiet = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, input=request, capture_output=True, text=True, cwd=ROOT, env={**os.environ, **quiet},
            timeout=CHECK_SECONDS + START_SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        lines = _lines(late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or "")
        stage = next((line["stage"] for line in reversed(lines) if "stage" in line), "starting")
        return {"problems": [f"did not come to an end within {CHECK_SECONDS} s, in: {stage}"], "is_late": True}
    lines = _lines(done.stdout)
    if lines and "late" in lines[-1]:
        return {"problems": [f"did not come to an end within {CHECK_SECONDS} s, in: {lines[-1]['late']}"], "is_late": True}
    if lines and "problems" in lines[-1]:
        return lines[-1]
    stage = next((line["stage"] for line in reversed(lines) if "stage" in line), "starting")
    said = done.stderr.strip().splitlines()
    return {"problems": [f"ended the process that checked it, in: {stage}{f' ({said[-1][:200]})' if said else ''}"]}


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def _checked(found: OwnEnvironment, told: Mapping[str, Any], picture: Path) -> Checked:
    problems, notes = tuple(told["problems"]), tuple(told.get("notes", ()))
    if problems or "observation" not in told:
        return Checked(problems or ("could not be checked",), notes)
    observes, acts = SpaceInfo.of(told["observation"]), SpaceInfo.of(told["action"])
    environment = Environment(
        id=found.id, title=found.id.partition(":")[2], summary=found.doc.partition("\n\n")[0].replace("\n", " "),
        observation=observes.kind, action=acts.kind, max_steps=MAX_STEPS, options=found.options, observes=observes, acts=acts,
        renders=told["renders"], picture=picture if told["renders"] and picture.exists() else None,
    )  # fmt: skip
    return Checked((), notes, environment, told["ends"])
