"""How chunks reach Ray's workers: as tasks, or through a pool of actors for a class."""

from pathlib import Path
from typing import Any, Protocol

import ray
from ray.exceptions import OutOfMemoryError, RayError

from backend.kinds.tasks.worker import Code, Worker, run_chunk

Ref = Any  # a ray.ObjectRef
START_SECONDS = 0.2  # for which the first worker is waited for at a time


class Pool(Protocol):
    """Takes chunks while it has room, and is told when one has ended, well or not."""

    @property
    def is_starting(self) -> bool:
        """Whether it has no room only because no worker is up yet."""

    def has_room(self, flying: int) -> bool: ...

    def submit(self, inputs: list[str], seconds: float) -> Ref: ...

    def landed(self, ref: Ref, lost: bool) -> None: ...


class TaskPool:
    """Chunks as Ray tasks. One more than fits is on its way to each worker, so that none waits for us."""

    is_starting = False  # Ray holds tasks until a worker is up

    def __init__(self, code: Code, run_id: str, options: dict[str, Any], concurrency: int | None, fits: int) -> None:
        self._run = ray.remote(run_chunk).options(max_retries=0, **options)
        self._code, self._run_id = ray.put(code), run_id
        self.room = min(concurrency or 2 * fits, 2 * fits)

    def has_room(self, flying: int) -> bool:
        return flying < self.room

    def submit(self, inputs: list[str], seconds: float) -> Ref:
        return self._run.remote(self._code, self._run_id, inputs, seconds)

    def landed(self, ref: Ref, lost: bool) -> None:
        """A task leaves nothing to clear up; Ray starts another worker where one died."""


class ActorPool:
    """Chunks through actors, each of which has loaded the class once; one that dies is replaced.

    Only those that are up get a chunk: one for which there is no CPU, since another run has it, may wait for hours.
    """

    def __init__(self, code: Code, run_id: str, options: dict[str, Any], concurrency: int | None, fits: int) -> None:
        self._make = ray.remote(Worker).options(max_restarts=0, **options)
        self._code, self._run_id = ray.put(code), run_id
        self._starting: dict[Ref, Any] = {}
        self._idle: list[Any] = []
        self._busy: dict[Ref, Any] = {}
        for _ in range(min(concurrency or fits, fits)):
            self._begin()

    def _begin(self) -> None:
        actor = self._make.remote(self._code, self._run_id)
        self._starting[actor.__ray_ready__.remote()] = actor

    @property
    def is_starting(self) -> bool:
        return bool(self._starting) and not self._idle

    def has_room(self, flying: int) -> bool:
        if self._starting:
            wait = START_SECONDS if self.is_starting and not flying else 0
            ready, _ = ray.wait(list(self._starting), num_returns=1, timeout=wait)
            self._idle += [self._starting.pop(ref) for ref in ready]  # also one that died: its chunk will tell why
        return bool(self._idle)

    def submit(self, inputs: list[str], seconds: float) -> Ref:
        actor = self._idle.pop()
        ref = actor.run.remote(inputs, seconds)
        self._busy[ref] = actor
        return ref

    def landed(self, ref: Ref, lost: bool) -> None:
        actor = self._busy.pop(ref)
        if lost:
            self._begin()
        else:
            self._idle.append(actor)


def cause(error: RayError, words: Path, timeout_s: float | None) -> tuple[str, str, str, str]:
    """Returns kind, place, message and traceback of a task whose worker died; `words` is where it may
    have left its last ones."""
    if isinstance(error, OutOfMemoryError):
        return "OutOfMemory", "", "Ray ended its worker, because the machine ran out of memory", str(error)[-4000:]
    if where := words.read_text(errors="replace") if words.exists() else "":
        words.unlink()
        message = f"took longer than {timeout_s:g} s and did not heed it, so its worker was ended"
        return "Timeout", "native code", message, where
    return (
        "WorkerDied",
        "",
        "its worker process ended: os._exit, a crash in native code, or ended from outside",
        str(error)[-4000:],
    )
