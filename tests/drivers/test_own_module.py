"""A user's file runs as it was at the launch, and reaches workers that do not have it, with
the files that it imports."""

import subprocess
import sys
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest
import ray

from backend.drivers import own_module
from backend.settings import ROOT
from tests.ray_here import put_back

MINE = """
import dataclasses
import beside_mine
from beside_mine import twice

@dataclasses.dataclass
class Point:
    x: "int"

def far(x):
    return beside_mine.once(x) + twice(Point(x).x)

def fails():
    raise ValueError("not today")
"""
BESIDE = "import beneath_beside\ndef once(x): return beneath_beside.same(x)\ndef twice(x): return 2 * x\n"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "beside_mine.py").write_text(BESIDE)
    (tmp_path / "beneath_beside.py").write_text("def same(x): return x\n")
    yield str(tmp_path)
    for name in ("beside_mine", "beneath_beside"):
        sys.modules.pop(name, None)


def test_what_workers_get_needs_none_of_its_files(folder: str) -> None:
    with put_back():
        far = own_module.run("mine_at_launch", MINE, folder).far
        assert far(2) == 6
        sent = ray.cloudpickle.dumps(far)
    said = subprocess.run(
        [sys.executable, "-c", "import sys, ray; print(ray.cloudpickle.loads(sys.stdin.buffer.read())(2))"],
        input=sent,
        capture_output=True,
        cwd=ROOT,
        check=False,
    )
    assert said.stdout.decode().strip() == "6", said.stderr.decode()[-2000:]


def test_a_traceback_shows_its_lines(folder: str) -> None:
    with put_back(), pytest.raises(ValueError, match="not today") as raised:
        own_module.run("mine_that_fails", MINE, folder).fails()
    shown = "".join(traceback.format_exception(raised.value))
    assert 'File "mine_that_fails.py", line 14, in fails' in shown
    assert 'raise ValueError("not today")' in shown


def test_a_file_called_as_another_module_does_not_take_its_place() -> None:
    import random

    text = "from __future__ import annotations\nimport dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int\n"
    with put_back():
        module = own_module.run("random", text)
        assert sys.modules["random"] is random
        assert sys.modules[module.Point.__module__] is module


def test_its_folder_comes_last_in_the_path_and_once(folder: str) -> None:
    with put_back():
        for name in ("mine_first", "mine_second"):
            own_module.run(name, MINE, folder)
        assert [each for each in sys.path if each == folder] == sys.path[-1:]
