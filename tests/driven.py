"""Runs whose driver works in this process: no head, no job, and a heartbeat whenever a test wants one."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from backend import api
from backend.drivers.attempt import Attempt
from backend.kinds import specs, work_of
from backend.model import Run, RunState
from backend.store import runs, wishes
from backend.store.recording.recorder import Recorder
from tests.ray_here import RayHere

OWN = Path(__file__).parent / "kinds" / "sweep" / "own_sweeps.py"


class Killed(BaseException):
    """The driver's process ends, without a word."""


class Driven:
    """Launches runs, drives them, and does as a person at the page would at any moment of them."""

    def __init__(self, here: RayHere) -> None:
        self.here = here
        self.attempt: Attempt

    def launch(self, trainable: Any, space: dict[str, Any], **more: Any) -> str:
        """Queues a sweep over one of `own_sweeps`; over all of a grid where the space has one."""
        name = f"own_sweeps:{trainable}" if isinstance(trainable, str) else trainable
        search = {"search": "grid"} if any("grid" in each for each in space.values() if isinstance(each, dict)) else {}
        return api.launch({"kind": "sweep", "trainable": name, "space": space, **search, **more})

    def run(self, run_id: str, *, at: Callable[[Run], bool] | None = None, do: Callable[[], None] | None = None) -> Run:
        """Drives the attempt that is queued to its end; as soon as the run is `at` something, does something, once."""
        house, run = api.house(), api.run(run_id)
        runs.claim(house.database, run_id, run.attempt, "here", {})
        self.attempt = Attempt(house.settings, house.database, run_id, run.attempt, run.goal)
        self.attempt.recorder = Recorder(house.database, run_id, run.attempt, run.goal)
        with self._watched(at, do):
            try:
                outcome = work_of(run.kind).drive(specs.parse(run.spec), self.attempt)
            except Killed:
                self.attempt.recorder.abandon()
                runs.move(house.database, run_id, RunState.LOST, "killed")
            else:
                self.attempt.finish(outcome.state, outcome.note, outcome.error, outcome.traceback)
        return api.run(run_id)

    @contextmanager
    def _watched(self, at: Callable[[Run], bool] | None, do: Callable[[], None] | None) -> Iterator[None]:
        done = []

        def look() -> None:
            if at is not None and do is not None and not done and at(self.now()):
                done.append(True)
                do()

        if at is not None:
            self.here.on_call = look
        yield
        assert done or at is None, "it never came to that"

    def now(self) -> Run:
        """The run as a page would show it a moment later."""
        self.attempt.recorder.flush()
        return api.run(self.attempt.run_id)

    def beat(self) -> None:
        """A heartbeat, which brings what was asked for."""
        beat = wishes.beat(self.attempt.database, self.attempt.run_id, self.attempt.number)
        self.attempt.stop_requested, self.attempt.wishes = beat.stop_requested, beat.wishes

    def stop(self) -> None:
        api.stop(self.attempt.run_id)
        self.beat()
        signal.raise_signal(signal.SIGUSR1)

    def kill(self) -> None:
        raise Killed

    def resumed(self, run_id: str, **how: Any) -> Run:
        """Drives the next attempt."""
        api.resume(run_id)
        return self.run(run_id, **how)


def lay_out(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Puts the user's file where Raydeck looks for it, and lets no launch start a head."""
    (home / "workloads").mkdir(parents=True, exist_ok=True)
    (home / "workloads" / OWN.name).write_text(OWN.read_text())
    for starts in ("wake_cluster", "cluster_up"):
        patch.setattr(api, starts, lambda: None)
