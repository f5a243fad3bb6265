"""The real app, driven in Chromium: one for all tests without Ray, one for all on it, and some that a test may kill."""

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

from backend import api
from backend.settings import ROOT
from tests.conftest import SOON, end_all_runs, poll

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
]
FLAGS += ["--disable-sync", "--no-first-run"]
expect.set_options(timeout=90_000)  # a cold page on a busy machine


def free_port() -> int:
    """Returns a port that is free: two apps that start at once from the same port would both take the next."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


class App:
    """A web process of its own; `url` is known once it answers."""

    def __init__(self, home: Path, port: int = 0, **settings: str) -> None:
        port = port or free_port()
        environment = {**os.environ, **settings, "RAYDECK_HOME": str(home), "RAYDECK_PORT": str(port)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "backend", "app"],
            env=environment,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.home, self.lines = home, list[str]()
        threading.Thread(target=self._read, daemon=True).start()
        poll(lambda: any("You can now view" in line for line in self.lines), "the app's start")
        found = re.search(r"Raydeck is at (\S+)", "".join(self.lines))
        assert found
        self.url = found.group(1)
        self.port = int(self.url.rpartition(":")[2])

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


PLOT = ".raydeck-plot"


def plot(page: Page, expression: str) -> Any:
    """Returns what an expression over the first chart's node gives; None while nothing is drawn."""
    return page.evaluate(
        f"(() => {{ const node = document.querySelector('{PLOT}'); return node?.calcdata ? {expression} : null }})()"
    )


def at_rest(page: Page) -> None:
    """Waits until no script runs: what is clicked on while a page is drawn may be replaced under the click."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


STILL = {**SOON, "RAYDECK_AUTOSTART": "0"}


@pytest.fixture(scope="session")
def _still_app(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[App]:
    home = tmp_path_factory.mktemp("still") / "home"
    home.mkdir()
    shutil.copyfile(migrated, home / "raydeck.db")
    app = App(home, **STILL)
    yield app
    app.kill()


@pytest.fixture
def app(_still_app: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app of the session that has no Ray: what is launched stays queued. This process's api is of the same home."""
    for name, value in {**STILL, "RAYDECK_HOME": str(_still_app.home)}.items():
        monkeypatch.setenv(name, value)
    api.reset()
    yield _still_app
    end_all_runs()
    api.reset()


@pytest.fixture(scope="session")
def _ray_app(ray_home: Path) -> Iterator[App]:
    app = App(ray_home, **SOON)
    yield app
    app.kill()


@pytest.fixture
def ray_app(_ray_app: App, cluster: Path) -> App:
    """The app of the session that is on the Ray head."""
    return _ray_app


@pytest.fixture
def start_app() -> Iterator[Callable[..., App]]:
    """Starts an app of a home as often as asked; all are ended with the test."""
    started: list[App] = []

    def start(home: Path, port: int = 0, **settings: str) -> App:
        started.append(App(home, port, **settings))
        return started[-1]

    yield start
    for each in started:
        each.kill()


def chromium() -> str | None:
    """Returns the path of an installed Chromium; None where Playwright's own is used."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    opened = context.new_page()
    opened.set_default_timeout(90_000)
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
