"""What cannot be written is tried again: for how long, what is said meanwhile, and what is never waited out."""

from collections.abc import Callable, Iterator

import pytest

from backend.errors import StaleAttempt, StoreUnavailable
from backend.store.recording.patience import PAUSE_SECONDS, Patience

FULL = StoreUnavailable("the disk is full")


def failing(*problems: Exception | None) -> Callable[[], None]:
    """Returns a write that meets these one after another; None where it goes well."""
    left: Iterator[Exception | None] = iter(problems)

    def write() -> None:
        problem = next(left)
        if problem is not None:
            raise problem

    return write


def test_what_goes_well_is_done_once_and_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    Patience("kept").until_written(failing(None))
    assert capsys.readouterr().err == ""


def test_it_is_tried_until_it_is_written_and_why_not_is_said_each_time(capsys: pytest.CaptureFixture[str]) -> None:
    pauses: list[float] = []
    patience = Patience("kept", wait=pauses.append)
    patience.until_written(failing(FULL, FULL, None))
    assert capsys.readouterr().err == "kept: the disk is full\n" * 2
    assert pauses == [PAUSE_SECONDS] * 2
    assert patience.problem is None


def test_while_it_waits_the_problem_can_be_told() -> None:
    told: list[str] = []
    patience = Patience("kept", wait=lambda _: told.append(str(patience.problem)))
    assert not patience.tried(failing(FULL))
    assert told == ["the disk is full"]
    assert patience.tried(failing(None))
    assert patience.problem is None


def test_after_the_limit_the_last_problem_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr("backend.store.recording.patience.time.monotonic", lambda: now[0])
    last = StoreUnavailable("still full")
    with pytest.raises(StoreUnavailable, match="still full"):
        Patience("kept", pause=1.0, wait=wait).until_written(failing(FULL, FULL, last, None), limit=2.5)
    assert now[0] == 3.0


@pytest.mark.parametrize(
    ("of", "problem"), [(StoreUnavailable, OSError("no such thing")), (Exception, StaleAttempt("run", 1))]
)
def test_what_is_not_waited_out_is_raised_at_once(of: type[Exception], problem: Exception) -> None:
    with pytest.raises(type(problem)):
        Patience("kept", of, wait=pytest.fail).until_written(failing(problem))
