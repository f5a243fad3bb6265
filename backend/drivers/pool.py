"""How chunks reach Ray's workers: as tasks, or through a pool of actors for a class."""

from typing import Any, Protocol

import ray

from backend.drivers.worker import Code, Worker, run_chunk

Ref = Any  # a ray.ObjectRef


class Pool(Protocol):
    """Takes chunks while it has room, and is told when one has ended, well or not."""

    def has_room(self, flying: int) -> bool: ...

    def submit(self, inputs: list[str], seconds: float) -> Ref: ...

    def landed(self, ref: Ref, lost: bool) -> None: ...


class TaskPool:
    """Chunks as Ray tasks. One more than fits is on its way to each worker, so that none waits for us."""

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
    """Chunks through actors, each of which has loaded the class once; one that dies is replaced."""

    def __init__(self, code: Code, run_id: str, options: dict[str, Any], concurrency: int | None, fits: int) -> None:
        self._make = ray.remote(Worker).options(max_restarts=0, **options)
        self._code, self._run_id = ray.put(code), run_id
        self._idle = [self._begin() for _ in range(min(concurrency or fits, fits))]
        self._busy: dict[Ref, Any] = {}

    def _begin(self) -> Any:
        return self._make.remote(self._code, self._run_id)

    def has_room(self, flying: int) -> bool:
        return bool(self._idle)

    def submit(self, inputs: list[str], seconds: float) -> Ref:
        actor = self._idle.pop()
        ref = actor.run.remote(inputs, seconds)
        self._busy[ref] = actor
        return ref

    def landed(self, ref: Ref, lost: bool) -> None:
        actor = self._busy.pop(ref)
        self._idle.append(self._begin() if lost else actor)
