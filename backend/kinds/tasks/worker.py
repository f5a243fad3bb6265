"""What runs in Ray's workers: a chunk of a fan-out's tasks, each timed, each result made storable by itself.

Imports little, and nothing of the store: workers never touch the database.
"""

import contextlib
import faulthandler
import hashlib
import importlib
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any

import ray

from backend.cache import Cache
from backend.drivers import own_module
from backend.kinds.tasks.results import storable

MOST_REPORT = 32_000_000  # bytes of results that go back at a time
MOST_OUTPUT = 2000  # letters of what a task printed
GRACE_SECONDS = 2.0  # after which a task that does not heed its timeout ends its worker


@dataclass(frozen=True)
class Code:
    """What the tasks of a run call, the same for all of them."""

    code: str  # "module:attribute"
    text: str = ""  # of the user's own file; empty where the module is imported
    folder: str = ""  # of the user's files, for those that import each other
    params: dict[str, Any] = field(default_factory=dict)
    init: dict[str, Any] = field(default_factory=dict)
    paths: tuple[str, ...] = ()  # arguments that become a pathlib.Path
    is_class: bool = False
    timeout_s: float | None = None
    scratch: str = ""  # folder for the last words of tasks that do not heed their timeout


@dataclass
class ChunkReport:
    """What a worker tells of a chunk: entry by entry of those it came to, in order; the rest waits for another turn."""

    node: str
    pid: int
    started: list[float] = field(default_factory=list)  # seconds since the epoch
    seconds: list[float] = field(default_factory=list)
    results: list[str | None] = field(default_factory=list)  # JSON
    values: list[float | None] = field(default_factory=list)
    files: dict[int, tuple[str, bytes]] = field(default_factory=dict)  # place -> suffix and content
    # place -> kind, where, message, traceback
    errors: dict[int, tuple[str, str, str, str]] = field(default_factory=dict)
    outputs: dict[int, str] = field(default_factory=dict)
    size: int = 0  # bytes of results so far
    cannot_load: tuple[str, str] | None = None  # message and traceback: no task can run


class TaskTimeout(BaseException):
    """A task took longer than it may. No Exception, so that a task's own `except Exception` does not swallow it."""


_loaded: Cache[Callable[..., Any]] = Cache(8)  # by run


def run_chunk(code: Code, run_id: str, inputs: list[str], seconds: float) -> ChunkReport:
    """Runs tasks one after another, for about `seconds`; always at least one.

    `inputs` are JSON objects of arguments.
    """
    report = ChunkReport(ray.get_runtime_context().get_node_id()[:8], os.getpid())
    try:
        call = _loaded.get(run_id, lambda: _load(code))
    except (Exception, SystemExit) as error:  # a script that ends itself on import
        report.cannot_load = (f"{type(error).__name__}: {_said(error)}", traceback.format_exc())
        return report
    until = time.perf_counter() + seconds
    with _quiet() as printed:
        for place, task_input in enumerate(inputs):
            _run_one(code, call, task_input, place, report)
            if printed.length:
                report.outputs[place] = printed.take()
            if time.perf_counter() > until or report.size > MOST_REPORT:
                break
    return report


def _run_one(code: Code, call: Callable[..., Any], task_input: str, place: int, report: ChunkReport) -> None:
    report.started.append(time.time())
    began = time.perf_counter()
    result, value = None, None
    try:
        arguments = code.params | json.loads(task_input)
        for name in code.paths:
            if isinstance(arguments.get(name), str):
                arguments[name] = Path(arguments[name]).expanduser()
        returned = (
            _limited(call, arguments, code.timeout_s, last_words(code.scratch, task_input))
            if code.timeout_s
            else call(**arguments)
        )
        result, value, file = storable(returned)
        if file is not None:
            report.files[place] = file
    except (KeyboardInterrupt, ray.exceptions.TaskCancelledError):
        raise  # Ray's way to end us
    except TaskTimeout:
        report.errors[place] = ("Timeout", "", f"took longer than {code.timeout_s:g} s", _trace())
    except BaseException as error:
        report.errors[place] = (type(error).__name__, _place(error), _said(error), _trace())
    report.seconds.append(time.perf_counter() - began)
    report.results.append(result)
    report.size += len(result or "") + (len(report.files[place][1]) if place in report.files else 0)
    report.values.append(value)


def _limited(call: Callable[..., Any], arguments: dict[str, Any], seconds: float, words: Path) -> Any:
    """Calls with a time limit: a signal first; where that is not heeded, because C code holds the GIL, the process
    ends.

    Before it does, where it hangs is written to `words`.
    """
    words.parent.mkdir(parents=True, exist_ok=True)
    with words.open("w") as file:
        faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=file)
        signal.signal(signal.SIGALRM, _raise_timeout)
        signal.setitimer(signal.ITIMER_REAL, seconds)
        try:
            return call(**arguments)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            faulthandler.cancel_dump_traceback_later()
            words.unlink(missing_ok=True)


def last_words(scratch: str, task_input: str) -> Path:
    """Returns the file that says where a task hung when its process was ended; it may be on another machine."""
    return Path(scratch) / hashlib.sha1(task_input.encode(), usedforsecurity=False).hexdigest()


def _raise_timeout(_number: int, _frame: FrameType | None) -> None:
    raise TaskTimeout


def _load(code: Code) -> Callable[..., Any]:
    module, _, attribute = code.code.partition(":")
    workload = getattr(
        own_module.run(module, code.text, code.folder) if code.text else importlib.import_module(module), attribute
    )
    workload = getattr(workload, "_function", workload)  # a function decorated with ray.remote
    return workload(**code.init) if code.is_class else workload


def _trace() -> str:
    """Returns the traceback without our own frames."""
    kind, error, trace = sys.exc_info()
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    return "".join(traceback.format_exception(kind, error, trace))[-20_000:]


def _said(error: BaseException) -> str:
    """Returns an exception's message, also where its own code cannot say it."""
    try:
        return str(error)
    except Exception as problem:
        return f"its message cannot be shown: {type(problem).__name__}"


def _place(error: BaseException) -> str:
    """Returns file and line where it was raised."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename != __file__]
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""


class _Tail(io.TextIOBase):
    """Takes what is printed and keeps the end of it."""

    def __init__(self) -> None:
        self.length = 0
        self._text = ""

    def write(self, text: str) -> int:
        self.length += len(text)
        self._text = (self._text + text[-MOST_OUTPUT:])[-MOST_OUTPUT:]
        return len(text)

    def writable(self) -> bool:
        return True

    def take(self) -> str:
        text = (
            f"… {self.length - MOST_OUTPUT:,} letters before\n{self._text}" if self.length > MOST_OUTPUT else self._text
        )
        self.length, self._text = 0, ""
        return text.replace("\0", "\ufffd").encode("utf-8", "replace").decode()


@contextlib.contextmanager
def _quiet() -> Iterator[_Tail]:
    tail = _Tail()
    with contextlib.redirect_stdout(tail), contextlib.redirect_stderr(tail):
        yield tail


class Worker:
    """An actor of a pool: loads its class once, then runs chunk after chunk."""

    def __init__(self, code: Code, run_id: str) -> None:
        self.code, self.run_id = code, run_id

    def run(self, inputs: list[str], seconds: float) -> ChunkReport:
        return run_chunk(self.code, self.run_id, inputs, seconds)
