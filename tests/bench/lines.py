"""A run of many trials, each with a report a second, until it is killed: python -m tests.bench.lines TRIALS."""

import random
import sys
import time

from backend.tracking.track import Session, external_spec

if __name__ == "__main__":
    session = Session(external_spec("lines", "external", {}), with_trial=False)
    for number in range(int(sys.argv[1])):
        session.recorder.add_trial(number, {"lr": number / 1000})
    print(session.id, flush=True)
    for step in range(10**9):
        for number in range(int(sys.argv[1])):
            session.report(number, step, {"reward": step + number + random.random()})
        time.sleep(1)
