"""Recording from anywhere: a run that somebody's own script or notebook does, live in the app."""

import atexit
import numbers
import os
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from backend.drivers.heartbeat import BEAT_SECONDS, beat, cause, versions
from backend.errors import IllegalMove, StaleAttempt
from backend.model import RunState, TrialState
from backend.model.external import ExternalSpec
from backend.model.seeds import MAX_SEED
from backend.model.validation import validated
from backend.settings import read_settings
from backend.store import runs
from backend.store.database import open_database
from backend.store.recording.recorder import Recorder
from backend.store.recording.refuge import Refuge
from backend.store.schema import storable, storable_within


class Session:
    """A run of a script's own: its row, its recorder, its heartbeat. The script never fails because of them."""

    def __init__(self, spec: ExternalSpec, *, with_trial: bool = True, resume: str = "") -> None:
        """Begins a run, or with `resume` the next attempt of one that is over.

        Raises:
            StoreUnavailable: the database cannot be used; the message says what to do.
            UnknownRun, IllegalMove: the run to resume is gone, or not over, or it succeeded.
        """
        settings = read_settings()
        self.database = open_database(settings)
        host = socket.gethostname()
        if resume:
            self.id, attempt = resume, runs.reopen(self.database, resume, host, versions())
        else:
            content = spec.model_dump(mode="json", exclude_none=True)
            self.id, attempt = runs.begin(self.database, content, host, versions(), with_trial=with_trial), 1
        self._refuge = Refuge(self.database, self.id, attempt, settings.home)
        self.recorder = Recorder(self.database, self.id, attempt)
        self.stop_requested = self.is_unwanted = False
        self.on_beat: Callable[[], None] = _nothing  # called with each heartbeat, in its thread
        self._ended = threading.Event()
        self._ending = threading.Lock()
        self._process = os.getpid()
        self._thread = threading.Thread(target=self._keep_beating, name="raydeck heartbeat", daemon=True)
        self._thread.start()
        atexit.register(self._at_exit)

    @property
    def is_over(self) -> bool:
        return self._ended.is_set()

    def report(self, trial: int, step: float | None, values: Mapping[str, Any]) -> None:
        """Takes one report.

        Raises:
            NotANumber: names the metric whose value is no number; nothing of the report was recorded.
            IllegalMove: the run is over, or belongs to another process.
        """
        if self._process != os.getpid():
            raise IllegalMove(f"Run {self.id} belongs to process {self._process}, which began it; log there.")
        if not self._ended.is_set():
            self.recorder.report(trial, step, values, numbered=True)
        elif not self.is_unwanted:  # or it was deleted, which the heartbeat has said: no reason for the script to fail
            raise IllegalMove(f"Run {self.id} is over; nothing more can be logged.")

    def go_back(self, trial: int, after: int) -> None:
        """Lets a trial go on after its first `after` reports; later ones are kept aside. Nothing of a run that is
        over."""
        if not self._ended.is_set():
            with suppress(StaleAttempt):  # the heartbeat says so
                self.recorder.go_back(trial, after)

    def finish(self, to: RunState, note: str = "", error: BaseException | str = "", trace: str = "") -> None:
        """Writes what is left and the end; again is nothing."""
        with self._ending:
            if self._ended.is_set():
                return
            self._ended.set()
        atexit.unregister(self._at_exit)
        try:
            self.recorder.finish(to, note, *cause(error, trace))
            self._refuge.leave()
        except Exception as problem:  # the run was deleted, the disk stayed full: whatever it is, the script goes on
            _say(f"the end of run {self.id} could not be written: {problem}")
        self.database.close()

    def _keep_beating(self) -> None:
        said = ""
        while not self._ended.wait(BEAT_SECONDS):
            try:
                self.stop_requested = beat(self.recorder).stop_requested or self.stop_requested
                self.on_beat()
                said = ""
            except StaleAttempt:
                if not self._ended.is_set():  # or its end was written while this beat was on its way
                    self._give_up()
            except Exception as error:  # the next beat is tried: silence would look like death
                if str(error) != said:
                    _say(f"no heartbeat of run {self.id}: {error}")
                said = str(error)

    def _give_up(self) -> None:
        _say(f"run {self.id} was deleted or taken over; nothing more of it is recorded.")
        self.is_unwanted = True
        self._ended.set()
        self.recorder.abandon()

    def _at_exit(self) -> None:
        """The script ended without finishing its run: as it ended, so did the run."""
        if self._process != os.getpid():
            return  # a forked child is not the script
        error = getattr(sys, "last_value", None)
        if error is None:
            self.recorder.end_trials(TrialState.SUCCEEDED)
            self.finish(RunState.SUCCEEDED, "ended with its process")
        else:
            self.recorder.end_trials(TrialState.FAILED)
            self.finish(RunState.FAILED, error=error)


class TrackedRun:
    """What `track` returns. `log` takes reports, `stop_requested` says whether Stop was pressed in the app."""

    def __init__(self, spec: ExternalSpec) -> None:
        self._session = Session(spec)

    @property
    def id(self) -> str:
        """The run's id: its page is /run?id=…"""
        return self._session.id

    @property
    def stop_requested(self) -> bool:
        """Whether somebody asked the run to stop, at most about a second ago. End your loop then."""
        return self._session.stop_requested

    def log(self, metrics: Mapping[str, Any], step: float | None = None) -> None:
        """Records one report: numbers of Python, NumPy or torch by name. On disk within a second.

        Args:
            metrics: NaN and infinities are kept and shown as such.
            step: where on the x axis it stands; the number of the report, from 0, when left out.

        Raises:
            NotANumber: names the metric whose value is no number; nothing of the report was recorded.
            IllegalMove: the run is over.
        """
        self._session.report(0, step, metrics)

    def finish(self) -> None:
        """Ends the run as succeeded, or as stopped if a stop was requested.

        The end of a `with` block does it for you.
        """
        self._end(RunState.STOPPED if self.stop_requested else RunState.SUCCEEDED)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (isinstance(error, SystemExit) and not error.code):
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self._end(RunState.STOPPED, "interrupted from the keyboard")
        else:
            self._end(RunState.FAILED, error=error)

    def _end(self, to: RunState, note: str = "", error: BaseException | str = "") -> None:
        if not self._session.is_over:
            self._session.recorder.end_trials(TrialState(to))
            self._session.finish(to, note or ("stopped by you" if to is RunState.STOPPED else ""), error)

    def __repr__(self) -> str:
        return f"<tracked run {self.id}{', over' if self._session.is_over else ''}>"


def track(
    name: str, kind: str = "external", params: Mapping[str, Any] | None = None, *, seed: int | None = None
) -> TrackedRun:
    """Begins a run that your own code does; it is in the app at once, with a heartbeat until it ends.

    Use it as `with backend.track("mine", params={"lr": 0.1}) as run: run.log({"reward": 1.0}, step=3)`. Without `with`,
    end it by `run.finish()`; a script that does neither ends its run with itself.

    Args:
        name: what you will recognise the run by.
        kind: "external", the only kind that is tracked so far.
        params: what the run works with; NumPy scalars are taken, anything that is no data is kept as text.
        seed: runs that differ only in it are repetitions of each other. A whole number under "seed" in `params` is it
            too.

    Raises:
        InvalidSpec: a name or params that cannot be stored.
        StoreUnavailable: the database cannot be used; the message says what to do.
    """
    return TrackedRun(external_spec(name, kind, params, seed))


def external_spec(name: str, kind: str, params: Mapping[str, Any] | None, seed: int | None = None) -> ExternalSpec:
    """Returns the spec of a tracked run; a seed among its params becomes its seed."""
    name, rest = storable(name), storable_within(dict(params or {}))
    param_seed = rest.get("seed")
    if seed is None and isinstance(param_seed, numbers.Integral) and 0 <= int(param_seed) <= MAX_SEED:
        seed = int(rest.pop("seed"))
    return validated(ExternalSpec, {"kind": kind, "name": name, "params": rest, "seed": seed})


def _say(text: str) -> None:
    print(f"raydeck: {text}", file=sys.stderr, flush=True)


def _nothing() -> None:
    """Nothing to do with a heartbeat."""
