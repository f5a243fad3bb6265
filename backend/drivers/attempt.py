"""One attempt of a run, from its claim to its end: heartbeat, stop signal, recorder."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

from backend.drivers.heartbeat import BEAT_SECONDS, beat, cause, versions
from backend.errors import RaydeckError, StaleAttempt
from backend.model import Goal, RunState
from backend.settings import Settings
from backend.store import runs, wishes
from backend.store.database import Database
from backend.store.recording.recorder import Recorder
from backend.store.recording.refuge import Refuge

HARD_STOP_SECONDS = 12.0  # with the beat that sees the wish and the last flush, a stop is done within 15 s
GCS_MISSES = 3


class StopRequested(BaseException):
    """Raised in the main thread where nothing else handles the stop signal; no workload may swallow it."""


class Impossible(Exception):
    """What the run asks for can never be; the message says why."""


class Attempt:
    """Holds an attempt while its workload runs. The heartbeat thread beats each second and passes on a stop."""

    def __init__(
        self, settings: Settings, database: Database, run_id: str, number: int, goal: Goal | None = None
    ) -> None:
        self.settings, self.database, self.run_id, self.number, self.goal = settings, database, run_id, number, goal
        self.stop_requested = False
        self.wishes = wishes.Wishes()
        self.gcs_address = ""  # set once Ray is connected
        self.waits_for: Callable[[], str] = str
        self._began = time.monotonic()
        self._waiting = ""
        self._ended = threading.Event()
        self._refuge: Refuge | None = None  # where its writes go while its database is gone
        self._ending = threading.Lock()  # whoever holds it writes the end; nobody gives it back

    def __enter__(self) -> Self:
        runs.claim(self.database, self.run_id, self.number, socket.gethostname(), versions())
        signal.signal(signal.SIGUSR1, _raise_stop)
        signal.signal(signal.SIGTERM, _raise_exit)
        self._refuge = Refuge(self.database, self.run_id, self.number, self.settings.home)
        self.recorder = Recorder(self.database, self.run_id, self.number, self.goal)
        threading.Thread(target=self._keep_beating, name="heartbeat", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()

    def finish(self, to: RunState, note: str = "", error: BaseException | str = "", trace: str = "") -> None:
        """Writes what is left and ends the attempt; a full disk is waited for."""
        for number in (signal.SIGUSR1, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)  # a second wish to stop must not keep the end from being written
        if not self._ending.acquire(blocking=False):
            threading.Event().wait()  # the heartbeat thread is ending this process
        self.recorder.finish(to, note, *cause(error, trace))
        if self._refuge is not None:
            self._refuge.leave()
        inside, whole = self.recorder, time.monotonic() - self._began
        print(
            f"recorder: {inside.seconds_inside:.3f} s in {whole:.1f} s, {inside.cpu_inside:.3f} s of it computing",
            flush=True,
        )

    def _keep_beating(self) -> None:
        stop_seen, misses = 0.0, 0
        while not self._ended.wait(BEAT_SECONDS):
            self._beat()
            misses = 0 if self._gcs_answers() else misses + 1
            if misses >= GCS_MISSES:
                self._end_now(RunState.LOST, "The Ray cluster ended while the run was running.")
            if self.stop_requested:
                stop_seen = stop_seen or time.monotonic()
                os.kill(os.getpid(), signal.SIGUSR1)  # Tune's graceful stop; before it, StopRequested
                if time.monotonic() - stop_seen > HARD_STOP_SECONDS:
                    self._end_now(RunState.STOPPED, f"ended by force: no report came for {HARD_STOP_SECONDS:.0f} s")

    def _beat(self) -> None:
        """Writes one heartbeat. Whatever goes wrong with one, the next is tried: silence would look like death."""
        try:
            heard = beat(self.recorder, self._waiting)
            self.stop_requested, self.wishes = heard.stop_requested, heard.wishes
            self._waiting = self.waits_for()
        except StaleAttempt as error:
            print(error, file=sys.stderr, flush=True)
            os._exit(3)
        except Exception as error:
            print(f"heartbeat: {error}", file=sys.stderr, flush=True)

    def _gcs_answers(self) -> bool:
        if not self.gcs_address:
            return True
        host, _, port = self.gcs_address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            return False
        return True

    def _end_now(self, to: RunState, reason: str) -> None:
        """Ends the process from the heartbeat thread, when the main thread hangs in Ray."""
        if not self._ending.acquire(blocking=False):
            return  # the main thread is about to write the end itself
        try:
            self.recorder.close()
            runs.finish(self.database, self.run_id, self.number, to, reason, reason if to is RunState.LOST else "")
        except RaydeckError as error:
            print(error, file=sys.stderr, flush=True)
        os._exit(1)


def _raise_stop(_number: int, _frame: FrameType | None) -> None:
    raise StopRequested


def _raise_exit(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(143)
