"""Find runs by a query, group them, compare, zoom, copy the link: a new browser shows the same picture."""

import math
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

import backend
from tests.browser.conftest import PLOT, App
from tests.conftest import poll

pytestmark = pytest.mark.browser

STEPS = 3000
PICTURE = f"""() => [...document.querySelectorAll("{PLOT}")].map((node) => node.calcdata && ({{
  lines: node.kept.lines.map((line) => [line.style.name, line.style.colour, line.style.label, line.x.length]),
  values: node.kept.lines.map((line) => [...line.y.filter(Number.isFinite)].reduce((sum, y) => sum + y, 0)),
  x: node.layout.xaxis.range.map((end) => +end.toPrecision(6)), type: node.layout.yaxis.type,
  labels: [...node.querySelectorAll("button.raydeck-label")].map((label) => label.textContent),
}}))"""


def recorded() -> list[str]:
    """Records two groups of three seeds, as somebody's script would."""
    ids = []
    for lr, top in ((0.1, 50.0), (0.01, 80.0)):
        for seed in range(3):
            run = backend.track("careful", params={"lr": lr}, seed=seed)
            for step in range(STEPS):
                value = top * (1 - math.exp(-4 * step / STEPS)) + seed + step % 7
                run.log({"reward": value, "loss": 1.01 + math.cos(step / 200)}, step=step)
            run.finish()
            ids.append(run.id)
    return ids


def picture(page: Page) -> Any:
    return page.evaluate(PICTURE)


def settled(page: Page, charts: int, window: list[int] | None = None) -> Any:
    """Returns what all charts show, once they have drawn."""

    def drawn() -> bool:
        found = picture(page)
        told = len(found) == charts and all(each and each["labels"] for each in found)
        return bool(told) and (window is None or all(each["x"] == window for each in found))

    poll(drawn, f"{charts} charts")
    return picture(page)


def drag(page: Page, start: float, end: float) -> None:
    """Zooms the first chart from one share of its width to another."""
    box = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    assert box
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * start, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * end, y, steps=8)
    page.mouse.up()


def found(page: Page, app: App) -> str:
    """Finds the runs by a query, ticks them and lays them side by side; returns the link."""
    page.goto(f"{app.url}/runs")
    box = page.get_by_role("combobox", name="Find runs")
    box.fill("name == careful and params.lr <= 0.1 and metrics.loss.last > 0")
    box.press("Enter")
    expect(page.locator(".raydeck-runs tbody tr")).to_have_count(6)
    page.get_by_role("checkbox", name="Select all on this page").check()
    expect(page.get_by_text("6 of 6 runs selected")).to_be_visible()
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/compare?runs=*")
    settled(page, 1)
    return page.url


def test_find_group_compare_zoom_and_send_the_link(app: App, page: Page, browser: Browser) -> None:
    recorded()
    page.goto(f"{found(page, app)}&more=loss&seeds=iqm&smooth=ema:0.9")
    reward, _ = settled(page, 2)
    assert reward["labels"] == ["lr 0.01", "lr 0.1"], "a line for each group, not for each run"
    whole = reward["x"]

    page.get_by_role("button", name="lr 0.01").first.click()  # its label on the chart: the members, one click behind
    page.wait_for_url("**members_of=*")
    expect(page.get_by_text("Members of lr 0.01")).to_be_visible()
    poll(lambda: len(picture(page)[0]["labels"]) == 5, "three members by name, and two groups")

    drag(page, 0.25, 0.5)
    page.wait_for_url("**window=*")
    poll(lambda: all(each["x"] != whole for each in picture(page)), "one zoom, all charts")
    poll(lambda: len({tuple(each["x"]) for each in picture(page)}) == 1, "the same range in all")
    poll(lambda: max(length for *_, length in picture(page)[0]["lines"]) > STEPS / 5, "finer data")
    before = settled(page, 2, picture(page)[0]["x"])

    context = browser.new_context(viewport={"width": 1400, "height": 900})
    other = context.new_page()
    other.goto(page.url)
    after = settled(other, 2, before[0]["x"])
    assert [each["lines"] for each in after] == [each["lines"] for each in before]
    assert [each["values"] for each in after] == [[pytest.approx(value) for value in each["values"]] for each in before]
    assert [each["labels"] for each in after] == [each["labels"] for each in before]
    expect(other.get_by_role("radio", name="IQM")).to_be_checked()
    expect(other.get_by_text("Members of lr 0.01")).to_be_visible()

    other.locator(f"{PLOT} .nsewdrag").last.dblclick(position={"x": 100, "y": 50})
    other.wait_for_url(lambda url: "window" not in url)
    poll(lambda: all(each["x"] == whole for each in picture(other)), "a double click in one shows all again in all")
    context.close()


def test_one_pointer_is_in_all_charts_and_names_the_line(app: App, page: Page) -> None:
    ids = recorded()
    page.goto(f"{app.url}/compare?runs={','.join(ids)}&more=loss&by=id")
    settled(page, 2)
    box = page.locator(f"{PLOT} .nsewdrag").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    crosses = (
        "[...document.querySelectorAll('.raydeck-cross')].filter((line) => line.style.display !== 'none').map((line) =>"
        " line.style.left)"
    )
    poll(lambda: len(page.evaluate(crosses)) == 2, "a cross-hair in both")
    first, second = page.evaluate(crosses)
    assert abs(float(first.removesuffix("px")) - float(second.removesuffix("px"))) < 2, (
        "at the same place of equally wide charts"
    )
    expect(page.locator(f"{PLOT} .hoverlayer").first).to_contain_text(ids[0])
    expect(page.locator(f"{PLOT} .hoverlayer").last).to_contain_text(ids[0])


def test_runs_that_share_nothing_say_what_each_has(app: App, page: Page) -> None:
    ids = []
    for name, key in (("<b>one</b>", "alpha"), ("two", "beta")):
        run = backend.track(name, params={"key": key})
        run.log({key: 1.0}, step=0)
        run.finish()
        ids.append(run.id)
    page.goto(f"{app.url}/compare?runs={','.join(ids)}")
    expect(page.get_by_text("These runs share no metric")).to_be_visible()
    expect(page.get_by_text(f"<b>one</b> ({ids[0]}): alpha")).to_be_visible()
    expect(page.get_by_text(f"two ({ids[1]}): beta")).to_be_visible()
