"""Ray, as far as Tune asks it, in this process: real tuners, trials, schedulers and callbacks without a head.

An actor is an object, a future is a call that is made once somebody waits for it, the oldest first. So an experiment
needs no second to begin, is the same each time, and can be looked at, stopped or broken off before any of its calls.
"""

import itertools
import logging
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import ray
from ray import cloudpickle
from ray.air.execution import FixedResourceManager
from ray.exceptions import RayTaskError
from ray.remote_function import RemoteFunction
from ray.train._internal import session, storage
from ray.tune.execution import class_cache, tune_controller

FETCH_SECONDS = 0.005  # for how long Tune waits for a result before it sees that a function has ended
AT_ONCE = ("get_auto_filled_metrics",)  # Tune takes what it returns for a result if it is none of Ray's own futures
AS_IN_A_JOB = {"TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1", "RAY_AIR_NEW_OUTPUT": "0", "RAY_CHDIR_TO_TRIAL_DIR": "0"}


class RayHere:
    """What there is instead of a cluster. `on_call` is called before each call of an actor."""

    def __init__(self) -> None:
        self.resources = {"CPU": 2.0, "memory": 1e9}
        self.on_call: Callable[[], None] = _nothing
        self.actors: list[Actor] = []

    def install(self, patch: pytest.MonkeyPatch, folder: Path) -> None:
        """Puts itself where Ray is, until the patches are undone."""
        about = SimpleNamespace(gcs_address="", worker=SimpleNamespace(mode=None))
        for name, instead in {
            "init": lambda **_: None,
            "is_initialized": lambda: True,
            "nodes": lambda: [{"Alive": True}],
            "cluster_resources": lambda: dict(self.resources),
            "available_resources": lambda: dict(self.resources),
            "get_runtime_context": lambda: about,
            "wait": wait,
            "get": lambda future, timeout=None: future.get(),
            "kill": lambda actor: None,
        }.items():
            patch.setattr(ray, name, instead)
        patch.setattr(
            RemoteFunction,
            "_remote",
            lambda task, args=(), kwargs=None, **_: Future(Task(task._function, self), "", args, kwargs or {}),
        )
        patch.setattr(ray.util, "get_node_ip_address", lambda: "127.0.0.1")
        patch.setattr(ray.util, "get_current_placement_group", _nothing)
        patch.setattr(class_cache._ActorClassCache, "get", lambda _, made: ActorClass(made, self))
        patch.setattr(tune_controller, "PlacementGroupResourceManager", FixedResourceManager)
        patch.setattr(session, "_RESULT_FETCH_TIMEOUT", FETCH_SECONDS)
        patch.setattr(storage, "_get_ray_train_session_dir", lambda: str(folder))
        for name, value in AS_IN_A_JOB.items():
            patch.setenv(name, value)

    def close(self) -> None:
        """Lets functions that were broken off at a report end there."""
        for actor in self.actors:
            if actor.session is not None:
                actor.session.stop_event.set()
                actor.session.continue_lock.release()


@contextmanager
def put_back() -> Iterator[None]:
    """Puts back what Tune and a driver change of their process."""
    environment, path, modules = dict(os.environ), list(sys.path), set(sys.modules)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)}
    log = logging.getLogger("ray")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for name in [
            name for name in sys.modules if name not in modules and not getattr(sys.modules[name], "__spec__", None)
        ]:
            del sys.modules[name]  # a user's file that a driver ran
        sys.path[:] = path
        os.environ.clear()
        os.environ.update(environment)


def _nothing() -> None:
    """Nothing to do, and nothing there."""


class ActorClass(ray.actor.ActorClass):  # type: ignore[misc]
    """A class whose objects are actors; what they ask for, Tune counts by itself."""

    def __init__(self, made: type, here: RayHere) -> None:
        self.made, self.here = made, here

    def options(self, **_: Any) -> "ActorClass":
        return self

    def remote(self, **kwargs: Any) -> "Actor":
        return Actor(self.made, kwargs, self.here)


class Actor:
    """An object whose methods are called later.

    A function trainable's session is a global of Ray's, there while it is called.
    """

    def __init__(self, made: type, kwargs: dict[str, Any], here: RayHere) -> None:
        self.made, self.kwargs, self.here = made, copied(kwargs), here
        self.object: Any = None
        self.session: Any = None
        here.actors.append(self)

    def __getattr__(self, method: str) -> Any:
        if method in AT_ONCE:
            return SimpleNamespace(remote=lambda *args, **kwargs: self.call(method, args, kwargs))
        return SimpleNamespace(remote=lambda *args, **kwargs: Future(self, method, args, kwargs))

    def call(self, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        session._session = self.session
        try:
            self.object = self.object or self.made(**self.kwargs)
            return None if method == "__ray_ready__" else getattr(self.object, method)(*args, **kwargs)
        finally:
            self.session, session._session = session._session, None


class Task:
    """A function that is called later, as an actor is with but one method."""

    def __init__(self, function: Callable[..., Any], here: RayHere) -> None:
        self.function, self.here = function, here

    def call(self, _method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return self.function(*args, **kwargs)


class Future:
    """What a call returns, once it is made."""

    numbers = itertools.count()

    def __init__(self, actor: Actor | Task, method: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.number = next(self.numbers)
        self.actor, self.method = actor, method
        self.args, self.kwargs = copied((args, kwargs))
        self.is_done = False
        self.result: Any = None
        self.error: Exception | None = None

    def get(self) -> Any:
        if not self.is_done:
            self.actor.here.on_call()
            self._call()
        if self.error is not None:
            raise self.error
        return self.result

    def _call(self) -> None:
        self.is_done = True
        try:
            self.result = copied(self.actor.call(self.method, self.args, self.kwargs))
        except Exception as error:
            self.error = RayTaskError(self.method, traceback.format_exc(), error).as_instanceof_cause()


def wait(
    futures: Sequence[Future], num_returns: int = 1, timeout: float | None = None
) -> tuple[list[Future], list[Future]]:
    order = sorted(futures, key=lambda future: future.number)
    return order[:num_returns], order[num_returns:]


def copied(value: Any) -> Any:
    """Returns a value as it comes out of another process."""
    return cloudpickle.loads(cloudpickle.dumps(value))
