"""A fan-out as a person goes: form, live numbers, every row, download, failures tried again, a
function of one's own, a CSV."""

import csv
import io
import math
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend import api
from backend.api import tasks
from tests.browser.conftest import App, at_rest, plot
from tests.conftest import poll

pytestmark = [pytest.mark.ray, pytest.mark.browser]

OWN = """def grade(name: str, points: float, bonus: int = 0) -> float:
    if points < 0:
        raise ValueError(f"{name} has {points} points")
    return points + bonus
"""


def shown_state(page: Page, state: str, limit: float = 60) -> None:
    expect(page.locator(".stMarkdownBadge").first).to_contain_text(state, timeout=limit * 1000)


def number(page: Page, label: str) -> str:
    return page.get_by_test_id("stMetric").filter(has_text=label).get_by_test_id("stMetricValue").inner_text()


def started(page: Page) -> str:
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/run?id=*")
    return re.search(r"id=(\w+)", page.url).group(1)  # type: ignore[union-attr]


def test_pi_from_the_form_to_the_downloaded_table(ray_app: App, page: Page) -> None:
    page.goto(f"{ray_app.url}/tasks")
    expect(page.get_by_text("500 tasks, each reserving 1 CPU")).to_be_visible()
    expect(page.get_by_text("The first 5 of 500 tasks")).to_be_visible()
    page.get_by_label("darts", exact=True).fill("300000")
    page.get_by_label("darts", exact=True).press("Enter")
    expect(page.locator("code").filter(has_text="darts: 300000").first).to_be_visible()
    run_id = started(page)

    poll(lambda: (plot(page, "node.calcdata.length") or 0) >= 1, "the running mean appears")
    shown_state(page, "succeeded")
    poll(lambda: number(page, "Succeeded") == "500", "all 500 on the page")
    poll(lambda: "500 results" in page.get_by_test_id("stMain").inner_text(), "the chart has every result")
    widths = page.evaluate(
        "(() => { const line = document.querySelector('.raydeck-plot').kept.lines[0];"
        " return [line.high[0] - line.low[0], line.high.at(-1) - line.low.at(-1)] })()"
    )
    assert widths[1] < widths[0] or math.isnan(widths[0]), "the interval narrows"

    page.get_by_role("tab", name="Tasks").click()
    expect(page.get_by_text("1 to 50 of 500 tasks.")).to_be_visible()
    page.get_by_role("button", name="Last").click()
    expect(page.get_by_text("451 to 500 of 500 tasks.")).to_be_visible()
    page.wait_for_url("**page=10*")
    page.get_by_role("link", name="499", exact=True).click()
    expect(page.get_by_text("Task 499")).to_be_visible()
    page.reload()
    expect(page.get_by_text("Task 499")).to_be_visible()

    at_rest(page)
    page.get_by_role("button", name="Download").first.click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text())))
    assert [int(row["seed"]) for row in rows] == list(range(500))
    mean = math.fsum(float(row["result"]) for row in rows) / 500
    assert abs(mean - math.pi) < 0.002
    assert abs(mean - tasks.overview(run_id)[1].moments.mean) < 1e-9


def test_a_function_of_ones_own_over_a_csv_with_failures_that_are_tried_again(
    ray_app: App, page: Page, cluster: Path, tmp_path: Path
) -> None:
    page.goto(f"{ray_app.url}/tasks")
    page.get_by_role("button", name="Write a function").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name", exact=True).fill("school")
    dialog.get_by_label("Python", exact=True).fill("def broken(:")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_text("invalid syntax")).to_be_visible()
    dialog.get_by_label("Python", exact=True).fill(OWN)
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_text("grade(name: str, points: float, bonus: int)").first).to_be_visible()
    assert (cluster / "workloads" / "school.py").read_text() == OWN

    expect(page.get_by_label("darts", exact=True)).to_have_count(0)  # the form of before has gone
    expect(page.get_by_text("CSV or JSON Lines", exact=True)).to_have_count(1)
    page.get_by_text("CSV or JSON Lines", exact=True).click()
    table = tmp_path / "class.csv"
    table.write_text("name,points\nann,1.5\nbob,-2\n007,3\neve,x\n")
    page.locator("input[type=file]").set_input_files(str(table))
    expect(page.get_by_text("line 5, points: must be a number, not 'x'")).to_be_visible()
    expect(page.get_by_role("button", name="Start run")).to_be_disabled()
    mended = tmp_path / "mended.csv"
    mended.write_text("name,points\nann,1.5\nbob,-2\n007,3\n")
    page.locator("input[type=file]").set_input_files(str(mended))
    expect(page.get_by_text("3 rows of name, points")).to_be_visible()
    expect(page.get_by_text("3 tasks, each reserving 1 CPU")).to_be_visible()
    run_id = started(page)
    shown_state(page, "succeeded")
    expect(page.get_by_text("1 failed")).to_be_visible()
    assert [(task.input["name"], task.result) for task in tasks.tasks(run_id)] == [
        ("ann", 1.5),
        ("bob", None),
        ("007", 3.0),
    ]

    page.get_by_role("tab", name="Failures").click()
    expect(page.get_by_text("ValueError at school.py:3")).to_be_visible()
    page.get_by_role("button", name="Show these tasks").click()
    expect(page.get_by_text("1 to 1 of 1 tasks.")).to_be_visible()
    page.get_by_role("button", name="Retry failed").click()
    poll(lambda: api.run(run_id).attempt == 2 and api.run(run_id).is_over, "the second attempt is over")
    tries = {task.number: task.attempts for task in tasks.tasks(run_id)}
    assert tries == {0: 1, 1: 2, 2: 1}, "only what failed is tried again"
    expect(page.get_by_role("button", name="Retry failed")).to_be_visible()  # the buttons stand where they will
    page.get_by_role("button", name="Clone").click()
    page.wait_for_url("**/tasks?clone=*")
    expect(page.get_by_text("3 rows of name, points")).to_be_visible()
    assert api.run(run_id).spec["inputs"]["csv"] == "mended.csv"
