"""python -m backend.drivers RUN_ID ATTEMPT: what Ray starts as the run's job."""

import os
import sys

os.environ["TUNE_DISABLE_AUTO_CALLBACK_LOGGERS"] = "1"  # we record; CSV, JSON and TensorBoard copies cost time
os.environ["TUNE_GLOBAL_CHECKPOINT_S"] = "1"  # what a kill -9 loses of Tune's own state
os.environ["RAY_AIR_NEW_OUTPUT"] = "0"
os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
os.environ.setdefault("SDL_AUDIODRIVER", "dummy")

from backend import specs
from backend.drivers import rl
from backend.drivers.attempt import Attempt, StopRequested
from backend.errors import StaleAttempt, UnknownRun
from backend.settings import Settings
from backend.store import queries
from backend.store.database import open_database
from backend.store.values import RunState

DRIVERS = {"rl": rl.drive}


def main(run_id: str, number: int) -> int:
    """Runs one attempt and returns the exit code: 0 if it succeeded or stopped, 1 if it failed, 3 if nobody wants it."""
    settings = Settings()
    database = open_database(settings)
    try:
        run = queries.run(database, run_id)
        with Attempt(settings, database, run_id, number) as attempt:
            return _attempt(attempt, DRIVERS[run.kind], run.spec)
    except (StaleAttempt, UnknownRun) as error:
        print(error, file=sys.stderr)
        return 3


def _attempt(attempt: Attempt, drive: rl.Drive, spec: dict[str, object]) -> int:
    try:
        outcome = drive(specs.parse(spec), attempt)
    except StopRequested:
        attempt.finish(RunState.STOPPED, "stopped by you")
        return 0
    except SystemExit:
        attempt.finish(RunState.STOPPED, "stopped from outside (SIGTERM)")
        return 0
    except StaleAttempt:
        raise
    except BaseException as error:
        attempt.finish(RunState.FAILED, error=error)
        raise
    attempt.finish(outcome.state, outcome.note, outcome.error, outcome.traceback)
    return 1 if outcome.state is RunState.FAILED else 0


if __name__ == "__main__":
    code = main(sys.argv[1], int(sys.argv[2]))
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # Ray's own clean-up at exit takes a second and more, and the job's processes end with it anyway
