"""A disk of a few megabytes that a test can fill, and take the right to write from."""

import contextlib
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

WHY_NOT = "Only root may mount a small disk: what is about a full one was skipped."


class SmallDisk:
    """A file system in memory, at `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filling = folder / "filling"

    def fill(self) -> None:
        """Leaves no room at all."""
        with self._filling.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(1024))

    def free(self) -> None:
        """Gives back the room that `fill` took."""
        self._filling.unlink(missing_ok=True)

    def may_write(self, *, yes: bool) -> None:
        """Mounts it anew, for reading alone or as it was; no file on it may be open for writing."""
        assert not _run("mount", "-o", f"remount,{'rw' if yes else 'ro'}", str(self.folder))


@contextmanager
def small_disk(folder: Path, megabytes: float) -> Iterator[SmallDisk]:
    """Mounts a small disk, for whoever may; for others the test is skipped."""
    folder.mkdir(parents=True, exist_ok=True)
    if _run("mount", "-t", "tmpfs", "-o", f"size={int(megabytes * 1024)}k", "tmpfs", str(folder)):
        pytest.skip(WHY_NOT)
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> int:
    try:
        return subprocess.run(command, capture_output=True, check=False).returncode
    except FileNotFoundError:
        return 1
