"""What a driver and somebody's own script share: how they beat, what results depend on, what is said of an error."""

import importlib.metadata
import platform
import traceback

from backend.store import wishes
from backend.store.recording.recorder import Recorder

BEAT_SECONDS = 1.0
PACKAGES = ("ray", "torch", "gymnasium", "numpy")


def versions() -> dict[str, str]:
    """Returns the versions a result depends on, read without importing the packages."""
    by_package = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            by_package[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return by_package


def beat(recorder: Recorder, waits_for: str = "") -> wishes.Beat:
    """Writes one heartbeat and returns what was asked of the run meanwhile. `waits_for` is what keeps it from working.

    Raises:
        StaleAttempt: another attempt has taken over, or the run was deleted.
        StoreUnavailable
    """
    heard = wishes.beat(recorder.database, recorder.run_id, recorder.attempt, waits_for)
    if heard.came_back:  # a reader took the run for lost and ended its trials
        recorder.rewrite()
    return heard


def cause(error: BaseException | str, trace: str = "") -> tuple[str, str]:
    """Returns what is stored of an error: its kind and message, and its traceback."""
    if isinstance(error, BaseException):
        return f"{type(error).__name__}: {error}", "".join(traceback.format_exception(error))
    return error, trace
