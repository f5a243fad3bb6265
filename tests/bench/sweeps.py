"""Sweeps: trivial trials beside Tune by hand, the cost of recording, the page of a thousand trials
beside Optuna Dashboard."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from backend.settings import ROOT
from tests.bench.app import App, app, browser, complete
from tests.bench.record import PEERS

ROUNDS = 5
TRIALS, DEFAULT_TRIALS, RECORDED_TRIALS = 200, 40, 2000  # Tune's defaults take a second a trial
MANY, REPORTS, TICK_SECONDS = 1000, 100, 30
BOARD = 6790
OWN = """
from ray import tune


def trivial(config):
    for step in range(10):
        tune.report({"value": config["x"] + step})
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = f"{folder}/home"
        from backend import api
        from backend.api import tasks

        api.reset()  # another part may have worked in another home
        print(f"Sweeps (medians of {ROUNDS} paired runs)")
        api.cluster_up()
        tasks.save_own_file("own", OWN)
        try:
            _throughput(api)
            _recording(api)
            _page(api, folder)
        finally:
            api.cluster_down()
            api.reset()


def _throughput(api: Any) -> None:
    ours, lean = [], []
    for _ in range(ROUNDS):
        ours.append(TRIALS / _ours(api, TRIALS)[0])
        lean.append(TRIALS / _by_hand("lean", TRIALS))
    default = DEFAULT_TRIALS / _by_hand("defaults", DEFAULT_TRIALS)
    rate, best = statistics.median(ours), statistics.median(one / other for one, other in zip(ours, lean, strict=True))
    print(
        f"{TRIALS} trials × 10 reports        {rate:6.1f} trials/s   {best:.2f} × Tune with reuse_actors, no loggers"
        " (asked 0.8)"
    )
    print(
        f"                                               {rate / default:5.1f} × Tune's defaults, {default:.2f}"
        " trials/s (asked 10)"
    )


def _ours(api: Any, trials: int) -> tuple[float, str]:
    """Returns how many seconds Tune took in our driver, and the driver's log."""
    space = {"x": {"uniform": [0, 1]}}
    spec = {
        "kind": "sweep",
        "name": "trivial",
        "trainable": "own:trivial",
        "metric": "value",
        "space": space,
        "samples": trials,
    }
    run_id = api.launch(spec)
    while not api.run(run_id).is_over:
        time.sleep(0.2)
    assert api.run(run_id).state == "succeeded", api.run(run_id).error
    log = api.log_tail(run_id, 50)
    return float(re.findall(r"tune: ([\d.]+) s", log)[-1]), log


def _by_hand(how: str, trials: int) -> float:
    """Returns how many seconds `fit` takes on a head of its own."""
    script = [sys.executable, str(Path(__file__).parent / "bare_sweep.py"), how, str(trials)]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("RAY_", "RAYDECK_"))}
    said = subprocess.run(script, capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    return float(re.findall(r"seconds ([\d.]+)", said.stdout)[-1])


def _recording(api: Any) -> None:
    _, log = _ours(api, RECORDED_TRIALS)
    inside, whole, computing = map(float, re.findall(r"recorder: ([\d.]+) s in ([\d.]+) s, ([\d.]+) s of it", log)[-1])
    told = f"{inside / whole:6.1%} of the wall time in callback and flush (asked 3 %)"
    print(f"{10 * RECORDED_TRIALS:,} results            {told}, {computing / whole:.1%} computing")


def _page(api: Any, folder: str) -> None:
    from tests.bench import homes

    live_id = homes.sweep(MANY, REPORTS, running=True)
    _beats(api, live_id)
    run_id = homes.sweep(MANY, REPORTS)
    trials = "\n".join(json.dumps(each) for each in homes.sweep_values(MANY, REPORTS))
    study = [str(PEERS), str(Path(__file__).parent / "optuna_study.py"), f"{folder}/study.db"]
    subprocess.run(study, input=trials, text=True, check=True, cwd=folder)
    with app() as ours, _dashboard(folder) as board:
        complete(f"{ours.url}/run?id={run_id}")  # once unmeasured, each
        complete(board)
        mine, theirs = [], []
        for _ in range(3):
            mine.append(complete(f"{ours.url}/run?id={run_id}").seconds)
            theirs.append(complete(board).seconds)
        _tick(api, ours, live_id)
    one, other = statistics.median(mine), statistics.median(theirs)
    print(
        f"Page of {MANY:,} trials × {REPORTS} reports  {one:4.1f} s, Optuna Dashboard {other:4.1f} s  "
        f" {one / other:.2f} × (asked 0.5)"
    )


def _beats(api: Any, run_id: str) -> None:
    """Keeps a run without a driver from being lost while it is measured."""
    from backend.store import schema

    with api.house().database.write() as connection:
        connection.execute(
            schema.runs.update().where(schema.runs.c.id == run_id).values(heartbeat_at=time.time() + 3600)
        )


def _tick(api: Any, ours: App, run_id: str) -> None:
    """What each second costs the server while a browser looks at a live page of a thousand
    trials, two of them reporting."""
    from backend.store.recording.recorder import Recorder

    assert api.run(run_id).state == "running"
    recorder, process = (
        Recorder(api.house().database, run_id, 1, api.run(run_id).goal),
        psutil.Process(ours.process.pid),
    )
    with browser() as opened:
        page = opened.new_page(viewport={"width": 1400, "height": 900})
        asked: list[int] = []
        page.on("websocket", lambda socket: socket.on("framesent", lambda frame: asked.append(len(frame))))
        page.goto(f"{ours.url}/run?id={run_id}")
        page.wait_for_selector(".raydeck-plot .scatterlayer path", timeout=60_000)
        page.wait_for_timeout(5000)
        ticks, spent = len(asked), sum(process.cpu_times()[:2])
        for step in range(TICK_SECONDS):
            for trial in (MANY - 2, MANY - 1):
                recorder.report(trial, REPORTS + step, {"accuracy": 0.5, "loss": 0.5})
            recorder.flush()
            page.wait_for_timeout(1000)
        ticks, spent = len(asked) - ticks, sum(process.cpu_times()[:2]) - spent
    recorder.abandon()
    print(
        f"  a live tick of it             {1000 * spent / ticks:6.0f} ms of the server's CPU time, mean of {ticks}"
        " (asked 50)"
    )


@contextmanager
def _dashboard(folder: str) -> Iterator[str]:
    command = [str(PEERS.parent / "optuna-dashboard"), f"sqlite:///{folder}/study.db", "--port", str(BOARD)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{BOARD}/dashboard/studies/1"
    try:
        while not _answers(url):
            time.sleep(0.2)
        yield url
    finally:
        process.kill()
        process.wait()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


if __name__ == "__main__":
    main()
