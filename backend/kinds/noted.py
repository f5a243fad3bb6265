"""Which of a trial's checkpoints is the newest whole one, beside them: Tune may have deleted the one
that the row knows before a kill."""

import json
from pathlib import Path
from typing import NamedTuple

from backend import files

FILE = "newest.json"


class Noted(NamedTuple):
    """A checkpoint: its folder, its iteration, and how many reports it holds; None where nobody knows."""

    path: Path
    iteration: int
    reports: int | None


def note(noted: Noted) -> None:
    """Notes a checkpoint as the newest of its trial; on a full disk the one before stays noted."""
    told = {"folder": noted.path.name, "iteration": noted.iteration, "reports": noted.reports}
    try:
        files.replace(noted.path.parent / FILE, json.dumps(told))
    except OSError as error:
        print(f"{noted.path} is not noted: {error}", flush=True)


def newest(folder: Path) -> Noted | None:
    """Returns the checkpoint that was noted last in a trial's folder; None where none was, or it is gone."""
    if not (folder / FILE).is_file():
        return None
    told = json.loads((folder / FILE).read_text())
    path = folder / told["folder"]
    return Noted(path, told["iteration"], told["reports"]) if path.is_dir() else None
