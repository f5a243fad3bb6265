"""Results that are files, in the run's folder."""

from pathlib import Path

from backend.store.fanout.summary import Summary
from backend.store.recording.patience import KEPT, Patience


class ResultFiles:
    """Writes them, and counts them in the run's summary."""

    def __init__(self, folder: Path, summary: Summary) -> None:
        self.folder, self.summary = folder, summary
        self._patience = Patience(f"tasks: {KEPT}", of=OSError)

    @property
    def needs_space(self) -> str:
        """Why one cannot be written; empty if none has to wait."""
        return f"space for the file of a result: {self._patience.problem}" if self._patience.problem else ""

    def store(self, number: int, suffix: str, content: bytes) -> str:
        """Writes the file of a task; returns its name in the run's folder.

        A full disk is waited out. A stop meanwhile ends the process, and the task is done again.
        """
        name = f"results/{number // 1000:04d}/{number}.{suffix}"
        self._patience.until_written(lambda: _write(self.folder / name, content))
        self.summary.files += 1
        self.summary.pictures += suffix == "png"
        return name


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
