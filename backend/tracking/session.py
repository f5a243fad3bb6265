"""A run that somebody's own code does, from its row to its end."""

import atexit
import os
import socket
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from backend.drivers.heartbeat import BEAT_SECONDS, beat, cause, versions
from backend.errors import IllegalMove, NotANumber, StaleAttempt
from backend.model import RunState, TrialState
from backend.model.external import ExternalSpec
from backend.model.readings import readings
from backend.settings import read_settings
from backend.store import runs
from backend.store.database import open_database
from backend.store.recording.elsewhere import Answer
from backend.store.recording.patience import say
from backend.store.recording.recorder import Recorder
from backend.store.recording.refuge import Refuge

BEGIN_SECONDS = 10.0  # for how long the end of a process waits for a run that is about to begin
INTERRUPTED = "interrupted from the keyboard"
STEP = "step"
LET_GO = "its script let go of it"


class Session:
    """A run of a script's own: its row, its recorder, its heartbeat. The script never fails because of them.

    Ctrl-C may come at any moment, also here: the run is begun, written and ended by other threads, and whatever of it
    was not done when the script's own was interrupted, they do.
    """

    def __init__(self, spec: ExternalSpec, *, with_trial: bool = True, resume: str = "") -> None:
        """Begins a run, or with `resume` the next attempt of one that is over.

        Raises:
            StoreUnavailable: the database cannot be used; the message says what to do.
            UnknownRun, IllegalMove: the run to resume is gone, or not over, or it succeeded.
        """
        self.stop_requested = self.is_unwanted = self.is_over = False
        self.on_beat: Callable[[], None] = _nothing  # called with each heartbeat, in its thread
        self.meant: tuple[RunState, str] = RunState.SUCCEEDED, LET_GO  # how it ends if nobody says more
        self._holder: weakref.ref[object] = weakref.ref(self)
        self._has_begun = False
        self._is_left = False  # whether whoever began it never got it
        self._ends: SimpleQueue[None] = SimpleQueue()  # wakes the heartbeat
        self._process = os.getpid()
        self._beginning: Answer[None] = Answer()
        atexit.register(self._at_exit)
        try:
            self._beginning.start(partial(self._begin, spec, with_trial, resume))
            self._beginning.wait()
        except Exception:
            atexit.unregister(self._at_exit)
            raise
        except BaseException:
            self._is_left = True
            raise

    def _begin(self, spec: ExternalSpec, with_trial: bool, resume: str) -> None:
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
        Thread(target=self._keep_beating, name="raydeck heartbeat", daemon=True).start()
        self._has_begun = True

    def held_by(self, holder: object) -> None:
        """Once nobody holds that any more, nobody can report: the run is over."""
        self._holder = weakref.ref(holder)

    def report(self, trial: int, step: float | None, values: Mapping[str, Any], *, strict: bool = False) -> None:
        """Takes one report; what in it is no number is left out and named once, unless `strict`.

        Raises:
            NotANumber: names the metric whose value is no number; nothing of the report was recorded. If `strict` only.
            IllegalMove: the run is over, or belongs to another process.
        """
        if self._process != os.getpid():
            raise IllegalMove(f"Run {self.id} belongs to process {self._process}, which began it; log there.")
        if not self.is_over:
            try:
                self.recorder.report(trial, step, values, numbered=True)
            except NotANumber:
                if strict:
                    raise
                self._report_in_part(trial, step, values)
        # or it was deleted, which the heartbeat has said: no reason for the script to fail
        if (self.is_over or self.recorder.is_closed) and not self.is_unwanted:
            raise IllegalMove(f"Run {self.id} is over; nothing more can be logged.")

    def _report_in_part(self, trial: int, step: Any, values: Mapping[str, Any]) -> None:
        known, (numbers, left_out) = readings({STEP: step}), readings(values)
        if numbers:
            self.recorder.report(trial, known.numbers.get(STEP), numbers, numbered=True)
        self.recorder.leave_out(left_out if step is None else known.left_out | left_out)

    def go_back(self, trial: int, after: int) -> None:
        """Lets a trial go on after its first `after` reports; later ones are kept aside. Nothing of a run that is
        over."""
        if not self.is_over:
            with suppress(StaleAttempt):  # the heartbeat says so
                self.recorder.go_back(trial, after)

    def finish(
        self,
        to: RunState,
        note: str = "",
        error: BaseException | str = "",
        trace: str = "",
        ends_trials: bool = False,
    ) -> None:
        """Writes what is left and the end, if asked for also of the trials that still run; again is nothing."""
        if not self.is_over:
            self.recorder.ask(partial(self._end, to, note, *cause(error, trace), ends_trials))

    # ---- in the recorder's thread

    def _end(self, to: RunState, note: str, error: str, trace: str, ends_trials: bool) -> None:
        if self.is_over:
            return
        if ends_trials:
            self.recorder.end_trials(TrialState(to))
        try:
            self.recorder.end(to, note, error, trace)
            self._refuge.leave()
        except Exception as problem:  # the run was deleted, the disk stayed full: whatever it is, the script goes on
            _say(f"the end of run {self.id} could not be written: {problem}")
        self._is_done()
        self.database.close()

    def _is_done(self) -> None:
        self.is_over = True
        self._ends.put(None)
        atexit.unregister(self._at_exit)

    # ---- in the heartbeat's thread

    def _keep_beating(self) -> None:
        said = ""
        while not self._is_over_within(BEAT_SECONDS):
            try:
                self.stop_requested = beat(self.recorder).stop_requested or self.stop_requested
                self.on_beat()
                self._ends_unless_held()
                said = ""
            except StaleAttempt:
                if not self.is_over and not self.recorder.is_closed:  # or its end was written while this beat came
                    self._give_up()
            except Exception as error:  # the next beat is tried: silence would look like death
                if str(error) != said:
                    _say(f"no heartbeat of run {self.id}: {error}")
                said = str(error)

    def _is_over_within(self, seconds: float) -> bool:
        with suppress(Empty):
            self._ends.get(timeout=seconds)
        return self.is_over

    def _ends_unless_held(self) -> None:
        """A run that nobody can report to is over: it was interrupted while it began, or its script let go of it."""
        if self._is_left:
            self.finish(RunState.STOPPED, INTERRUPTED, ends_trials=True)
        elif self._holder() is None:
            to, note = self.meant if self.recorder.reports(0) else (RunState.STOPPED, LET_GO)
            self.finish(to, note, ends_trials=True)

    def _give_up(self) -> None:
        _say(f"run {self.id} was deleted or taken over; nothing more of it is recorded.")
        self.is_unwanted = True
        self._is_done()
        self.recorder.abandon()

    # ---- when the process ends

    def _at_exit(self) -> None:
        """The script ended without finishing its run: as it ended, so did the run."""
        if self._process != os.getpid():
            return  # a forked child is not the script
        if not self._has_begun:
            with suppress(Exception):
                self._beginning.wait(BEGIN_SECONDS)
        if not self._has_begun:
            return
        error = None if _is_notebook() else getattr(sys, "last_value", None)
        if self._is_left or isinstance(error, KeyboardInterrupt):
            self.finish(RunState.STOPPED, INTERRUPTED, ends_trials=True)
        elif error is None or (isinstance(error, SystemExit) and not error.code):
            self.finish(RunState.SUCCEEDED, "ended with its process", ends_trials=True)
        else:
            self.finish(RunState.FAILED, error=error, ends_trials=True)


def _is_notebook() -> bool:
    """Whether an error that went to the top was one line's among others, and ended nothing."""
    return hasattr(sys, "ps1") or ("IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None)


def _say(text: str) -> None:
    say(f"raydeck: {text}")


def _nothing() -> None:
    """Nothing to do with a heartbeat."""
