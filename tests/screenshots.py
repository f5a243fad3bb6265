"""python -m tests.screenshots FOLDER [light|dark]: what runs of many tasks and of many trials look like,
for somebody to look at."""

import io
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Page

from backend import api
from tests.bench import homes
from tests.bench.app import app, browser

TASKS, TRIALS, REPORTS = (500, 1_000_000), (40, 1000), 30
FANOUT_TABS, SWEEP_TABS = ("Results", "Tasks", "Workers", "Failures"), ("Progress", "Trials", "Pictures", "Best")
THEMES, SIZES = ("light", "dark"), ((1400, 1300), (500, 1700))  # pixels
SETTLED_SECONDS, LIMIT_SECONDS = 1.5, 40.0


def main(folder: Path, themes: tuple[str, ...] = THEMES) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home:
        os.environ["RAYDECK_HOME"] = home
        api.reset()
        views = list(_views())
        try:
            with app() as served, browser() as opened:
                for theme, (width, height) in product(themes, SIZES):
                    for name, query in views:
                        file = folder / f"{name}-{theme}-{width}.png"
                        _take(opened, f"{served.url}/run?{query}", theme, (width, height), file)
                        print(file, flush=True)
        finally:
            api.cluster_down()  # the app started it


def _views() -> Iterator[tuple[str, str]]:
    """Records the runs, and yields a name and the query of each page that is to be seen."""
    for count in TASKS:
        run_id = homes.fanout(count)
        for tab in FANOUT_TABS:
            yield f"tasks-{count}-{tab.lower()}", f"id={run_id}&tab={tab}"
        yield f"tasks-{count}-task", f"id={run_id}&tab=Tasks&task=99&order=seconds&down=1"
    for count in TRIALS:
        run_id = homes.sweep(count, REPORTS)
        for tab in SWEEP_TABS:
            yield f"sweep-{count}-{tab.lower()}", f"id={run_id}&tab={tab}"


def _take(opened: Browser, url: str, theme: str, size: tuple[int, int], file: Path) -> None:
    context = opened.new_context(
        viewport={"width": size[0], "height": size[1]}, color_scheme="dark" if theme == "dark" else "light"
    )
    page = context.new_page()
    page.goto(url)
    page.get_by_role("tab").first.wait_for(timeout=LIMIT_SECONDS * 1000)
    file.write_bytes(_settled(page))
    context.close()


def _settled(page: Page) -> bytes:
    """Returns the picture of a page that no longer changes."""
    end, since, last = time.monotonic() + LIMIT_SECONDS, time.monotonic(), page.screenshot()
    while time.monotonic() < end and time.monotonic() - since < SETTLED_SECONDS:
        shot = page.screenshot()
        if _differ(shot, last):
            since = time.monotonic()
        last = shot
        time.sleep(0.2)
    return last


def _differ(one: bytes, other: bytes) -> bool:
    first, second = (Image.open(io.BytesIO(each)).convert("L") for each in (one, other))
    return first.size != second.size or ImageChops.difference(first, second).getbbox() is not None


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3) or not set(sys.argv[2:]) <= set(THEMES):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or THEMES)
