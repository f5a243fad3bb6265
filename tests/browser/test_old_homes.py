"""The newest home that a version has left, and by night the oldest, in a real browser: every page, and every tab that
there is, is drawn."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend import api
from backend.model import Run
from pages.runs.kinds import starts, view
from tests.browser.conftest import App, at_rest
from tests.conftest import poll
from tests.pages import everywhere
from tests.pages.test_old_homes import VERSIONS, unpack

pytestmark = pytest.mark.browser


@pytest.fixture(params=[pytest.param(VERSIONS[0], marks=pytest.mark.nightly), VERSIONS[-1]])
def left(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[App, list[Run]]]:
    """The app on such a home, without a cluster, and the runs that are there."""
    unpack(request.param, tmp_path / "home")
    app = App(tmp_path / "home", RAYDECK_AUTOSTART="0")
    with everywhere.at_home(tmp_path / "home"):
        yield app, api.runs(everywhere.LISTED)
    app.kill()


def choose(page: Page, tab: str) -> None:
    """Clicks on a tab until it is chosen: where the machine is busy the browser loses a click now and then."""
    wanted = page.get_by_role("tab", name=tab, exact=True)

    def is_chosen() -> bool:
        wanted.click()
        page.wait_for_timeout(500)
        return wanted.get_attribute("aria-selected") == "true"

    poll(is_chosen, f"the tab {tab}")


def through(page: Page, tabs: tuple[str, ...]) -> None:
    """Clicks through tabs, each as soon as the page is at rest, and waits until each shows something."""
    for tab in tabs:
        at_rest(page)
        choose(page, tab)
        expect(page.get_by_role("tabpanel", name=tab, exact=True)).not_to_be_empty()
        expect(page.get_by_test_id("stException")).to_have_count(0)


def test_every_page_is_drawn(left: tuple[App, list[Run]], page: Page) -> None:
    app, runs = left
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.goto(app.url)
    expect(page.get_by_text("Ended lately")).to_be_visible()
    page.goto(f"{app.url}/runs?q={everywhere.LISTED}")
    expect(page.locator(".raydeck-runs tbody tr")).to_have_count(len(runs))
    for tabs, run in {tuple(view(run).tabs(run)): run for run in runs}.items():  # AppTest opens every one of them
        page.goto(f"{app.url}/run?id={run.id}")
        expect(page.get_by_text(view(run).subject(run).partition(" · ")[0]).first).to_be_visible()
        through(page, (*tabs, *everywhere.OF_ALL_KINDS))
    for kind, run in {run.kind: run for run in runs}.items():
        if run.trials:
            page.goto(f"{app.url}/trial?run={run.id}&number={run.trials[0].number}")
            expect(page.get_by_text(f"Trial {run.trials[0].number}", exact=True)).to_be_visible()
        if kind in starts():
            page.goto(f"{app.url}/{kind}?clone={run.id}")
            expect(page.get_by_text("What will run")).to_be_visible()
    page.goto(f"{app.url}/compare?runs={','.join(run.id for run in runs)}")
    through(page, everywhere.COMPARED)
    expect(page.get_by_role("button", name=re.compile("Download the report"))).to_be_visible()
    assert broken == []
    assert [line for line in app.lines if "Traceback" in line] == []
