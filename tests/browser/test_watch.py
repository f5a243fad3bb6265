"""Watch the agent: a click on the reward curve plays that checkpoint; the table of a tabular agent
changes with the slider."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from backend import api
from backend.model import Run
from tests.browser.conftest import App, plot
from tests.conftest import LAKE, poll

pytestmark = [pytest.mark.browser, pytest.mark.ray]
PLAYS = "() => [...document.querySelectorAll('video')].some((video) => video.readyState >= 2 && !video.paused)"


def test_a_click_on_the_curve_plays_that_agent_and_the_slider_turns_its_arrows(
    ray_app: App, finished: Callable[[str], Run], page: Page
) -> None:
    run_id = finished("lake").id
    page.goto(f"{ray_app.url}/run?id={run_id}")
    poll(lambda: plot(page, "node.data.length"), "the curve")
    box = page.locator(".raydeck-plot .nsewdrag").first.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    _sees_it_play(page)
    assert f"watch={run_id}" in page.url.replace("%2F", "/")
    expect(page.get_by_text("Return", exact=False).first).to_be_visible()

    page.goto(page.url)  # the link brings it back
    _sees_it_play(page)

    page.get_by_role("tab", name="Table").click()
    arrows = poll(lambda: _arrows(page), "the table")
    slider = page.get_by_role("slider").first
    slider.focus()
    slider.press("Home")
    poll(lambda: (now := _arrows(page)) and now != arrows, "other arrows at the beginning")


def test_a_click_between_two_far_points_plays_too(ray_app: App, page: Page) -> None:
    run_id = api.launch({**LAKE, "seeds": [1], "stop": {"iteration": 3}})
    poll(lambda: api.run(run_id).is_over)
    page.goto(f"{ray_app.url}/run?id={run_id}&x=iteration")
    at = poll(lambda: plot(page, "node._fullLayout.xaxis.l2p(2.5)"), "the curve")
    box = page.locator(".raydeck-plot .nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + at, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + at, box["y"] + box["height"] / 2)
    _sees_it_play(page)


def _sees_it_play(page: Page) -> None:
    video = page.locator("video").first
    video.wait_for(state="attached", timeout=180_000)
    video.scroll_into_view_if_needed()  # Chromium plays no video that is out of sight
    page.wait_for_function(PLAYS, timeout=90_000)


def _arrows(page: Page) -> str:
    """Returns every text that is drawn in a plot."""
    return str(
        page.evaluate(
            "() => [...document.querySelectorAll('.js-plotly-plot text')].map((text) => text.textContent).join(' ')"
        )
    )
