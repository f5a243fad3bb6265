"""Whoever reads a file that is being replaced reads all of one or all of the other; what
fails leaves nothing behind."""

import os
import stat
import threading
from pathlib import Path

import pytest

from backend import files


def test_writers_at_once_leave_one_whole_file(tmp_path: Path) -> None:
    path, texts = tmp_path / "told.json", [letter * 200_000 for letter in "abcd"]
    files.replace(path, texts[0])
    seen: set[str] = set()

    def write(text: str) -> None:
        for _ in range(20):
            files.replace(path, text)

    writers = [threading.Thread(target=write, args=(text,)) for text in texts]
    for each in writers:
        each.start()
    while any(each.is_alive() for each in writers):
        seen.add(path.read_text())
    assert seen <= set(texts)
    assert list(tmp_path.iterdir()) == [path]


def test_what_fails_leaves_the_old_one_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "kept"
    files.replace(path, b"old")

    def broken(part: Path) -> None:
        part.write_text("half of the ne")
        raise OSError("No space left on device")

    with pytest.raises(OSError, match="No space"), files.replacing(path) as part:
        broken(part)
    assert (path.read_bytes(), list(tmp_path.iterdir())) == (b"old", [path])
    with pytest.raises(FileNotFoundError):
        files.replace(tmp_path / "no folder" / "x", "text")


def test_a_folder_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    with files.replacing(tmp_path / "model") as part:
        part.mkdir()
        (part / "weights").write_text("1")
        assert not (tmp_path / "model").exists()
    assert (tmp_path / "model" / "weights").read_text() == "1"
    with pytest.raises(OSError, match="not empty"), files.replacing(tmp_path / "model") as part:
        part.mkdir()
    assert [each.name for each in tmp_path.iterdir()] == ["model"]


def test_only_its_owner_reads_what_is_a_secret(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        files.replace(tmp_path / "secret", "x", mode=0o600)
        files.replace(tmp_path / "open", "x")
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("secret", "open")] == [0o600, 0o644]
