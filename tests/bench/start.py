"""How quickly a run comes up, what recording costs in a driver, what the web process takes."""

import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

import psutil

from backend.settings import ROOT
from tests.bench.app import app, browser

ROUNDS = 3
LIVE_SECONDS = 20
LAKE: dict[str, Any] = {
    "kind": "rl", "algorithm": "q_learning", "environment": "FrozenLake-v1",
    "environment_options": {"is_slippery": False},
    "seeds": [1, 2, 3], "params": {"alpha": 0.5}, "stop": {"episodes": 2000},
}  # fmt: skip
CART: dict[str, Any] = {
    "kind": "rl",
    "algorithm": "ppo",
    "environment": "CartPole-v1",
    "seeds": [1],
    "stop": {"env_steps": 20_000},
}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = folder
        from backend import api

        print(f"A run's start, and one live page (medians of {ROUNDS})")
        api.cluster_up()
        try:
            _start_up_times(api)
            _recording(api)
            _web(api)
        finally:
            api.cluster_down()


def _start_up_times(api: Any) -> None:
    lake = statistics.median(_first_point(api, LAKE) for _ in range(ROUNDS))
    print(f"Start to first point, Q-learning     {lake:6.1f} s   {lake / 6:5.2f} of the 6 s allowed")
    ours, bare = [], []
    for _ in range(ROUNDS):  # in turn, since the machine's speed drifts
        ours.append(_first_point(api, CART))
        bare.append(_bare_first_point())
    one, other = statistics.median(ours), statistics.median(bare)
    print(
        f"Start to first point, PPO            {one:6.1f} s   {one / other:5.2f} × a bare script from a cold start"
        f" ({other:.1f} s)"
    )


def _first_point(api: Any, spec: dict[str, Any]) -> float:
    began = time.monotonic()
    run_id = api.launch(spec)
    while not len(api.series(run_id, "return_mean", 0, 1).x):
        time.sleep(0.02)
    took = time.monotonic() - began
    while not api.run(run_id).is_over:
        time.sleep(0.2)
    return took


def _bare_first_point() -> float:
    said = subprocess.run(
        [sys.executable, "-m", "tests.bench.bare_ppo"], capture_output=True, text=True, cwd=ROOT, check=True
    ).stdout
    return float(re.search(r"first ([\d.]+)", said).group(1))  # type: ignore[union-attr]


def _recording(api: Any) -> None:
    shares = []
    for run in api.runs("ppo")[:ROUNDS]:
        inside, wall = re.search(r"recorder: ([\d.]+) s in ([\d.]+) s", api.log_tail(run.id)).groups()  # type: ignore[union-attr]
        shares.append(float(inside) / float(wall))
    share = statistics.median(shares)
    print(f"Our callback and flush, PPO          {share:6.2%}     {share / 0.03:5.2f} of the 3 % allowed")


def _web(api: Any) -> None:
    with app() as started, browser() as cold:
        page = cold.new_page()
        began = time.monotonic()
        page.goto(started.url)
        page.get_by_role("heading", name="Overview").wait_for()
        took = time.monotonic() - began
        print(
            f"First page, cold server and browser  {took:6.1f} s   after Streamlit's start of"
            f" {started.start_seconds:.1f} s"
        )
        run_id = api.launch({**CART, "stop": {"time_s": LIVE_SECONDS + 20}})
        page.goto(f"{started.url}/run?id={run_id}")
        page.wait_for_selector(".raydeck-plot .scatterlayer path", timeout=60_000)
        process = psutil.Process(started.process.pid)
        process.cpu_percent()
        time.sleep(LIVE_SECONDS)
        cpu, memory = process.cpu_percent() / 100, process.memory_info().rss / 1e6
        print(f"Web process, one live page           {cpu:6.1%}     {cpu / 0.10:5.2f} of the 10 % of a core allowed")
        print(f"Web process, memory                  {memory:6.0f} MB  {memory / 250:5.2f} of the 250 MB allowed")
        api.stop(run_id)
        while not api.run(run_id).is_over:
            time.sleep(0.2)


if __name__ == "__main__":
    main()
