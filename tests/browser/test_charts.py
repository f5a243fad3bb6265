"""A chart shows every extreme at every zoom, and how it is drawn is in its link."""

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PLOT, App, plot
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


def test_a_chart_is_drawn_although_what_draws_it_fails_to_come_at_first(app: App, page: Page) -> None:
    run_id = recorded("late", [1.0, 2.0, 3.0])
    failed: list[str] = []

    def fails_once(route: Route) -> None:
        if failed:
            return route.continue_()
        failed.append(route.request.url)
        return route.abort()

    page.route("**/app/static/plotly*", fails_once)
    page.goto(f"{app.url}/run?id={run_id}")
    poll(lambda: plot(page, "node.data.length"), "a curve")
    assert failed


def test_a_chart_is_drawn_although_it_was_taken_out_of_the_page_meanwhile(app: App, page: Page) -> None:
    """While a page is built, what is in it may be moved."""
    run_id = recorded("moved", [1.0, 2.0, 3.0])
    held: list[Route] = []
    page.route("**/app/static/plotly*", lambda route: held.append(route))
    page.goto(f"{app.url}/run?id={run_id}")
    expect(page.locator(PLOT).first).to_be_attached()
    poll(lambda: page.evaluate("1") and held, "it is asked for")
    page.evaluate(f"window.home = document.querySelector('{PLOT}').parentNode; window.gone = home.firstElementChild")
    page.evaluate("gone.remove()")
    held[0].continue_()
    page.wait_for_function("window.Plotly")
    page.evaluate("new Promise((done) => setTimeout(done, 250)).then(() => home.prepend(gone))")
    poll(lambda: plot(page, "node.data.length"), "a curve")
