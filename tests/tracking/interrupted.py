"""A script that is interrupted at random moments and goes on, for test_interrupts: `interrupted.py SEED INTERRUPTS`.

Prints a line of JSON for each run it began: its id, how many reports of each thread were acknowledged, how it ended.
"""

import contextlib
import json
import os
import random
import signal
import sys
import threading
import time

import backend
from backend.tracking.track import TrackedRun

THREADS = 3
LONGEST = 0.12  # seconds until an interrupt comes


class Loop:
    """One run: what its script has reported and knows to be taken."""

    def __init__(self, threads: int) -> None:
        self.acknowledged = [0] * threads
        self.id = ""
        self.is_stopped = False

    def script(self) -> None:
        """Raises what comes into it."""
        with backend.track("interrupted") as run:
            self.id = run.id
            others = [threading.Thread(target=self.report, args=(run, n)) for n in range(1, len(self.acknowledged))]
            try:
                for each in others:
                    each.start()
                self.report(run, 0)
            finally:
                self.is_stopped = True
                for each in others:
                    with contextlib.suppress(RuntimeError):  # never started
                        each.join()

    def report(self, run: TrackedRun, thread: int) -> None:
        for number in range(10**9):
            if self.is_stopped:
                return
            run.log({f"thread/{thread}": float(number)}, step=number)
            self.acknowledged[thread] = number + 1


class Interrupter:
    """Interrupts the process after some seconds, and then again and again: one that comes into a callback of the
    garbage collector is swallowed by Python, and a person presses again."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._is_over, self.is_ended = seconds, False, False
        self._thread = threading.Thread(target=self._work)

    def _work(self) -> None:
        time.sleep(self._seconds)
        while not self._is_over:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(LONGEST)

    def start(self) -> None:
        self._thread.start()

    def end(self) -> None:
        """Waits until no more will come."""
        self._is_over = True
        self._thread.join()
        self.is_ended = True


def main(seed: int, interrupts: int) -> None:
    rng = random.Random(seed)
    for _ in range(interrupts):
        loop, ended = Loop(rng.choice([1, THREADS])), ""
        interrupter = Interrupter(rng.random() * LONGEST)
        try:
            interrupter.start()
            loop.script()
        except KeyboardInterrupt:
            ended = "interrupted"
        while not interrupter.is_ended:
            with contextlib.suppress(KeyboardInterrupt):
                interrupter.end()
        print(json.dumps({"id": loop.id, "acknowledged": loop.acknowledged, "ended": ended}), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
