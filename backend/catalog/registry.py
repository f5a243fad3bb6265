"""Gymnasium's registry as it was read by another process, kept in a file: the web process never imports gymnasium."""

import json
import os
import subprocess
import sys
import threading
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any

from backend import files
from backend.cache import Cache
from backend.catalog.environment_entry import MAX_STEPS, Environment, SpaceInfo, Unavailable, options_model
from backend.settings import ROOT, read_settings

Registered = Environment | Unavailable
READER = "backend.workloads.registry_reader"
READ_SECONDS = 600
ONE_SECONDS = 60
MOST_CRASHES = 20
FORM = 1  # of the file; counted up when what it holds changes
# What else decides which environments there are and whether they can be made.
PACKAGES = (
    "gymnasium", "box2d", "box2d-py", "pygame", "mujoco", "jax", "flax", "shimmy", "ale-py", "minigrid",
    "gymnasium-robotics",
    "highway-env", "miniworld", "mo-gymnasium", "flappy-bird-gymnasium", "panda-gym", "opencv-python", "moviepy",
)  # fmt: skip
_reading = threading.Lock()
_folders: Cache[Path] = Cache(8)
_registries: Cache[dict[str, Registered]] = Cache(8)
_asked: Cache[Registered | None] = Cache(256)
_is_unreadable: Cache[bool] = Cache(8)


@cache
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
    return _folders.get(os.environ.get("RAYDECK_HOME", ""), lambda: read_settings().environments_folder)


def _file() -> Path:
    return _folder() / "registry.json"


def known() -> dict[str, Registered]:
    """Returns what was last read, by id; nothing as long as nobody has.

    Of an older version it is better than nothing.
    """
    path = _file()

    def read() -> dict[str, Registered]:
        environments = json.loads(path.read_text(encoding="utf-8"))["environments"]
        return {each["id"]: _entry(each) for each in environments}

    try:
        return _registries.get(path, read, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def is_current() -> bool:
    """Returns whether what was read is of the packages that are installed now."""
    try:
        return bool(json.loads(_file().read_text(encoding="utf-8"))["key"] == key())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def read_soon() -> bool:
    """Reads the registry in the background unless that is done or being done; returns whether it is still to come."""
    folder = _folder()
    if is_current() or _is_unreadable.last(folder):
        return False
    if _reading.acquire(blocking=False):
        threading.Thread(target=_read_quietly, args=(folder,), name="environment registry", daemon=True).start()
    return True


def _read_quietly(folder: Path) -> None:
    try:
        read(folder)
    except OSError:  # no room, or no right to write: what is curated is offered all the same
        _is_unreadable.keep(folder, True)
    finally:
        _reading.release()


def read(folder: Path) -> None:
    """Reads the registry in another process and keeps it in `folder`.

    An environment that breaks the process is left out.
    """
    entries: list[dict[str, Any]] = []
    broken: list[str] = []
    while len(broken) <= MOST_CRASHES:
        left_out = [*(each["id"] for each in entries), *broken]
        batch, begun = _ask([], left_out, folder, READ_SECONDS)
        entries += batch
        if not begun:
            break
        broken.append(begun)
    entries += [{"id": name, "reason": "broke the process that tried it", "package": ""} for name in broken]
    folder.mkdir(parents=True, exist_ok=True)
    files.replace(folder / "registry.json", json.dumps({"key": key(), "environments": entries}))


def read_one(name: str) -> Registered | None:
    """Asks Gymnasium about one id, as long as the whole registry was not read; None if there is
    none, or a "file:Class"."""
    if not name or ":" in name or is_current():
        return None
    folder = _folder()

    def ask() -> Registered | None:
        entries, _ = _ask([name], [], folder, ONE_SECONDS)
        return _entry(entries[0]) if entries else None

    return _asked.get((name, folder), ask)


def _ask(names: list[str], left_out: list[str], folder: Path, seconds: float) -> tuple[list[dict[str, Any]], str]:
    """Returns what the reader told, and the id that it had begun and not finished when it ended."""
    command = [sys.executable, "-m", READER, str(folder / "pictures"), *names]
    quiet = {"SDL_VIDEODRIVER": "dummy", "SDL_AUDIODRIVER": "dummy", "OMP_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command,
            input="\n".join(left_out),
            capture_output=True,
            text=True,
            cwd=ROOT,
            env={**os.environ, **quiet},
            timeout=seconds,
            check=False,
        )
        text = done.stdout
    except subprocess.TimeoutExpired as late:
        text = late.stdout.decode() if isinstance(late.stdout, bytes) else late.stdout or ""
    lines = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    entries = [line for line in lines if "id" in line]
    begun = [line["begin"] for line in lines if "begin" in line]
    return entries, begun[-1] if begun and (not entries or entries[-1]["id"] != begun[-1]) else ""


def _entry(fields: dict[str, Any]) -> Registered:
    if "reason" in fields:
        return Unavailable(fields["id"], fields["reason"], fields["package"])
    observes, acts = SpaceInfo.of(fields["observation"]), SpaceInfo.of(fields["action"])
    return Environment(
        id=fields["id"],
        title=fields["title"],
        summary=fields["summary"],
        observation=observes.kind,
        action=acts.kind,
        max_steps=fields["max_steps"] or MAX_STEPS,
        solved_at=fields["solved_at"],
        options=options_model(fields["title"], fields["options"]),
        module=fields["module"],
        observes=observes,
        acts=acts,
        renders=fields["renders"],
        picture=_folder() / "pictures" / fields["picture"] if fields["picture"] else None,
    )
