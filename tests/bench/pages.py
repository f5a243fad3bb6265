"""When is a page complete in a cold browser, beside TensorBoard? And what does a live page of a hundred lines cost?"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil

from backend.settings import ROOT
from tests.bench.app import App, Complete, app, browser, complete
from tests.bench.record import PEERS

ROUNDS = 3
LONG, RUNS, SHORT = 1_000_000, 100, 10_000
LINES, LIVE_SECONDS = 100, 40
TABS, TICKS = 9, 3000
BOARD = 6750


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RAYDECK_HOME"] = f"{folder}/home"
        from backend import api
        from tests.bench import homes

        boards = [_tensorboard_files(folder, count, points) for count, points in ((1, LONG), (RUNS, SHORT))]
        one, many = homes.curve("long", LONG), homes.curves(RUNS, SHORT)
        for board in boards:
            board.wait()
        with _ended_with_its_cluster(api), app() as ours:
            print(f"Page complete, cold browser                    Raydeck          TensorBoard (medians of {ROUNDS})")
            _compared(f"1 run of {LONG:,} points", f"{ours.url}/run?id={one}", f"{folder}/board_1")
            compare = f"{ours.url}/compare?by=id&runs={','.join(many)}"
            _compared(f"{RUNS} runs of {SHORT:,} points", compare, f"{folder}/board_{RUNS}")
            _twice(compare, f"{compare},{','.join(homes.curves(RUNS, SHORT))}")
            _changes(compare)
            _live(ours)


@contextmanager
def _ended_with_its_cluster(api: Any) -> Iterator[None]:
    """The app starts a head of its home; its home is about to go."""
    try:
        yield
    finally:
        api.cluster_down()
        api.reset()


def _compared(what: str, ours: str, folder: str) -> None:
    mine: list[Complete] = []
    theirs: list[Complete] = []
    complete(ours)  # once unmeasured: the server has then loaded its code, as TensorBoard has its data
    with _tensorboard(folder) as url:
        complete(url)
        for _ in range(ROUNDS):  # in turn, since the machine's speed drifts
            mine.append(complete(ours))
            theirs.append(complete(url))
    one, other = (statistics.median(each.seconds for each in found) for found in (mine, theirs))
    heaps = [max(each.heap for each in found) for found in (mine, theirs)]
    print(
        f"  {what:<36}{one:8.1f} s {heaps[0]:4} MB {other:12.1f} s {heaps[1]:4} MB   {one / other:.2f} × (heap asked:"
        " 150 MB)"
    )


def _twice(few: str, many: str) -> None:
    """The page of twice as many runs, beside that of so many."""
    took: dict[str, list[float]] = {few: [], many: []}
    complete(many)
    for _ in range(ROUNDS):
        for url, found in took.items():
            found.append(complete(url).seconds)
    one, other = (statistics.median(found) for found in took.values())
    print(
        f"  {2 * RUNS} runs of {SHORT:,} points             {other:8.1f} s              {other / one:.2f} × that of"
        f" {RUNS} (asked 2)"
    )


def _changes(url: str) -> None:
    """From the press on another smoothing or x axis until the chart is drawn with it."""
    with browser() as opened:
        page = opened.new_page(viewport={"width": 1400, "height": 900})
        page.goto(url)
        page.wait_for_selector(".raydeck-plot .scatterlayer path", timeout=60_000)
        page.wait_for_timeout(5000)
        page.evaluate("addEventListener('pointerdown', () => { window.pressed = performance.now() }, true)")
        smoothing = [
            _drawn(page, lambda word=word: _smooth(page, word)) for word in ("EMA", "window mean", "off") * ROUNDS
        ]
        page.keyboard.press("Escape")
        axis = [
            _drawn(page, lambda word=word: _along(page, word))
            for word in ("x: Report", "x: Time since", "x: Step") * ROUNDS
        ]
    for what, took in (("smoothing", smoothing), ("x axis", axis)):
        first, again = (statistics.median(part) for part in (took[:3], took[3:]))
        print(f"  another {what:<28}{first:8.2f} s, again {again:.2f} s (asked 0.5)")


def _smooth(page: Any, word: str) -> None:
    if not page.get_by_text(word, exact=True).count():
        page.get_by_role("button", name="Lines").first.click()
    page.get_by_text(word, exact=True).first.click()


def _along(page: Any, word: str) -> None:
    page.get_by_role("combobox", name="x axis").click()
    page.get_by_role("option", name=word).first.click()


def _drawn(page: Any, change: Callable[[], None]) -> float:
    """Returns the seconds from the last press of a change until the first chart was drawn anew."""
    now = (
        "() => { const node = document.querySelector('.raydeck-plot'); return node?.id + node?.dataset.draws +"
        " node?.kept?.epoch }"
    )
    before = page.evaluate(now)
    change()
    wait = (
        f"(before) => ({now})() !== before && document.querySelector('.raydeck-plot').dataset.draws &&"
        " performance.now()"
    )
    ended = page.wait_for_function(wait, arg=before, timeout=30_000).json_value()
    took = (ended - page.evaluate("window.pressed")) / 1000
    page.wait_for_timeout(1500)
    return float(took)


def _tensorboard_files(folder: str, count: int, points: int) -> subprocess.Popen[bytes]:
    script = f"""
import math, random
from tensorboardX import SummaryWriter
for number in range({count}):
    noise, writer = random.Random(number), SummaryWriter(f"{folder}/board_{count}/variant_{{number}}")
    for step in range({points}):
        writer.add_scalar("reward", 1 - math.exp(-3 * step / {points}) + noise.gauss(0, 0.05), step)
    writer.close()
"""
    return subprocess.Popen([str(PEERS), "-c", script])


@contextmanager
def _tensorboard(folder: str) -> Iterator[str]:
    """Serves a folder, and waits until all of it is loaded."""
    command = [str(PEERS), "-m", "tensorboard.main", "--logdir", folder, "--port", str(BOARD), "--host", "127.0.0.1"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{BOARD}"
    try:
        runs = len(list(Path(folder).iterdir()))
        while _loaded(url) < runs:
            time.sleep(1)
        time.sleep(20)  # a run is listed as soon as its first points are read
        yield f"{url}/#timeseries"
    finally:
        process.kill()
        process.wait()


def _loaded(url: str) -> int:
    try:
        with urllib.request.urlopen(f"{url}/data/runs", timeout=5) as answer:
            return int(answer.read().count(b"variant_"))
    except OSError:
        return 0


def _live(ours: App) -> None:
    """A running run of a hundred trials, each with a report a second."""
    script = [sys.executable, "-m", "tests.bench.lines", str(LINES)]
    writer = subprocess.Popen(script, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    try:
        run_id = writer.stdout.readline().strip() if writer.stdout else ""
        with browser() as opened:
            pages = [opened.new_page(viewport={"width": 1400, "height": 900})]
            received: list[int] = []
            pages[0].on(
                "websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame)))
            )
            pages[0].goto(f"{ours.url}/run?id={run_id}")
            pages[0].wait_for_selector(".raydeck-plot .scatterlayer path", timeout=60_000)
            pages[0].wait_for_timeout(5000)
            process = psutil.Process(ours.process.pid)
            process.cpu_percent()
            received.clear()
            pages[0].wait_for_timeout(LIVE_SECONDS * 1000)
            cpu, each = process.cpu_percent() / 100, sum(received) / LIVE_SECONDS
            print(
                f"Live page, {LINES} lines, {LINES} new points a second    {cpu:6.1%} of a core (asked 15 %),"
                f" {each / 1e3:.1f} kB a second"
            )
            _memory(ours.url, run_id, pages[0].context.browser, process)
    finally:
        writer.kill()
        writer.wait()


def _memory(url: str, run_id: str, opened: object, process: psutil.Process) -> None:
    """Several tabs tick together, so that thousands of ticks do not take an hour."""
    pages = [opened.new_page() for _ in range(TABS)]  # type: ignore[attr-defined]
    for page in pages:
        page.goto(f"{url}/run?id={run_id}", wait_until="commit")
    at: dict[int, float] = {}
    began = time.monotonic()
    for share in (0.2, 0.6, 1.0):
        while (ticks := round((time.monotonic() - began) * (TABS + 1))) < TICKS * share:
            pages[0].wait_for_timeout(1000)
        at[ticks] = process.memory_info().rss / 1e6
    print(
        "Web process, memory after ticks              "
        + ", ".join(f"{ticks:,}: {size:.0f} MB" for ticks, size in at.items())
    )


if __name__ == "__main__":
    main()
