"""A chart shows every extreme at every zoom, and how it is drawn is in its link."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import App, plot
from tests.conftest import poll, recorded

pytestmark = pytest.mark.browser


def test_one_spike_in_a_million_points_is_drawn(app: App, page: Page) -> None:
    quiet = np.sin(np.arange(1_000_000) / 1000).tolist()
    quiet[654_321] = 50.0
    run_id = recorded("spike", quiet)
    page.goto(f"{app.url}/run?id={run_id}")
    drawn = "node.data.flatMap((trace) => trace.y).filter(Number.isFinite)"
    poll(lambda: plot(page, "node.data.length"), "a curve")
    assert plot(page, f"Math.max(...{drawn})") == 50.0
    assert plot(page, f"{drawn}.length") < 5000
    expect(page.get_by_text("977 of 1,000,000 points, extremes kept")).to_be_visible()
    assert plot(page, "node.layout.yaxis.range[1]") > 50, "the axis has room for it"

    page.goto(f"{app.url}/run?id={run_id}&window=654300..654340")  # a link to a zoom comes down to single points
    expect(page.get_by_text("(of 1,000,000 in all)")).to_be_visible()
    line = "node.data.find((trace) => trace.fill !== 'toself')"
    poll(lambda: plot(page, f"{line}.x[{line}.y.indexOf(50)]") == 654_321, "the point itself")
    assert plot(page, "node.layout.xaxis.range") == [654_300, 654_340]
    page.locator(".raydeck-plot .nsewdrag").first.dblclick(position={"x": 300, "y": 50})
    page.wait_for_url(lambda url: "window" not in url)  # a double click shows all again
    poll(lambda: (plot(page, f"{line}.x.length") or 0) == 977)


def test_smoothing_axis_and_log_are_in_the_url(app: App, page: Page) -> None:
    run_id = recorded("smooth", [2.0 ** (step % 5) for step in range(300)])
    page.goto(f"{app.url}/run?id={run_id}")
    page.get_by_role("button", name="Lines").click()
    page.get_by_role("radio", name="EMA").click()
    page.wait_for_url("**smooth=ema*")
    page.get_by_text("Log y axis").click()
    page.wait_for_url("**log=y*")
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="Iteration").click()
    page.wait_for_url("**x=iteration*")
    page.reload()
    poll(lambda: plot(page, "node.layout.yaxis.type") == "log", "the log axis is back")
    assert plot(page, "node.layout.xaxis.title.text") == "iteration"
    raw, smooth = plot(page, "node.data.map((trace) => Math.max(...trace.y))")
    assert raw == 16
    assert 6 < smooth < 9, "the smooth line lies near the mean, 6.2"
    expect(page.get_by_text("all 300 points · EMA 0.9 (debiased)")).to_be_visible()
