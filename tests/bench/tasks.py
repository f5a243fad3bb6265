"""Fan-outs: throughput of trivial tasks beside the loop by hand, how well the cores are used, a million of them."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import psutil

from backend.settings import ROOT

ROUNDS = 3
NAPS, NAP = 1000, 0.1
MILLION = 1_000_000
OWN = """
import time

def double(x: int) -> int:
    return 2 * x

def nap(x: int, seconds: float = 0.1) -> int:
    time.sleep(seconds)
    return x
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = folder
        from backend import api
        from backend.api import tasks as tasks_api

        api.reset()  # another part may have worked in another home
        print(f"Fan-outs (medians of {ROUNDS})")
        api.cluster_up()
        tasks_api.save_own_file("own", OWN)
        try:
            _throughput(api)
            _naps(api)
            _million(api)
        finally:
            api.cluster_down()


def _spec(function: str, count: int) -> dict[str, Any]:
    return {"kind": "tasks", "name": function, "function": f"own:{function}", "inputs": {"range": count}}


def _run(api: Any, spec: dict[str, Any]) -> Any:
    run_id = api.launch(spec)
    while not api.run(run_id).is_over:
        time.sleep(0.05)
    run = api.run(run_id)
    assert run.state == "succeeded", run.error
    return run


def _first(run_id: str) -> Any:
    from backend.api import tasks as tasks_api

    return tasks_api.tasks(run_id, tasks_api.Wanted(order="started_at"), 0, 1)[0]


def _throughput(api: Any) -> None:
    ours, bare, firsts, least = [], [], [], []
    for _ in range(ROUNDS):  # in turn, since the machine's speed drifts
        run = _run(api, _spec("double", 100_000))
        first = _first(run.id)
        ours.append(100_000 / (run.ended_at - first.started_at))
        firsts.append(first.started_at + first.seconds - run.created_at)
        bare.append(_bare())
        least.append(_bare_job(api))
    one, other = statistics.median(ours), statistics.median(bare)
    beside = f"{one / other:5.1f} × ray.get([f.remote(x) …]), {other:,.0f} /s (asked 20)"
    print(f"100,000 trivial tasks, each recorded   {one:8,.0f} /s   {beside}")
    beside = f"{statistics.median(least):.1f} s for a Ray job that does nothing but run one task"
    print(f"Start to first result                  {statistics.median(firsts):8.1f} s   (asked 4; {beside})")


def _bare() -> float:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    command = [sys.executable, "-m", "tests.bench.bare_tasks"]
    said = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True, env=environment).stdout
    return float(re.search(r"rate ([\d.]+)", said).group(1))  # type: ignore[union-attr]


def _bare_job(api: Any) -> float:
    jobs, name, log = (
        api.house().cluster.jobs(),
        f"bare-{time.time():.0f}",
        Path(os.environ["RAYDECK_HOME"]) / "bare.log",
    )
    began = time.time()
    jobs.submit(name, f"cd {ROOT} && exec {sys.executable} -m tests.bench.bare_job > {log} 2>&1", {})
    while jobs.job(name).is_alive:
        time.sleep(0.1)
    return float(re.search(r"began ([\d.]+)", log.read_text()).group(1)) - began  # type: ignore[union-attr]


def _naps(api: Any) -> None:
    cores = os.cpu_count() or 1
    run = _run(api, _spec("nap", NAPS))
    took = run.ended_at - _first(run.id).started_at
    ideal = NAPS * NAP / cores
    beside = f"{took / ideal:5.2f} × the ideal on {cores} cores (asked 1.05)"
    print(f"{NAPS:,} tasks of {NAP * 1000:.0f} ms              {took:8.1f} s   {beside}")


def _million(api: Any) -> None:
    run_id = api.launch(_spec("double", MILLION))
    peak = _Peak(run_id)
    while not api.run(run_id).is_over:
        time.sleep(0.2)
    run = api.run(run_id)
    took = run.ended_at - _first(run_id).started_at
    exact = (
        "exact"
        if run.tasks.succeeded == MILLION == _counted(run_id)
        else f"WRONG: {run.tasks}, {_counted(run_id)} rows"
    )
    print(
        f"1,000,000 trivial tasks                {took:8.1f} s   counts {exact}; driver {peak.stop():.0f} MB at most"
        " (asked 700)"
    )
    size = sum(part.stat().st_size for part in Path(os.environ["RAYDECK_HOME"]).glob("raydeck.db*"))
    print(f"  the database, all these runs in it   {size / 1e6:8.0f} MB")
    for tab, more in (
        ("Results", {}), ("Tasks", {}), ("Tasks", {"page": "20000"}), ("Tasks", {"order": "seconds", "down": "1"}),
        ("Tasks", {"states": "failed"}), ("Tasks", {"find": "99999"}), ("Workers", {}),
    ):  # fmt: skip
        said = " ".join(f"{name}={value}" for name, value in more.items())
        print(f"  its page, {tab} {said:<22}   {_page(run_id, tab, more) * 1000:8.0f} ms   (asked 500)")


def _counted(run_id: str) -> int:
    from backend.api import tasks as tasks_api

    return tasks_api.count(run_id, tasks_api.Wanted())


class _Peak:
    """The most memory that a run's driver takes, in MB."""

    def __init__(self, run_id: str) -> None:
        self.run_id, self.most = run_id, 0.0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        driver = None
        while not self._over.wait(0.2):
            try:
                driver = driver or self._driver()
                self.most = max(self.most, driver.memory_info().rss / 1e6 if driver else 0)
            except psutil.Error:
                continue

    def _driver(self) -> psutil.Process | None:
        for process in psutil.process_iter(["cmdline"]):
            command = process.info["cmdline"] or []
            if "backend.drivers" in command and self.run_id in command:
                return process
        return None

    def stop(self) -> float:
        self._over.set()
        self._thread.join()
        return self.most


def _page(run_id: str, tab: str, more: dict[str, str]) -> float:
    """Returns the seconds the server takes for the run's page, in a session that has opened another page before."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    app.run()
    took = []
    for _ in range(ROUNDS):
        app.query_params.clear()
        for name, value in {"id": run_id, "tab": tab, **more}.items():
            app.query_params[name] = value
        began = time.perf_counter()
        app.switch_page("pages/watch/run.py").run()
        took.append(time.perf_counter() - began)
    assert not app.exception, app.exception
    return statistics.median(took)


if __name__ == "__main__":
    main()
