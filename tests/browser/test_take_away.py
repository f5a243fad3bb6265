"""A comparison leaves the app: what differs, the report as a file of its own, every point as
CSV, a chart as a picture."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser, Page, expect

import backend
from tests.browser.conftest import App
from tests.conftest import poll

pytestmark = pytest.mark.browser
NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
STEPS = 50
DRAWN = "() => document.querySelectorAll('.raydeck-plot .scatterlayer path.js-line').length"


def recorded(name: str, lr: float, seed: int) -> str:
    with backend.track(name, params={"lr": lr, "odd": NASTY, "seed": seed}) as run:
        for step in range(STEPS):
            run.log({"reward": lr * step + seed}, step=step)
    return run.id


def test_what_differs_and_the_report_are_readable_and_harmless(
    app: App, page: Page, browser: Browser, tmp_path: Path
) -> None:
    ids = [recorded(NASTY if lr == 1 else "other", lr, seed) for lr in (1.0, 2.0) for seed in (1, 2, 3, 4)]
    alerts: list[str] = []
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(f"{app.url}/compare?runs={','.join(ids)}&tab=Diff&per=groups")
    table = page.locator(".raydeck-diff")
    expect(table.get_by_role("row", name="params.lr")).to_contain_text("2.0")
    expect(table).to_contain_text(NASTY)
    expect(table.get_by_text("params.odd")).to_have_count(0)
    page.get_by_text("Show what is equal, too").click()
    expect(table.get_by_text("params.odd")).to_be_visible()

    page.get_by_role("tab", name="Report").click()
    page.get_by_label("Your note, in Markdown").fill(f"## Why\n\n**Two** is twice one. {NASTY}")
    page.get_by_label("Your note, in Markdown").blur()
    expect(page.get_by_text("How it will look")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the report").click()
    report = tmp_path / "report.html"
    download.value.save_as(report)
    with page.expect_download() as download:
        page.get_by_role("link", name="CSV").first.click()
    download.value.save_as(tmp_path / "points.csv")
    assert len(pd.read_csv(tmp_path / "points.csv")) == len(ids) * STEPS
    _opens_alone(browser, report, alerts)
    assert alerts == []


def _opens_alone(browser: Browser, report: Path, alerts: list[str]) -> None:
    """Opens a report where there is neither app nor network."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (alerts.append(dialog.message), dialog.dismiss()))
    page.goto(report.as_uri())
    poll(lambda: page.evaluate(DRAWN) >= 4, "the curves and the profile are drawn")
    expect(page.get_by_role("heading", name="Performance profile")).to_be_visible()
    expect(
        page.locator("figure", has=page.get_by_role("heading", name="Params: scatter")).locator(".scatterlayer .point")
    ).to_have_count(8)
    expect(page.get_by_role("heading", name="Why")).to_be_visible()
    expect(page.get_by_text("is better than").first).to_be_visible()
    expect(page.locator("section.note")).to_contain_text(NASTY)
    expect(page.get_by_role("row", name="params.lr")).to_contain_text("2.0")
    page.locator("summary").first.click()
    expect(page.locator("pre").first).to_contain_text(NASTY)
    page.locator(".raydeck-plot").first.hover()
    with page.expect_download() as picture:
        page.locator("[data-title='Download as SVG']").first.click()
    saved = picture.value.path().read_text()
    assert "<svg" in saved
    assert "other" in saved, "the names at the lines' ends"
    assert [url for url in asked if not url.startswith(("data:", "blob:"))] == [report.as_uri()]
    context.close()
