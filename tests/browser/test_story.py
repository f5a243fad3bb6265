"""From a form to a live reward curve, as a person goes."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend import api
from tests.browser.conftest import PLOT, STILL, App, free_port, plot
from tests.conftest import CARTPOLE, poll, recorded

pytestmark = pytest.mark.browser


def choose(page: Page, label: str, option: str, spec: str) -> None:
    page.get_by_role("combobox", name=label).click()
    page.get_by_role("option", name=re.compile(f"^{option} ·")).click()
    expect(page.get_by_label("Seeds", exact=True)).to_have_count(1)  # the fields of before have gone
    expect(page.get_by_role("combobox", name=label)).to_have_value(re.compile(f"^{option} ·"))
    expect(page.locator("code").filter(has_text=spec).first).to_be_visible()  # the server has drawn the form anew


def shown_state(page: Page, state: str, limit: float = 30) -> None:
    expect(page.locator(".stMarkdownBadge").first).to_contain_text(state, timeout=limit * 1000)


def zoom_out_far(page: Page) -> None:
    """Zooms out until the end that grows is in view, and stays there for more ticks than a test waits for."""

    def far() -> bool:
        page.locator('[data-title="Zoom out"]').first.click()
        return bool(plot(page, "node.layout.xaxis.range[1] > 20 * Math.max(...node.kept.lines[0].x)"))

    poll(far, "zoomed out")


@pytest.mark.ray
def test_form_start_curve_zoom_stop_second_run_compare_reload(ray_app: App, page: Page) -> None:
    page.goto(f"{ray_app.url}/rl")
    choose(page, "Algorithm", "Q-learning", "algorithm: q_learning")
    expect(page.get_by_role("combobox", name="Environment")).to_be_visible()
    page.get_by_label("Seeds", exact=True).fill("1")
    page.get_by_text("other limits").click()
    page.get_by_label("Time limit (s)", exact=True).fill("600")  # it is stopped by hand
    page.get_by_label("Time limit (s)", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="time_s: 600").first).to_be_visible()
    page.get_by_label("Episodes", exact=True).fill("")
    page.get_by_label("Episodes", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="episodes: 15000")).to_have_count(0)
    page.get_by_label("Name", exact=True).fill("story")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="name: story").first).to_be_visible()
    page.get_by_role("button", name="Start run").dblclick()
    page.wait_for_url("**/run?id=*")
    assert len(api.runs("story")) == 1, "a double click starts one run"
    first = api.runs("story")[0].id

    poll(lambda: (plot(page, "node.calcdata[0]?.length") or 0) >= 2, "the curve appears")
    box = page.locator(PLOT).first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 150, box["y"] + 150)
    page.mouse.down()
    page.mouse.move(box["x"] + 600, box["y"] + 300, steps=5)
    page.mouse.up()
    poll(lambda: plot(page, "node.layout.xaxis.autorange === false"), "zoomed")
    page.wait_for_url("**window=*")
    zoom_out_far(page)
    zoom = plot(page, "node.layout.xaxis.range")
    length, draws = plot(page, "node.calcdata[0]?.length"), plot(page, "Number(node.dataset.draws)")
    page.evaluate(f"document.querySelector('{PLOT}').mark = 'same node'")
    poll(lambda: plot(page, "Number(node.dataset.draws)") >= draws + 3, "three ticks")
    assert plot(page, "node.mark") == "same node"
    assert plot(page, "node.layout.xaxis.range") == zoom
    assert plot(page, "node.calcdata[0]?.length") > length

    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Stopping")).to_be_visible()
    shown_state(page, "stopped", 15)
    expect(page.get_by_role("button", name="Resume")).to_be_visible()

    page.goto(f"{ray_app.url}/")
    page.get_by_role("button", name="New run").click()
    choose(page, "Algorithm", "SARSA", "algorithm: sarsa")
    page.get_by_label("Seeds", exact=True).fill("1")
    page.get_by_label("Seeds", exact=True).press("Enter")
    page.get_by_label("Episodes", exact=True).fill("500")
    page.get_by_label("Episodes", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="episodes: 500").first).to_be_visible()
    page.get_by_label("Name", exact=True).fill("story two")
    page.get_by_label("Name", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="name: story two").first).to_be_visible()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/run?id=*")
    shown_state(page, "succeeded", 60)
    second = api.runs("story two")[0].id

    page.goto(f"{ray_app.url}/runs?q=story")
    page.get_by_role("checkbox", name="Select story two").check()
    page.get_by_role("checkbox", name="Select story", exact=True).check()
    expect(page.get_by_text("2 of 2 runs selected")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?runs=*")
    assert first in page.url
    assert second in page.url
    poll(
        lambda: (plot(page, "node.data.filter(each => each.showlegend !== false).length") or 0) == 2,
        "two runs on one chart",
    )
    page.reload()
    poll(
        lambda: (plot(page, "node.data.filter(each => each.showlegend !== false).length") or 0) == 2,
        "still there after a reload",
    )
    page.goto(f"{ray_app.url}/runs")
    expect(page.get_by_role("link", name="story two")).to_be_visible()
    page.get_by_role("link", name="story two").click()
    page.wait_for_url(f"**/run?id={second}")


@pytest.mark.ray
def test_a_restarted_web_process_finds_all_and_loses_no_point(
    cluster: Path, start_app: Callable[..., App], page: Page
) -> None:
    run_id = api.launch({**CARTPOLE, "name": "survivor", "stop": {"env_steps": 16_000}})
    app = start_app(cluster)
    page.goto(f"{app.url}/run?id={run_id}")
    poll(lambda: plot(page, "node.calcdata[0]?.length"), "a curve")
    app.kill()
    before = api.run(run_id).reports
    poll(lambda: api.run(run_id).reports > before, "the run goes on without the web process")
    again = start_app(cluster)
    page.goto(f"{again.url}/run?id={run_id}")
    shown_state(page, "succeeded", 90)
    (curve,) = api.curves([api.run(run_id)], ["iteration"])
    assert list(curve.mean) == list(range(1, curve.length + 1)), "every iteration is there once"
    poll(lambda: plot(page, "node.calcdata[0]?.length") == curve.length, "all of them drawn")


def test_a_finished_run_has_no_timer_and_its_link_is_whole(app: App, page: Page) -> None:
    run_id = recorded("over")
    page.goto(f"{app.url}/run?id={run_id}&tab=Trials")
    expect(page.get_by_role("tab", name="Trials")).to_have_attribute("aria-selected", "true")
    page.goto(f"{app.url}/run?id={run_id}&x=iteration")
    poll(lambda: plot(page, "node.layout.xaxis.title.text") == "iteration")
    sent: list[bytes] = []  # of the run: that the disk and the database are well is looked at all the same
    about = run_id.encode()

    def received(frame: bytes | str) -> None:
        if about in (frame if isinstance(frame, bytes) else frame.encode()):
            sent.append(about)

    page.on("websocket", lambda socket: socket.on("framereceived", received))
    page.reload()
    poll(lambda: plot(page, "true"))
    assert sent, "what is drawn names the run"

    def is_quiet() -> bool:
        before = len(sent)
        page.wait_for_timeout(3500)
        return len(sent) == before

    poll(is_quiet, "nothing of the run is sent while nothing happens")


def test_names_stay_letters(app: App, page: Page) -> None:
    nasty = "<script>document.title='owned'</script> **bold** <b>x</b>"
    run_id = recorded(nasty)
    for path in ("/", "/runs", f"/run?id={run_id}", f"/compare?runs={run_id}"):
        page.goto(app.url + path)
        expect(page.get_by_text(nasty).first).to_be_visible()
        assert page.title() != "owned"


def test_a_second_app_takes_the_next_port_and_says_so(home: Path, start_app: Callable[..., App]) -> None:
    port = free_port()
    first, second = (start_app(home, port, **STILL) for _ in range(2))
    assert first.url != second.url
    assert any("is taken" in line for line in second.lines)


def test_delete_asks_first(app: App, page: Page) -> None:
    run_id = recorded("to be deleted")
    page.goto(f"{app.url}/run?id={run_id}")
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert api.run(run_id).id == run_id
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    page.wait_for_url("**/runs")
    assert run_id not in [run.id for run in api.runs()]
