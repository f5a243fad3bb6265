"""The app and a browser, for what measures pages."""

import io
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from shutil import which
from typing import NamedTuple

from PIL import Image, ImageChops
from playwright.sync_api import Browser, Error, sync_playwright

from backend.settings import ROOT

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PORT = 8750
STABLE_SECONDS = 4.0
LIMIT = 120.0


class App(NamedTuple):
    url: str
    process: subprocess.Popen[str]
    start_seconds: float


@contextmanager
def app() -> Iterator[App]:
    """Starts the app of this environment's home, and ends it."""
    began = time.monotonic()
    command = [sys.executable, "-m", "backend", "app"]
    environment = {**os.environ, "RAYDECK_PORT": str(PORT)}
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        lines: list[str] = []
        while process.stdout and not any("can now view" in line for line in lines):
            lines.append(process.stdout.readline())
        found = re.search(r"Raydeck is at (\S+)", "".join(lines))
        assert found
        yield App(found.group(1), process, time.monotonic() - began)
    finally:
        process.kill()
        process.wait()


@contextmanager
def browser() -> Iterator[Browser]:
    path = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := which(name))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


class Complete(NamedTuple):
    seconds: float  # until the last visible change
    heap: int  # megabytes of JavaScript


def complete(url: str, picture: str = "") -> Complete:
    """Opens a page in a cold browser and returns when its picture changed for the last time (0.05 % of the pixels)."""
    with browser() as cold:
        page = cold.new_page(viewport={"width": 1400, "height": 900})
        began = changed = time.time()
        page.goto(url, wait_until="commit")
        last = None
        while time.time() - began < LIMIT and (time.time() - changed < STABLE_SECONDS or last is None):
            try:
                shot = Image.open(io.BytesIO(page.screenshot())).convert("L")
            except Error:  # Chromium cannot always, while it is busy
                continue
            if last is not None:
                differing = (
                    ImageChops.difference(shot, last).point(lambda value: 255 if value > 24 else 0).histogram()[255]
                )
                if differing / (shot.width * shot.height) > 0.0005:
                    changed, last = time.time(), shot
            else:
                last = shot
            time.sleep(0.05)
        if picture:
            page.screenshot(path=picture)
        heap = page.evaluate("performance.memory ? performance.memory.usedJSHeapSize >> 20 : -1")
        return Complete(changed - began, heap)
