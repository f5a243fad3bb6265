"""What a worker makes of a result, of printed text, of a time limit and of a failure: the
parts that need no cluster."""

import io
import json
import math
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from backend.kinds.tasks import results, worker
from backend.kinds.tasks.results import Unstorable
from backend.kinds.tasks.worker import MOST_OUTPUT, ChunkReport, Code, TaskTimeout
from backend.settings import ROOT


def ran(function: Any, given: str = "{}", **code: Any) -> ChunkReport:
    """What a worker tells of one task."""
    report = ChunkReport("node", 1)
    worker._run_one(Code("mine:f", **code), function, given, 0, report)
    assert len(report.started) == len(report.seconds) == len(report.results) == len(report.values) == 1
    return report


def returning(value: Any) -> ChunkReport:
    return ran(lambda: value)


# ---- results


@pytest.mark.parametrize(
    ("value", "result", "number"),
    [
        (3, "3", 3.0),
        (2.5, "2.5", 2.5),
        (True, "true", 1.0),
        (np.float32(0.5), "0.5", 0.5),
        (np.int64(7), "7", 7.0),
        (np.bool_(False), "false", 0.0),
        (2**70, str(2**70), float(2**70)),
        (10**400, str(10**400), None),
        (math.nan, "NaN", math.nan),
        (-math.inf, "-Infinity", -math.inf),
        (None, "null", None),
        ("text", '"text"', None),
        ("\ud800", '"\\ud800"', None),
        ([1, "a", None], '[1, "a", null]', None),
        ({"a": (1, 2)}, '{"a": [1, 2]}', None),
        ({"a": np.float64(1.5), "b": np.arange(3)}, '{"a": 1.5, "b": [0, 1, 2]}', None),
    ],
)
def test_plain_values_are_json_and_numbers_are_numbers(value: Any, result: str, number: float | None) -> None:
    report = returning(value)
    assert (report.results, report.files, report.errors) == ([result], {}, {})
    assert report.values == [number] or math.isnan(report.values[0] or 0)


def test_an_array_comes_back_as_it_was() -> None:
    array = np.random.default_rng(1).normal(size=(3, 4)).astype(np.float32)
    suffix, content = returning(array).files[0]
    assert suffix == "npy"
    loaded = np.load(io.BytesIO(content))
    np.testing.assert_array_equal(loaded, array)
    assert loaded.dtype == np.float32


@pytest.mark.parametrize(
    "table", [pd.DataFrame({"x": [1, 2], "s": ["a", None]}), pd.Series([1.5, 2.5], name="y")], ids=["frame", "series"]
)
def test_a_table_comes_back_as_it_was(table: Any) -> None:
    suffix, content = returning(table).files[0]
    assert suffix == "parquet"
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(content)), pd.DataFrame(table))


def test_pictures_are_png_whether_drawn_by_pil_or_given_as_bytes(tmp_path: Path) -> None:
    drawn = Image.new("RGB", (4, 3), (255, 0, 0))
    drawn.save(tmp_path / "a.png")
    for value in (drawn, (tmp_path / "a.png").read_bytes(), tmp_path / "a.png", Image.open(tmp_path / "a.png")):
        suffix, content = returning(value).files[0]
        assert suffix == "png"
        opened = Image.open(io.BytesIO(content))
        assert (opened.size, opened.convert("RGB").getpixel((0, 0))) == ((4, 3), (255, 0, 0))


def test_bytes_and_files_are_kept_as_they_are(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "bare").write_text("hello")
    assert returning(b"abc").files[0] == ("bin", b"abc")
    assert returning(bytearray(b"abc")).files[0] == ("bin", b"abc")
    assert returning(tmp_path / "notes.txt").files[0] == ("txt", b"hello")
    assert returning(tmp_path / "bare").files[0] == ("bin", b"hello")
    assert returning(tmp_path / "missing").errors[0][0] == "FileNotFoundError"


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        Decimal("1.5"),
        1 + 2j,
        np.complex128(1 + 2j),
        np.timedelta64(5, "s"),
        {(1, 2): 3},
        np.array([{1}, {2}], dtype=object),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_does_not_know_is_pickled(value: Any) -> None:
    report = returning(value)
    suffix, content = report.files[0]
    assert suffix == "pkl"
    back = pickle.loads(content)
    assert type(back) is type(value)
    assert np.all(back == value)
    assert (report.results, report.values) == ([None], [None])


def test_long_json_becomes_a_file() -> None:
    suffix, content = returning(list(range(50_000))).files[0]
    assert suffix == "json"
    assert json.loads(content) == list(range(50_000))


@pytest.mark.parametrize(
    "value",
    [lambda: 0, threading.Lock(), (number for number in range(3)), {"f": lambda: 0}],
    ids=lambda v: type(v).__name__,
)
def test_what_nothing_can_store_is_the_failure_of_that_task(value: Any) -> None:
    report = returning(value)
    kind, _, message, _ = report.errors[0]
    assert kind == "Unstorable"
    assert type(value).__name__ in message
    assert (report.results, report.files) == ([None], {})


def test_a_list_that_holds_itself_is_stored_somehow() -> None:
    endless: list[Any] = []
    endless.append(endless)
    suffix, content = returning(endless).files[0]
    assert suffix == "pkl"
    back = pickle.loads(content)
    assert back[0] is back


@pytest.mark.parametrize(
    "value",
    [np.zeros(1000), b"x" * 2000, "x" * 2000, {b"x" * 2000}, pd.DataFrame({"x": range(1000)})],
    ids=lambda v: type(v).__name__,
)
def test_a_huge_result_is_refused_with_its_size(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    monkeypatch.setattr(results, "MOST_BYTES", 1500)
    monkeypatch.setattr(results, "MOST_TEXT", 1000)
    kind, _, message, _ = returning(value).errors[0]
    assert kind == "Unstorable"
    assert "at most" in message


def test_a_huge_array_is_refused_before_it_is_copied() -> None:
    view = np.broadcast_to(np.float64(0), (10**6, 10**6))  # eight terabytes that take no memory
    with pytest.raises(Unstorable, match="8,000,000 MB"):
        results.storable(view)


# ---- arguments


def test_params_and_inputs_are_arguments_and_paths_become_paths() -> None:
    report = ran(
        lambda **given: repr(sorted(given.items())),
        '{"x": 1, "file": "~/a"}',
        params={"k": 2, "file": "b", "x": 0},
        paths=("file",),
    )
    assert json.loads(report.results[0] or "") == repr(
        sorted({"k": 2, "x": 1, "file": Path("~/a").expanduser()}.items())
    )


def test_a_path_that_is_left_out_stays_none() -> None:
    assert ran(lambda file: file is None, '{"file": null}', paths=("file",)).results == ["true"]


# ---- failures


def raising(error: BaseException) -> Any:
    def fails() -> None:
        raise error

    return fails


class Wordless(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize(
    "error",
    [ValueError("no mood"), SystemExit(3), MemoryError(), GeneratorExit(), Wordless()],
    ids=lambda e: type(e).__name__,
)
def test_whatever_a_task_raises_is_recorded_with_its_place(error: BaseException) -> None:
    kind, place, message, trace = ran(raising(error)).errors[0]
    assert kind == type(error).__name__
    assert place.startswith("test_worker.py:")
    assert "raise error" in trace
    assert "worker.py" not in trace.replace("test_worker.py", ""), "our own frames are no help"
    assert message == ("its message cannot be shown: RuntimeError" if isinstance(error, Wordless) else str(error))


def test_two_that_fail_at_one_place_have_one_place_and_others_another() -> None:
    def fails(where: int) -> None:
        if where == 1:
            raise ValueError("here")
        raise ValueError("there")

    first, second, third = (ran(fails, json.dumps({"where": where})).errors[0][1] for where in (1, 1, 2))
    assert first == second != third


def test_wrong_arguments_fail_without_a_place() -> None:
    kind, place, message, trace = ran(lambda x: x, '{"y": 1}').errors[0]
    assert (kind, place) == ("TypeError", "")
    assert "unexpected keyword argument 'y'" in message
    assert "TypeError" in trace


def test_ctrl_c_is_rays_way_to_end_us() -> None:
    with pytest.raises(KeyboardInterrupt):
        ran(raising(KeyboardInterrupt()))


# ---- printed


def test_what_is_printed_is_kept_from_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    with worker._quiet() as printed:
        print("hello")
        print("oops", file=sys.stderr)
        assert printed.take() == "hello\noops\n"
        assert printed.length == 0
        for _ in range(1000):
            print("x" * 5000)
        print("the end")
        text = printed.take()
        print("\0\ud800", end="")
        assert printed.take() == "\ufffd?", "what no database holds is replaced"
    assert text.startswith(f"… {5001 * 1000 + 8 - MOST_OUTPUT:,} letters before\n")
    assert text.endswith("x\nthe end\n")
    assert len(text) < MOST_OUTPUT + 50
    assert capsys.readouterr() == ("", "")


# ---- time limits


def test_a_task_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    def endless() -> None:
        while True:
            try:
                time.sleep(10)
            except Exception:
                continue  # a task's own handlers must not swallow it

    kind, _, message, trace = ran(endless, timeout_s=0.1, scratch=str(tmp_path)).errors[0]
    assert (kind, message) == ("Timeout", "took longer than 0.1 s")
    assert "in endless" in trace
    assert list(tmp_path.iterdir()) == []


def test_a_task_within_its_time_leaves_no_alarm(tmp_path: Path) -> None:
    assert worker._limited(lambda x: x + 1, {"x": 1}, 5.0, tmp_path / "words") == 2
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(ZeroDivisionError):
        worker._limited(lambda: 1 / 0, {}, 5.0, tmp_path / "words")
    assert signal.getitimer(signal.ITIMER_REAL) == (0.0, 0.0)


def test_the_limit_of_one_task_does_not_hit_the_next(tmp_path: Path) -> None:
    with pytest.raises(TaskTimeout):
        worker._limited(lambda: time.sleep(5), {}, 0.05, tmp_path / "w")
    assert worker._limited(lambda: sum(range(1000)), {}, 1.0, tmp_path / "w") == 499_500


def test_a_task_that_does_not_heed_its_limit_ends_its_process_and_leaves_word(tmp_path: Path) -> None:
    code = (
        "import time\n"
        "from pathlib import Path\n"
        "from backend.kinds.tasks import worker\n"
        "worker.GRACE_SECONDS = 0.2\n"
        "def deaf():\n"
        "    while True:\n"
        "        try:\n"
        "            time.sleep(0.01)\n"
        "        except BaseException: continue\n"
        f"worker._limited(deaf, {{}}, 0.1, Path({str(tmp_path / 'words')!r}))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert ended.returncode == 1
    assert "in deaf" in (tmp_path / "words").read_text()


# ---- loading


def test_the_users_text_runs_as_a_module_of_its_name_with_its_lines_in_tracebacks() -> None:
    text = (
        "import dataclasses\n@dataclasses.dataclass\nclass Point:\n    x: int\ndef fails(x):\n    p = Point(x)\n   "
        " raise ValueError(p)\n"
    )
    try:
        call = worker._load(Code("my_own_file:fails", text))
        kind, place, message, trace = ran(call, '{"x": 3}').errors[0]
    finally:
        sys.modules.pop("my_own_file", None)
    assert (kind, place, message) == ("ValueError", "my_own_file.py:7", "Point(x=3)")
    assert "raise ValueError(p)" in trace


def test_a_class_is_made_with_its_constructors_arguments_once() -> None:
    text = (
        "made = []\nclass Adds:\n    def __init__(self, k): made.append(k)\n    def __call__(self, x): return x +"
        " made[0], len(made)\n"
    )
    try:
        call = worker._load(Code("my_own_class:Adds", text, init={"k": 10}, is_class=True))
        assert [json.loads(ran(call, json.dumps({"x": x})).results[0] or "") for x in (1, 2)] == [[11, 1], [12, 1]]
    finally:
        sys.modules.pop("my_own_class", None)
