"""A fan-out on a real Ray head: every task ends once, whatever some of them, a worker or the driver do."""

import json
import os
import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
from PIL import Image

from backend import api
from backend.api import kinds
from backend.api import tasks as tasks_api
from backend.errors import IllegalMove
from backend.model import Run, RunState, Task, TaskCounts
from backend.store.fanout.tasks import Wanted
from tests.conftest import ENDLESS, poll, typed
from tests.jobs import driver_of

pytestmark = pytest.mark.ray

BAD = '''
import os, time
from pathlib import Path

def one(kind: str, number: int, healed: str) -> float:
    """Does what `kind` says, until `healed` is there."""
    if Path(healed).exists() or kind == "fine":
        return number / 2
    if kind == "dies":
        os._exit(1)
    if kind == "lambda":
        return lambda: 0
    if kind == "raises":
        raise ValueError(f"{number} is not in the mood")
    if kind == "endless":
        while True: time.sleep(0.01)  # a signal may come to either
    if kind == "quits":
        raise SystemExit(3)
    for _ in range(5000):
        print("x" * 1000)
    return -1.0
'''
COUNTED = '''
import os, time

def slow(number: int, calls: str, seconds: float = 0.05) -> dict:
    """Leaves a line for each call, then takes its time."""
    with open(calls, "a") as file:
        file.write(f"{number}\\n")
    time.sleep(seconds)
    return {"number": number, "text": "of the launch", "pid": os.getpid()}
'''
MODEL = '''
import os

class Model:
    """Counts how often it was made in its process, and how often it was called."""
    made = 0

    def __init__(self, start: int):
        Model.made += 1
        self.calls = start

    def __call__(self, number: int):
        self.calls += 1
        return {"pid": os.getpid(), "made": Model.made, "calls": self.calls}
'''
MOODY = '''
from pathlib import Path

def second_time(number: int, folder: Path) -> int:
    """Fails when it is called first."""
    trace = folder / str(number)
    if trace.exists():
        return number
    trace.touch()
    raise ConnectionError("not yet")

def always_fails(number: int):
    if number >= 3:
        raise ValueError("enough")
'''


def launched(function: str, inputs: dict[str, Any], **more: Any) -> str:
    return api.launch({"kind": "tasks", "function": function, "inputs": inputs, **more})


def over(run_id: str) -> Run:
    poll(lambda: api.run(run_id).is_over, f"{run_id} over")
    return api.run(run_id)


def counts(run_id: str) -> TaskCounts:
    """The counts that the run shows, which must be those of its rows."""
    found = api.run(run_id).tasks
    assert found is not None
    rows = Counter(each.state.value for each in tasks(run_id))
    shown = {state: many for state, many in found.by_state().items() if many and state not in ("queued", "running")}
    assert {state: many for state, many in rows.items() if state not in ("queued", "running")} == shown
    return found


def tasks(run_id: str, **wanted: Any) -> list[Task]:
    return tasks_api.tasks(run_id, Wanted(**wanted), limit=100_000)


def done_at_least(run_id: str, many: int) -> None:
    poll(
        lambda: (found := api.run(run_id).tasks) is not None and found.done >= many,
        f"{many} tasks of {run_id} done",
    )


def calls(path: Path) -> Counter[int]:
    return Counter(map(int, path.read_text().split()))


def test_pi_is_recorded_whole(cluster: Path, finished: Callable[[str], Run], tmp_path: Path) -> None:
    run = finished("tasks")
    pi = run.id
    assert run.name == "π by Monte Carlo"
    assert counts(pi) == TaskCounts(40, succeeded=40)
    found = tasks(pi)
    assert [(each.number, each.input, each.attempts) for each in found] == [
        (number, {"seed": number}, 1) for number in range(40)
    ]
    assert {each.worker is not None and (each.seconds or 0) > 0 for each in found} == {True}
    values = np.array([each.result for each in found])
    assert abs(values.mean() - np.pi) < 0.02
    assert found[7].result == pytest.approx(
        4 * np.mean(np.sum(np.random.default_rng(7).random((2, 20_000)) ** 2, axis=0) < 1)
    )
    _, summary = tasks_api.overview(pi)
    assert summary.moments.mean == pytest.approx(values.mean())
    assert summary.moments.half_width == pytest.approx(1.96 * values.std(ddof=1) / np.sqrt(40))
    assert sum(summary.seconds.counts.values()) == 40
    assert api.series(pi, "result_mean").mean[-1] == pytest.approx(values.mean())
    assert api.series(pi, "tasks_done").mean[-1] == 40
    assert "Traceback" not in api.log_tail(pi)
    saved = typed("results", pi, "--format", "parquet", "--out", str(tmp_path / "pi.parquet"))
    assert saved.returncode == 0, saved.stderr
    assert pd.read_parquet(tmp_path / "pi.parquet")["result"].mean() == pytest.approx(values.mean())
    shown = json.loads(typed("show", pi, "--json").stdout)
    assert shown["tasks"] == {"queued": 0, "running": 0, "succeeded": 40, "failed": 0}
    refused = typed("retry", pi)
    assert (refused.returncode, "No task of this run failed" in refused.stderr) == (2, True)


def test_pictures_from_a_csv(cluster: Path, tmp_path: Path) -> None:
    (tmp_path / "tiles.csv").write_text("row,col\n0,0\n1,1\n")
    tiles = launched(
        "mandelbrot",
        {"csv": str(tmp_path / "tiles.csv"), "columns": {"col": "column"}},
        params={"tiles": 2, "pixels": 32},
    )
    (tmp_path / "tiles.csv").unlink()  # its rows are kept
    assert over(tiles).state is RunState.SUCCEEDED
    pictures = tasks_api.pictures(tiles, 0, 10)
    assert [each.input for each, _ in pictures] == [{"row": 0, "column": 0}, {"row": 1, "column": 1}]
    for each, path in pictures:
        assert each.result is None
        assert Image.open(path).size == (32, 32)
    assert tasks_api.overview(tiles)[1].pictures == 2


def test_the_interval_of_a_mean_narrows_while_the_run_goes_on(cluster: Path) -> None:
    run_id = launched("monte_carlo_pi", {"range": 200}, params={"darts": 3_000_000})

    def live(results: int) -> tuple[int, float, float]:
        """How many results there are while the run goes on, and how wide their interval is, in
        the summary and as drawn."""
        _, summary = poll(
            lambda: (found := tasks_api.overview(run_id))[1].moments.count >= results and found,
            f"{results} results",
        )
        high, low = (
            poll(lambda key=key: len((found := api.series(run_id, key)).mean) and found).mean[-1]
            for key in ("result_high", "result_low")
        )
        assert api.run(run_id).state is RunState.RUNNING
        return summary.moments.count, 2 * summary.moments.half_width, float(high - low)

    (first, wide, drawn_wide), (then, narrow, drawn_narrow) = live(10), live(80)
    assert 10 <= first < then < 200, "both were before the end"
    assert narrow < wide
    assert drawn_narrow < drawn_wide
    api.stop(run_id)


def test_bad_tasks_harm_no_other_and_only_they_are_tried_again(cluster: Path, tmp_path: Path) -> None:
    tasks_api.save_own_file("bad", BAD)
    bad = ["dies", "lambda", "raises", "raises", "endless", "prints", "quits"]
    kinds = ["fine"] * 5 + [each for kind in bad for each in (kind, *["fine"] * 5)]
    items = [{"kind": kind, "number": number} for number, kind in enumerate(kinds)]
    healed = tmp_path / "healed"
    run_id = launched("bad:one", {"list": items}, params={"healed": str(healed)}, timeout_s=0.4, max_retries=1)
    assert over(run_id).state is RunState.SUCCEEDED
    failed = len(bad) - 1  # who prints much does no wrong
    assert counts(run_id) == TaskCounts(len(kinds), succeeded=len(kinds) - failed, failed=failed)
    found = {each.number: each for each in tasks(run_id)}
    for number, kind in enumerate(kinds):
        if kind == "fine":
            assert (found[number].result, found[number].error) == (number / 2, None)
        if kind == "prints":
            assert found[number].result == -1.0
            assert len(found[number].output or "") < 2100
            assert (found[number].output or "").startswith("… ")
        if kind == "dies":
            assert found[number].attempts == 2, "tried again once, as asked"
    groups = {each.kind: each for each in tasks_api.failures(run_id)}
    assert {kind: each.count for kind, each in groups.items()} == {
        "WorkerDied": 1,
        "Unstorable": 1,
        "ValueError": 2,
        "Timeout": 1,
        "SystemExit": 1,
    }
    assert groups["ValueError"].place == f"bad.py:{BAD[: BAD.index('raise ValueError')].count(chr(10)) + 1}"
    assert "is not in the mood" in groups["ValueError"].message
    assert 'raise ValueError(f"{number} is not in the mood")' in groups["ValueError"].traceback
    assert "time.sleep(0.01)" in groups["Timeout"].traceback
    assert [each.input["kind"] for each in tasks(run_id, failure=groups["ValueError"].number)] == ["raises"] * 2

    with pytest.raises(IllegalMove):
        api.resume(run_id)
    healed.touch()
    said = typed("retry", run_id, "--json")
    assert (said.returncode, json.loads(said.stdout)["id"]) == (0, run_id)
    assert over(run_id).state is RunState.SUCCEEDED
    assert counts(run_id) == TaskCounts(len(kinds), succeeded=len(kinds))
    assert tasks_api.failures(run_id) == []
    again = {each.number: each for each in tasks(run_id)}
    for number, kind in enumerate(kinds):
        if kind in ("fine", "prints"):
            assert again[number] == found[number], "what had succeeded was not touched"
        else:
            assert (again[number].result, again[number].error) == (number / 2, None)
    assert api.run(run_id).attempt == 2


def test_a_class_is_loaded_once_a_worker(cluster: Path) -> None:
    tasks_api.save_own_file("model", MODEL)
    run_id = launched("model:Model", {"range": 60}, init={"start": 100}, concurrency=2)
    assert over(run_id).state is RunState.SUCCEEDED
    results = [each.result for each in tasks(run_id)]
    assert len(results) == 60
    assert {each["made"] for each in results} == {1}
    by_worker = {
        pid: sorted(each["calls"] for each in results if each["pid"] == pid)
        for pid in {each["pid"] for each in results}
    }
    assert len(by_worker) <= 2
    for numbers in by_worker.values():
        assert numbers == list(range(101, 101 + len(numbers))), "one object goes on counting"


def test_a_class_does_its_tasks_on_the_cpus_that_another_run_leaves(cluster: Path) -> None:
    tasks_api.save_own_file("model", MODEL)
    other = api.launch(ENDLESS)
    poll(lambda: api.run(other).reports, "the other run holds a CPU")
    run_id = launched("model:Model", {"range": 60}, init={"start": 100}, concurrency=2)
    assert over(run_id).state is RunState.SUCCEEDED
    assert not api.run(other).is_over
    assert len({each.result["pid"] for each in tasks(run_id)}) == 1


def test_code_that_cannot_be_loaded_fails_the_run_with_its_traceback(cluster: Path) -> None:
    texts = {
        "AttributeError": "import math\nmath.nonsense\ndef f(x): ...\n",
        "SystemExit: bye": "import sys\nsys.exit('bye')\ndef f(x): ...\n",
    }
    for number, text in enumerate(texts.values()):
        tasks_api.save_own_file(f"broken_{number}", text)
    started = [launched(f"broken_{number}:f", {"range": 50}) for number in range(len(texts))]
    for number, said in enumerate(texts):
        run = over(started[number])
        assert run.state is RunState.FAILED
        assert said in run.error
        assert f'"broken_{number}.py", line 2' in run.traceback
        assert run.tasks is not None
        assert (run.tasks.done, run.tasks.running) == (0, 0)


def test_errors_are_tried_again_if_asked_and_the_first_one_ends_the_run_if_asked(cluster: Path, tmp_path: Path) -> None:
    tasks_api.save_own_file("moody", MOODY)
    moody = launched(
        "moody:second_time", {"range": 12}, params={"folder": str(tmp_path)}, retry_exceptions=True, max_retries=1
    )
    strict = launched("moody:always_fails", {"range": 5000}, stop_on_first_failure=True)
    assert over(moody).state is RunState.SUCCEEDED
    assert counts(moody) == TaskCounts(12, succeeded=12)
    assert {each.attempts for each in tasks(moody)} == {2}
    run = over(strict)
    assert run.state is RunState.FAILED
    assert "ValueError: enough" in run.error
    assert 'raise ValueError("enough")' in run.traceback
    ended = counts(strict)
    assert ended.failed >= 1
    assert ended.done < 5000
    assert ended.running == 0


def test_a_stopped_run_goes_on_with_the_rest_and_a_killed_workers_tasks_are_tried_again(
    cluster: Path, tmp_path: Path
) -> None:
    tasks_api.save_own_file("counted", COUNTED)
    trace = tmp_path / "calls"
    run_id = launched("counted:slow", {"range": 150}, params={"calls": str(trace)})
    done_at_least(run_id, 20)
    tasks_api.save_own_file("counted", COUNTED.replace("of the launch", "changed since"))
    api.stop(run_id)
    run = over(run_id)
    assert run.state is RunState.STOPPED
    assert kinds.can_resume(run)
    stopped = counts(run_id)
    assert 20 <= stopped.done < 150
    assert (stopped.running, stopped.failed) == (0, 0)
    before = {each.number: each for each in tasks(run_id, states=("succeeded",))}
    assert len(before) == stopped.done
    called = calls(trace)

    api.resume(run_id)
    done_at_least(run_id, stopped.done + 15)
    victim = psutil.Process(
        next(each.result["pid"] for each in tasks(run_id) if each.number not in before and each.result)
    )
    assert "ray" in victim.name()
    victim.kill()
    assert over(run_id).state is RunState.SUCCEEDED
    assert counts(run_id) == TaskCounts(150, succeeded=150)
    after = {each.number: each for each in tasks(run_id)}
    assert sorted(after) == list(range(150))
    assert all(after[number] == each for number, each in before.items()), "what had ended was left as it was"
    assert {each.attempts for each in before.values()} == {1}
    assert [after[number].result["number"] for number in range(150)] == list(range(150))
    assert {each.result["text"] for each in after.values()} == {"of the launch"}
    again = calls(trace) - called
    assert not set(again) & set(before), "only the rest was run"
    assert {number for number, many in again.items() if many > 1} <= set(range(150)) - set(before)
    assert sum(many - 1 for many in again.values()) <= 10, "only what the killed worker held"
    assert len({each.result["pid"] for each in after.values()}) >= 2
    assert tasks_api.failures(run_id) == []


def test_a_killed_driver_is_lost_and_what_it_had_finished_is_kept(cluster: Path, tmp_path: Path) -> None:
    trace = tmp_path / "calls"
    tasks_api.save_own_file("counted", COUNTED)
    run_id = launched("counted:slow", {"range": 80}, params={"calls": str(trace)})
    done_at_least(run_id, 10)
    os.kill(driver_of(run_id).pid, signal.SIGKILL)
    poll(lambda: api.run(run_id).state is RunState.LOST, "lost")
    assert "killed by signal 9" in api.run(run_id).error
    kept = counts(run_id)
    assert 10 <= kept.done < 80
    assert kept.running == 0
    before = {each.number: each for each in tasks(run_id, states=("succeeded",))}
    called = calls(trace)
    api.resume(run_id)
    assert over(run_id).state is RunState.SUCCEEDED
    assert counts(run_id) == TaskCounts(80, succeeded=80)
    after = {each.number: each for each in tasks(run_id)}
    assert all(after[number] == each for number, each in before.items())
    again = calls(trace) - called
    assert set(again) == set(range(80)) - set(before), "the rest, and only that"
    assert set(again.values()) == {1}
    _, summary = tasks_api.overview(run_id)
    assert sum(summary.seconds.counts.values()) == 80
