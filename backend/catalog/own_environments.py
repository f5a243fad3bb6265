"""The user's own environments in data/workloads: checked by another process, never imported here."""

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
from backend.catalog import registry
from backend.catalog.environment_entry import MAX_STEPS, Environment, SpaceInfo, options_model
from backend.catalog.lookup import find
from backend.catalog.own_code import File, own_file, own_files
from backend.catalog.signatures import Argument
from backend.errors import UnknownWorkload
from backend.settings import ROOT

CHECKER = "backend.workloads.environment_check"
CHECK_SECONDS = 20
START_SECONDS = 40  # for Gymnasium itself, on a busy machine
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
        return options_model(
            self.id.replace(":", " "), [option for each in self.arguments if (option := _option(each))]
        )


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


def own_environments(folder: Path) -> list[OwnEnvironment]:
    """Returns each of the user's own environments; files that do not parse have none."""
    return [each for file in own_files(folder) for each in _of(file)]


def _of(file: File) -> list[OwnEnvironment]:
    return [
        OwnEnvironment(f"{file.name}:{each.name}", each.doc, each.arguments, file.text) for each in file.environments
    ]


def look_up(name: str, folder: Path, text: str = "") -> OwnEnvironment:
    """Returns the environment called `name`, "file:Class"; with `text`, of a file that holds that.

    Raises:
        UnknownWorkload: there is none; the message lists the nearest, or says what is wrong with the file.
    """
    file_name, _, attribute = name.partition(":")
    own = {each.id.partition(":")[2]: each for each in _of(own_file(file_name, folder, text))}
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


def check(own_environment: OwnEnvironment, options: Mapping[str, Any], workloads: Path, folder: Path) -> Checked:
    """Makes an environment in another process, resets and steps it, for 20 s at most; what came of it is kept in
    `folder`.

    It is looked at again when its text, its options or the version of Gymnasium change; what it imports does not count.
    """
    cache_key = json.dumps([own_environment.id, own_environment.text, dict(options), registry.key()], sort_keys=True)
    name = hashlib.sha256(cache_key.encode()).hexdigest()[:32]
    path, picture = folder / "own" / f"{name}.json", folder / "own" / f"{name}.png"
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        report = _ask(own_environment, options, workloads, picture)
        if not report.get("is_late"):  # a busy machine may have been the reason
            path.parent.mkdir(parents=True, exist_ok=True)
            files.replace(path, json.dumps(report))
    return _checked(own_environment, report, picture)


def _ask(own_environment: OwnEnvironment, options: Mapping[str, Any], workloads: Path, picture: Path) -> dict[str, Any]:
    about = {
        "code": own_environment.text,
        "name": own_environment.id,
        "options": dict(options),
        "folder": str(workloads),
        "seconds": CHECK_SECONDS,
    }
    request = json.dumps(about)
    command = [sys.executable, "-m", CHECKER, str(picture)]
    quiet = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input=request,
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **quiet},
            timeout=CHECK_SECONDS + START_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        lines = _lines(late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or "")
        stage = next((line["stage"] for line in reversed(lines) if "stage" in line), "starting")
        return {"problems": [f"did not come to an end within {CHECK_SECONDS} s, in: {stage}"], "is_late": True}
    lines = _lines(done.stdout)
    if lines and "late" in lines[-1]:
        return {
            "problems": [f"did not come to an end within {CHECK_SECONDS} s, in: {lines[-1]['late']}"],
            "is_late": True,
        }
    if lines and "problems" in lines[-1]:
        return lines[-1]
    stage = next((line["stage"] for line in reversed(lines) if "stage" in line), "starting")
    said = done.stderr.strip().splitlines()
    return {"problems": [f"ended the process that checked it, in: {stage}{f' ({said[-1][:200]})' if said else ''}"]}


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]


def _checked(own_environment: OwnEnvironment, report: Mapping[str, Any], picture: Path) -> Checked:
    problems, notes = tuple(report["problems"]), tuple(report.get("notes", ()))
    if problems or "observation" not in report:
        return Checked(problems or ("could not be checked",), notes)
    observes, acts = SpaceInfo.of(report["observation"]), SpaceInfo.of(report["action"])
    environment = Environment(
        id=own_environment.id,
        title=own_environment.id.partition(":")[2],
        summary=own_environment.doc.partition("\n\n")[0].replace("\n", " "),
        observation=observes.kind,
        action=acts.kind,
        max_steps=MAX_STEPS,
        options=own_environment.options,
        observes=observes,
        acts=acts,
        renders=report["renders"],
        picture=picture if report["renders"] and picture.exists() else None,
    )
    return Checked((), notes, environment, report["ends"])
