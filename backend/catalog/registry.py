"""Gymnasium's registry as it was read by another process, kept in a file: the web process never imports gymnasium."""

import json
import os
import subprocess
import sys
import threading
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import Any

from backend import files
from backend.catalog.environment_entry import MAX_STEPS, Environment, SpaceInfo, Unavailable, options_model
from backend.settings import ROOT, read_settings

Entry = Environment | Unavailable
READER = "backend.workloads.registry_reader"
READ_SECONDS = 600
ONE_SECONDS = 60
MOST_CRASHES = 20
FORM = 1  # of the file; counted up when what it holds changes
# What else decides which environments there are and whether they can be made.
PACKAGES = (
    "gymnasium", "box2d", "box2d-py", "pygame", "mujoco", "jax", "flax", "shimmy", "ale-py", "minigrid", "gymnasium-robotics",
    "highway-env", "miniworld", "mo-gymnasium", "flappy-bird-gymnasium", "panda-gym", "opencv-python", "moviepy",
)  # fmt: skip
_reading = threading.Lock()
_unreadable: set[Path] = set()
_kept: dict[Path, tuple[int, dict[str, Entry]]] = {}


@lru_cache(maxsize=1)
def key() -> str:
    """Returns the versions that the registry depends on."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return json.dumps({"form": FORM, **versions}, sort_keys=True)


def _folder() -> Path:
    return _folder_at(os.environ.get("RAYDECK_HOME", ""))


@lru_cache(maxsize=8)
def _folder_at(_home: str) -> Path:
    return read_settings().environments_folder


def _file() -> Path:
    return _folder() / "registry.json"


def known() -> dict[str, Entry]:
    """Returns what was last read, by id; nothing as long as nobody has. Of an older version it is better than nothing."""
    path = _file()
    try:
        written = path.stat().st_mtime_ns
        if path not in _kept or _kept[path][0] != written:
            told = json.loads(path.read_text(encoding="utf-8"))["environments"]
            _kept[path] = written, {each["id"]: _entry(each) for each in told}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return _kept[path][1]


def is_current() -> bool:
    """Returns whether what was read is of the packages that are installed now."""
    try:
        return bool(json.loads(_file().read_text(encoding="utf-8"))["key"] == key())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_soon() -> bool:
    """Reads the registry in the background unless that is done or being done; returns whether it is still to come."""
    folder = _folder()
    if is_current() or folder in _unreadable:
        return False
    if _reading.acquire(blocking=False):
        threading.Thread(target=_read_quietly, args=(folder,), name="environment registry", daemon=True).start()
    return True


def _read_quietly(folder: Path) -> None:
    try:
        read(folder)
    except OSError:  # no room, or no right to write: what is curated is offered all the same
        _unreadable.add(folder)
    finally:
        _reading.release()


def read(folder: Path) -> None:
    """Reads the registry in another process and keeps it in `folder`. An environment that breaks the process is left out."""
    told: list[dict[str, Any]] = []
    broken: list[str] = []
    while len(broken) <= MOST_CRASHES:
        left_out = [*(each["id"] for each in told), *broken]
        found, begun = _ask([], left_out, folder, READ_SECONDS)
        told += found
        if not begun:
            break
        broken.append(begun)
    told += [{"id": name, "reason": "broke the process that tried it", "package": ""} for name in broken]
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(folder / "registry.json", json.dumps({"key": key(), "environments": told}))


def read_one(name: str) -> Entry | None:
    """Asks Gymnasium about one id, as long as the whole registry was not read; None if there is none, or a "file:Class"."""
    if not name or ":" in name or is_current():
        return None
    return _read_one(name, _folder())


@lru_cache(maxsize=256)
def _read_one(name: str, folder: Path) -> Entry | None:
    found, _ = _ask([name], [], folder, ONE_SECONDS)
    return _entry(found[0]) if found else None


def _ask(names: list[str], left_out: list[str], folder: Path, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Returns what the reader told, and the id that it had begun and not finished when it ended."""
    command = [sys.executable, "-m", READER, str(folder / "pictures"), *names]
    quiet = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, input="\n".join(left_out), capture_output=True, text=True, cwd=ROOT, env={**os.environ, **quiet},
            timeout=seconds, check=False,
        )  # fmt: skip
        text = done.stdout
    except subprocess.TimeoutExpired as late:
        text = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
    lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    found = [line for line in lines if "id" in line]
    begun = [line["begin"] for line in lines if "begin" in line]
    return found, begun[-1] if begun and (not found or found[-1]["id"] != begun[-1]) else ""


def _entry(told: dict[str, Any]) -> Entry:
    if "reason" in told:
        return Unavailable(told["id"], told["reason"], told["package"])
    observes, acts = SpaceInfo.of(told["observation"]), SpaceInfo.of(told["action"])
    return Environment(
        id=told["id"], title=told["title"], summary=told["summary"], observation=observes.kind, action=acts.kind,
        max_steps=told["max_steps"] or MAX_STEPS, solved_at=told["solved_at"], options=options_model(told["title"], told["options"]),
        module=told["module"], observes=observes, acts=acts, renders=told["renders"],
        picture=_folder() / "pictures" / told["picture"] if told["picture"] else None,
    )  # fmt: skip
