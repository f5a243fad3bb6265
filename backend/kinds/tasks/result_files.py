"""Results that are files, in the run's folder."""

import sys
import time
from pathlib import Path

from backend.store.fanout.summary import Summary

RETRY_SECONDS = 0.5


class ResultFiles:
    """Writes them, and counts them in the run's summary."""

    def __init__(self, folder: Path, summary: Summary) -> None:
        self.folder, self.summary = folder, summary
        self.needs_space = ""  # why one cannot be written

    def store(self, number: int, suffix: str, content: bytes) -> str:
        """Writes the file of a task; returns its name in the run's folder."""
        name = f"results/{number // 1000:04d}/{number}.{suffix}"
        self._write(self.folder / name, content)
        self.summary.files += 1
        self.summary.pictures += suffix == "png"
        return name

    def _write(self, path: Path, content: bytes) -> None:
        """Writes a result's file; a full disk is waited out. A stop meanwhile ends the process, and the task is done again."""
        while True:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
                self.needs_space = ""
                return
            except OSError as problem:
                self.needs_space = f"space for the file of a result: {problem}"
                print(f"tasks: kept in memory, trying again: {problem}", file=sys.stderr, flush=True)
                time.sleep(RETRY_SECONDS)
