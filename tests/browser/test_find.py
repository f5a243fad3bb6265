"""Finding runs: an error is pointed at and mended, tags filter, a saved view and a link bring the same rows back."""

import pytest
from playwright.sync_api import Browser, Page, expect

from backend import api
from backend.api import find
from tests.browser.conftest import App
from tests.conftest import poll, recorded

pytestmark = pytest.mark.browser

NASTY = "<img src=x onerror=\"document.title='broken'\">**bold**"


def names(page: Page) -> list[str]:
    return page.locator(".raydeck-runs tbody td.link").all_inner_texts()


def ask(page: Page, query: str) -> None:
    box = page.get_by_role("combobox", name="Find runs")
    box.fill(query)
    box.press("Enter")


def test_find_tag_save_and_share(app: App, page: Page, browser: Browser) -> None:
    recorded("findme low", [1.0], alpha=0.125)
    tagged = recorded(NASTY, [3.0], alpha=0.25)
    recorded("findme high", [2.0], alpha=0.75)
    page.goto(f"{app.url}/runs")
    expect(page.get_by_role("link", name="findme high")).to_be_visible()

    ask(page, "params.alfa < 0.5 and alpha")  # pointed at, and mended with one click
    expect(page.locator(".raydeck-query mark")).to_have_text("params.alfa")
    expect(page.get_by_text("Letter 1: No run has “params.alfa”.")).to_be_visible()
    page.locator(".raydeck-query .said").get_by_role("button", name="params.alpha").click()
    page.wait_for_url("**q=params.alpha*")
    expect(page.get_by_role("link", name="findme low")).to_be_visible()
    expect(page.get_by_role("link", name="findme high")).to_have_count(0)
    assert page.title() != "broken"

    box = page.get_by_role("combobox", name="Find runs")  # completion by keyboard
    box.fill("")
    box.press_sequentially("stat")
    expect(page.get_by_role("option").first).to_contain_text("state")
    box.press("ArrowDown")
    box.press("Enter")
    box.press_sequentially("== succ")
    box.press("ArrowDown")
    box.press("Enter")
    expect(box).to_have_value("state == succeeded ")

    ask(page, "params.alpha == 0.25")
    expect(page.locator(".raydeck-runs tbody tr")).to_have_count(1)
    page.locator(".raydeck-runs tbody input[type=checkbox]").check()
    page.get_by_role("button", name="Tag").click()
    page.get_by_role("combobox", name="Tags").fill("best <b>one</b>")
    page.get_by_role("combobox", name="Tags").press("Enter")
    poll(lambda: api.run(tagged).tags == ("best <b>one</b>",), "the tag")
    page.keyboard.press("Escape")
    page.goto(f"{app.url}/runs?cols=params.alpha,metrics.return_mean.best,tags&sort=metrics.return_mean.best")
    page.locator(".raydeck-runs button.tag").first.click()  # a tag in the table finds its runs
    page.wait_for_url("**q=tags*")
    expect(page.locator(".raydeck-runs tbody tr")).to_have_count(1)
    assert names(page) == [NASTY]

    page.get_by_role("button", name="Views").click()
    page.get_by_label("Name of this view").fill("my <i>view</i>")
    page.get_by_label("Name of this view").press("Enter")
    page.get_by_role("button", name="Save this view").click()
    poll(lambda: [view.name for view in find.views()] == ["my <i>view</i>"], "the view")

    shared = page.url
    other = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    other.goto(shared)
    expect(other.locator(".raydeck-runs tbody tr")).to_have_count(1)
    assert names(other) == [NASTY]
    expect(other.locator(".raydeck-runs thead")).to_contain_text("return_mean.best")
    expect(other.get_by_role("combobox", name="Find runs")).to_have_value('tags contains "best <b>one</b>"')
    other.goto(f"{app.url}/runs")
    expect(other.get_by_role("link", name="findme high")).to_be_visible()
    other.get_by_role("button", name="Views").click()
    other.get_by_role("button", name="my <i>view</i>").click()
    expect(other.locator(".raydeck-runs tbody tr")).to_have_count(1)
    other.context.close()
