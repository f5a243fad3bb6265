"""python -m backend.drivers RUN_ID ATTEMPT MODULE [EARLY]: what Ray starts as the run's job.

MODULE holds the `work` of the run's kind; `connect` of the module EARLY is called before anything else is imported.
"""

import os
import sys
from importlib import import_module
from typing import Any

os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"  # we record; CSV, JSON and TensorBoard copies cost time
os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "1"  # what a kill -9 loses of Tune's own state
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

if __name__ == "__main__" and sys.argv[4:]:  # before anything else, so that workers start meanwhile
    import_module(sys.argv[4]).connect()

from backend.drivers.attempt import Attempt, Impossible, StopRequested
from backend.drivers.output import never_fail
from backend.errors import InvalidSpec, StaleAttempt, StoreGone, UnknownRun, UnknownWorkload
from backend.model import RunState
from backend.model.outcome import Outcome
from backend.model.validation import validated
from backend.settings import Settings
from backend.store import queries
from backend.store.database import open_database


def main(run_id: str, number: int, module: str) -> int:
    """Runs one attempt and returns the exit code: 0 if it succeeded or stopped, 1 if it
    failed, 3 if nobody wants it."""
    settings = Settings()
    try:
        database = open_database(settings, makes=False)
        run = queries.run(database, run_id)
        with Attempt(settings, database, run_id, number, run.goal) as attempt:
            return _attempt(attempt, module, run.spec)
    except (StaleAttempt, StoreGone, UnknownRun) as error:
        print(error, file=sys.stderr)
        return 3


def _attempt(attempt: Attempt, module: str, stored: dict[str, Any]) -> int:
    try:
        work = import_module(module).work
        outcome: Outcome = work.drive(validated(work.spec, stored), attempt)
    except StopRequested:
        attempt.finish(RunState.STOPPED, "stopped by you")
        return 0
    except SystemExit:
        attempt.finish(RunState.STOPPED, "stopped from outside (SIGTERM)")
        return 0
    except (Impossible, InvalidSpec, UnknownWorkload) as error:
        attempt.finish(RunState.FAILED, error=str(error))
        return 1
    except StaleAttempt:
        raise
    except BaseException as error:
        attempt.finish(RunState.FAILED, error=error)
        raise
    attempt.finish(outcome.state, outcome.note, outcome.error, outcome.traceback)
    return 1 if outcome.state is RunState.FAILED else 0


if __name__ == "__main__":
    never_fail()
    code = main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Ray's own clean-up at exit takes a second and more, and the job's processes end with it anyway
