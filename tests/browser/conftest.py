"""The real app on real Ray, driven in Chromium."""

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from backend.settings import ROOT
from tests.conftest import poll

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-component-update"]
FLAGS += ["--disable-sync", "--no-first-run"]
expect.set_options(timeout=20_000)  # a cold page on a busy machine


def free_port() -> int:
    """Returns a port that is free: two apps that start at once from the same port would both take the next."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class App:
    """A web process of its own; `url` is known once it answers."""

    def __init__(self, home: Path, port: int) -> None:
        environment = {**os.environ, "RAYDECK_HOME": str(home), "RAYDECK_PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend", "app"], env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self.lines: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        poll(lambda: any("You can now view" in line for line in self.lines), 60, "the app's start")
        found = re.search(r"Raydeck is at (\S+)", "".join(self.lines))
        assert found
        self.url = found.group(1)

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


PLOT = ".raydeck-plot"


def plot(page: Page, expression: str) -> Any:
    """Returns what an expression over the first chart's node gives; None while nothing is drawn."""
    return page.evaluate(f"(() => {{ const node = document.querySelector('{PLOT}'); return node?.calcdata ? {expression} : null }})()")


@pytest.fixture
def start_app(cluster: Path) -> Iterator[Callable[..., App]]:
    """Starts the app as often as asked; all are ended with the test."""
    started: list[App] = []

    def start(port: int = 0) -> App:
        started.append(App(cluster, port or free_port()))
        return started[-1]

    yield start
    for app in started:
        app.kill()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next((found for name in names if (found := shutil.which(name))), None)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(30_000)
    yield opened
    context.close()


@pytest.fixture(autouse=True)
def _picture_of_a_failure(request: pytest.FixtureRequest, page: Page) -> Iterator[None]:
    """Keeps what the page looked like when its test failed, under tests/artifacts."""
    yield
    report = getattr(request.node, "called", None)
    if report is not None and report.failed:
        folder = ROOT / "tests" / "artifacts"
        folder.mkdir(exist_ok=True)
        page.screenshot(path=str(folder / f"{request.node.name}.png"))
