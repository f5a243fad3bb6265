"""Which checkpoints a seed keeps, beside those that Tune needs to go on."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

from backend.drivers.attempt import Attempt
from backend.kinds.rl.options import Checkpoints
from backend.model import Checkpoint
from backend.store import queries
from backend.store.folders import put


class Shelf:
    """Keeps every k-th checkpoint of each seed, spread over its training where there are too many, and the best.

    Tune deletes what it no longer needs, so what is kept is a folder of hard links: it costs no copy, and no second
    room.
    """

    def __init__(self, attempt: Attempt, wish: Checkpoints) -> None:
        self.attempt, self.wish = attempt, wish
        self.folder = attempt.settings.run_folder(attempt.run_id)
        self.kept: dict[int, dict[int, Checkpoint]] = {}  # trial -> iteration -> checkpoint
        for each in queries.checkpoints(attempt.database, attempt.run_id):
            self.kept.setdefault(each.trial, {})[each.iteration] = each

    def offer(
        self, trial: int, path: Path, iteration: int, metrics: Mapping[str, float], reports: int | None = None
    ) -> None:
        """Keeps a checkpoint that was saved with a report, if it is due or better than all before."""
        mine = self.kept.setdefault(trial, {})
        made = Checkpoint.of(self.attempt.run_id, trial, iteration, metrics, _size(path), reports=reports)
        is_best = self._is_better(made, mine)
        if not is_best and not self._is_due(made, mine):
            return
        if not is_put(self.folder, made, path):
            return
        if is_best:
            self._step_down(mine)
        self._note(replace(made, is_best=is_best))
        self._thin(mine)

    def forget(self, trial: int, iterations: Sequence[int]) -> None:
        """Takes that a seed went back to before these checkpoints: the best of those that are left is its best."""
        mine = self.kept.setdefault(trial, {})
        for gone in iterations:
            if (each := mine.pop(gone, None)) is not None:
                shutil.rmtree(self.folder / each.folder, ignore_errors=True)
        if not any(each.is_best for each in mine.values()):
            judged = [each for each in mine.values() if each.score is not None]
            if judged:
                best = max(judged, key=lambda each: (_is_evaluated(each), each.score or 0.0, each.iteration))
                self._note(replace(best, is_best=True))

    def _is_due(self, made: Checkpoint, mine: Mapping[int, Checkpoint]) -> bool:
        every = self.wish.every
        return bool(every) and made.iteration // every > max(mine, default=0) // every

    def _is_better(self, made: Checkpoint, mine: Mapping[int, Checkpoint]) -> bool:
        """Once an agent has been evaluated, only evaluations count; of equals the later has learned more."""
        best = next((each for each in mine.values() if each.is_best), None)
        if made.score is None or (best is not None and _is_evaluated(best) > _is_evaluated(made)):
            return False
        return (
            best is None or best.score is None or _is_evaluated(made) > _is_evaluated(best) or made.score >= best.score
        )

    def _step_down(self, mine: dict[int, Checkpoint]) -> None:
        """The best so far becomes one among the others, where others are kept at all."""
        for iteration, each in list(mine.items()):
            if each.is_best:
                self._note(replace(each, is_best=False))
                if not self.wish.every:
                    self._drop(iteration, mine)

    def _thin(self, mine: dict[int, Checkpoint]) -> None:
        """Drops the one whose neighbours are nearest to each other, never the first, the last or the best."""
        while sum(not each.is_best for each in mine.values()) > self.wish.keep:
            order = sorted(mine)
            gaps = {middle: after - before for (before, middle), after in zip(pairwise(order), order[2:], strict=False)}
            free = [iteration for iteration in gaps if not mine[iteration].is_best] or [
                each for each in order if not mine[each].is_best
            ]
            self._drop(min(free, key=lambda iteration: gaps.get(iteration, 0)), mine)

    def _note(self, checkpoint: Checkpoint) -> None:
        self.kept[checkpoint.trial][checkpoint.iteration] = checkpoint
        self.attempt.recorder.checkpoint(checkpoint)

    def _drop(self, iteration: int, mine: dict[int, Checkpoint]) -> None:
        gone = mine.pop(iteration)
        self.attempt.recorder.drop_checkpoint(gone.trial, gone.iteration)
        shutil.rmtree(self.folder / gone.folder, ignore_errors=True)


def is_put(folder: Path, made: Checkpoint, path: Path) -> bool:
    """Links a checkpoint into the run's folder; a full disk costs no more than it: Tune's own is there."""
    try:
        put(folder / made.folder, path)
    except OSError as error:
        print(f"checkpoint {made.iteration} of trial {made.trial} is not kept: {error}", flush=True)
        return False
    return True


def _is_evaluated(checkpoint: Checkpoint) -> bool:
    return checkpoint.metrics.get("eval/return_mean") is not None


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
