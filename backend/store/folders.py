"""Folders of files that are kept without being copied."""

import os
import shutil
from pathlib import Path

from backend import files

# In a run's folder:
START = "start"  # the checkpoint that its training goes on from
SNAPSHOTS = "snapshots"  # of the tables that its agents had
EPISODES = "episodes"  # that checkpoints played afterwards


def put(target: Path, source: Path) -> None:
    """Makes `target` a folder of hard links to what lies in `source`, whole or not at all: it costs no second room.

    Raises:
        OSError: there is no room, or a file went away.
    """
    with files.replacing(target) as part:
        shutil.copytree(source, part, copy_function=_linked)
        shutil.rmtree(target, ignore_errors=True)


def _linked(source: str, target: str) -> str:
    """Links a file; where the file system has no links it is copied."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)
    return target
