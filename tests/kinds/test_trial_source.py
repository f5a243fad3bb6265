"""From which checkpoint a trial goes on."""

from pathlib import Path
from typing import Any

import pytest

from backend.kinds import noted
from backend.kinds.noted import Noted
from backend.kinds.trial_source import TrialSource
from backend.kinds.trials import OpenTrial

ROW = "00000/checkpoint_000003"


def begins(home: Path, **known: Any) -> tuple[str, int, int | None] | None:
    """From which checkpoint, of which iteration, with how many reports."""
    source: Any = TrialSource(None, None, home)  # type: ignore[arg-type]
    found = source._checkpoint(OpenTrial(0, **known))
    return found and (str(found.path.relative_to(home)), found.iteration, found.reports)


def lay_out(home: Path, *names: str) -> None:
    for name in names:
        (home / name).mkdir(parents=True)


@pytest.mark.parametrize(
    ("there", "goes_on_from"),
    [
        ([3, 4], (3, 7, 21)),
        ([4, 5], (4, 8, None)),  # the kill came before the row knew of those that replaced it
        ([4, 5, 6], (5, 9, None)),  # the last may be half written, the first half deleted
        ([5], (5, 9, None)),
        ([], None),
    ],
)
def test_it_is_the_one_that_its_row_knows_or_else_a_whole_one_that_came_after(
    tmp_path: Path, there: list[int], goes_on_from: Any
) -> None:
    lay_out(tmp_path, *(f"00000/checkpoint_{index:06d}" for index in there))
    found = begins(tmp_path, checkpoint=ROW, iteration=7, holds=21)
    assert found == (goes_on_from and (f"00000/checkpoint_{goes_on_from[0]:06d}", *goes_on_from[1:]))


def test_the_one_that_was_noted_last_is_whole_and_its_reports_are_known(tmp_path: Path) -> None:
    lay_out(tmp_path, *(f"00000/checkpoint_{index:06d}" for index in (4, 5, 6)))
    noted.note(Noted(tmp_path / "00000/checkpoint_000005", 15, 15))
    assert begins(tmp_path, checkpoint=ROW, iteration=7, holds=7) == ("00000/checkpoint_000005", 15, 15)
    (tmp_path / "00000/checkpoint_000005").rmdir()
    assert begins(tmp_path, checkpoint=ROW, iteration=7, holds=7) == ("00000/checkpoint_000004", 8, None)


def test_a_note_that_cannot_be_written_ends_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    noted.note(Noted(tmp_path / "nowhere" / "checkpoint_000005", 15, 15))
    assert "is not noted" in capsys.readouterr().out


def test_where_all_are_gone_it_goes_on_from_the_newest_that_the_run_keeps(tmp_path: Path) -> None:
    kept = Noted(tmp_path / "checkpoints" / "0-5", 5, 5)
    assert begins(tmp_path, checkpoint=ROW, iteration=7, kept=kept) is None
    lay_out(tmp_path, "checkpoints/0-5")
    assert begins(tmp_path, checkpoint=ROW, iteration=7, kept=kept) == ("checkpoints/0-5", 5, 5)


def test_one_without_a_checkpoint_begins_anew(tmp_path: Path) -> None:
    assert begins(tmp_path) is None
