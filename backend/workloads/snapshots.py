"""Keeps a table as it was at moments of the training, for a page to show: files that numpy reads,
written whole or not at all."""

import os
from pathlib import Path
from typing import Any

import numpy as np

ABOUT = 60  # over a run whose length is known
GROWTH = 1.25  # at the beginning, where the most happens, the next comes after a quarter more iterations
MOST = 128  # files of a seed


class Snapshots:
    """The snapshots of one seed: <folder>/seed-<seed>/<iteration>.npz."""

    def __init__(self, folder: str, seed: int, iteration: int) -> None:
        """Begins, or after `iteration` goes on: what came later is from before a crash, and will come again."""
        self.folder = Path(folder) / f"seed-{seed}"
        self.folder.mkdir(parents=True, exist_ok=True)
        self.iterations = []
        for path in self.folder.glob("*.npz"):
            if int(path.stem) > iteration:
                path.unlink(missing_ok=True)
            else:
                self.iterations.append(int(path.stem))
        self.iterations.sort()
        self.share = -1.0  # of the run that was done at the last one

    def is_due(self, iteration: int, share: float) -> bool:
        """Whether it is time for one, at this report and this share of the run."""
        last = self.iterations[-1] if self.iterations else 0
        if not last or self.share < 0:
            self.share = share if last else -1.0
            return not last
        return share - self.share >= 1 / ABOUT or iteration >= last * GROWTH

    def take(self, iteration: int, share: float, arrays: dict[str, Any]) -> None:
        """Writes one; of too many, every other goes."""
        target = self.folder / f"{iteration:07d}.npz"
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            np.savez(file, **arrays)
        os.replace(part, target)
        self.share = share
        if iteration not in self.iterations:
            self.iterations.append(iteration)
        if len(self.iterations) > MOST:
            for dropped in self.iterations[1:-1:2]:
                (self.folder / f"{dropped:07d}.npz").unlink(missing_ok=True)
            self.iterations = [each for each in self.iterations if each not in set(self.iterations[1:-1:2])]
