"""A kind of work is two folders and one line: the one that docs/architecture.md adds, built from that page, works."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from backend.settings import ROOT

PAGE = ROOT / "docs" / "architecture.md"
FILE = re.compile(
    r"^`((?:backend|pages)/kinds/countdown/\S+\.py)`[^\n]*\n(?:[^\n`][^\n]*\n)*\n```python\n(.*?)```", re.M | re.S
)
LINES = ("from backend.kinds import external, rl, sweep, tasks", "for each in (rl, sweep, tasks, external)}")
NOW = (
    "from backend.kinds import countdown, external, rl, sweep, tasks",
    "for each in (rl, sweep, tasks, countdown, external)}",
)
WALK = """
import json, sys
import streamlit as st
from streamlit.testing.v1 import AppTest
from types import SimpleNamespace
from backend import api
from backend.api import kinds, specs
from backend.kinds import work_of
from backend.model import RunState
from backend.store import runs
from backend.store.recording.recorder import Recorder

spec = specs.parse_yaml("kind: countdown\\nstart: 40\\n")
assert specs.parse_yaml(specs.to_yaml(spec)) == spec
database, run_id = api.house().database, api.launch(spec)
runs.claim(database, run_id, 1, "host", {})
recorder = Recorder(database, run_id, 1)
outcome = work_of("countdown").drive(spec, SimpleNamespace(recorder=recorder, stop_requested=False))
recorder.finish(outcome.state)
run = api.run(run_id)
assert run.state is RunState.SUCCEEDED and not kinds.can_resume(run)
assert (kinds.progress(run).share, kinds.progress(run).words) == (1.0, "40 of 40 steps")
assert list(api.series(run_id, "left").mean) == [float(40 - step) for step in range(41)]

app = AppTest.from_file("app.py", default_timeout=60)
app.run()
for page, query in (
    ("pages/watch/overview.py", {}), ("pages/watch/runs.py", {}), ("pages/watch/run.py", {"id": run_id}),
    ("pages/watch/run.py", {"id": run_id, "tab": "Spec"}), ("pages/compare/compare.py", {"runs": run_id}),
):
    for name, value in query.items():
        app.query_params[name] = value
    app.switch_page(page).run()
    assert not app.exception, (page, app.exception)
app.switch_page("pages/kinds/countdown/start.py").run()
assert not app.exception, app.exception
assert [each.value for each in app.header] == ["New countdown"]
app.number_input[0].set_value(7).run()
next(each for each in app.button if each.label == "Start run").click().run()
assert not app.exception, app.exception
assert [each.spec["start"] for each in api.runs("kind == countdown")] == [7, 40]
print("walked")
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A copy of the code to which the page's kind was added; only its two folders are new, and
    one file has another line."""
    copy = tmp_path / "house"
    for name in ("backend", "pages", ".streamlit"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copyfile(ROOT / "app.py", copy / "app.py")
    files = dict(FILE.findall(PAGE.read_text(encoding="utf-8")))
    assert len(files) == 5, list(files)
    for name, text in {**files, "pages/kinds/countdown/__init__.py": '"""Countdowns."""\n'}.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(text, encoding="utf-8")
    door = copy / "backend" / "kinds" / "__init__.py"
    text = door.read_text(encoding="utf-8")
    for old, new in zip(LINES, NOW, strict=True):
        assert text.count(old) == 1
        assert new in PAGE.read_text(encoding="utf-8")
        text = text.replace(old, new)
    door.write_text(text, encoding="utf-8")
    return copy


def test_a_kind_is_two_folders_and_one_line(house: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(house))
    monkeypatch.setenv("RAYDECK_AUTOSTART", "0")
    done = subprocess.run(
        [sys.executable, "-c", WALK], cwd=house, capture_output=True, text=True, timeout=180, check=False
    )
    assert done.stdout.strip().endswith("walked"), done.stderr[-3000:]
    changed = {
        path.relative_to(house).as_posix()
        for path in house.rglob("*.py")
        if not (ROOT / path.relative_to(house)).exists()
        or path.read_bytes() != (ROOT / path.relative_to(house)).read_bytes()
    }
    folders = {each for each in changed if not each.startswith(("backend/kinds/countdown/", "pages/kinds/countdown/"))}
    assert folders == {"backend/kinds/__init__.py"}
