"""Is it better: two groups of five seeds by their link, the verdict, and more seeds of an undecided pair."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

import backend
from backend import api
from backend.model import Run, RunState
from backend.store import runs
from backend.store.recording.recorder import Recorder
from tests.browser.conftest import App
from tests.conftest import LAKE, content, poll

LONG = 90_000  # milliseconds, on a busy machine
pytestmark = pytest.mark.browser


def tracked(name: str, top: float, lr: float) -> list[str]:
    ids = []
    for seed in range(1, 6):
        with backend.track(name, params={"lr": lr}, seed=seed) as run:
            for step in range(50):
                run.log({"reward": top * step / 50 + seed * 0.1}, step=step)
            ids.append(run.id)
    return ids


def test_the_verdict_on_two_groups_of_five_seeds(app: App, page: Page) -> None:
    ids = [*tracked("calm", 10, 1e-3), *tracked("<b>wild</b>", 20, 1e-2)]
    page.set_default_timeout(LONG)
    page.goto(f"{app.url}/compare?runs={','.join(ids)}&tab=Answers&target=9")
    expect(page.get_by_text("“<b>wild</b>” is better than “calm”: it wins 100 % of pairs of seeds")).to_be_visible(
        timeout=LONG
    )
    expect(page.get_by_text("What would settle it")).to_have_count(0)
    expect(page.locator(".raydeck-reached tbody tr").nth(1)).to_contain_text("5 of 5", timeout=LONG)
    page.get_by_role("combobox", name="Baseline").click()
    page.get_by_role("option", name="<b>wild</b>").click()
    page.wait_for_url("**baseline=*")
    expect(page.locator(".raydeck-answers tr.worse")).to_have_count(1, timeout=LONG)
    page.reload()
    expect(page.locator(".raydeck-answers tr.base")).to_contain_text("<b>wild</b>", timeout=LONG)

    page.get_by_role("tab", name="Params").click()
    page.wait_for_url("**tab=Params*")
    expect(page.locator(".raydeck-figure .xaxislayer-above, .raydeck-figure .xtick").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("10 seeds and trials of 2 different settings.")).to_be_visible(timeout=LONG)
    page.get_by_role("radio", name="Correlation").click()
    page.wait_for_url("**picture=correlation*")
    expect(page.get_by_text("Says nothing below 5 different settings")).to_be_visible(timeout=LONG)


def seeds_of(alpha: float, tops: list[float]) -> str:
    """Stores a run of five seeds, as its driver would."""
    database = api.house().database
    spec = content({**LAKE, "name": f"alpha {alpha}", "seeds": [1, 2, 3, 4, 5], "stop": {"episodes": 50}})
    spec["params"]["alpha"] = alpha
    run_id = runs.create(database, spec, spec["seeds"])
    runs.claim(database, run_id, 1, "host", {})
    recorder = Recorder(database, run_id, 1)
    for trial, top in enumerate(tops):
        for step in range(20):
            recorder.report(trial, step, {"return_mean": top})
    recorder.close()
    runs.finish(database, run_id, 1, RunState.SUCCEEDED)
    return run_id


def test_more_seeds_start_once_as_children_and_join_the_page(app: App, page: Page) -> None:
    rng = np.random.default_rng(0)
    first, second = (
        seeds_of(alpha, (rng.normal(size=5) + shift).tolist()) for alpha, shift in ((0.5, 0.0), (0.6, 0.6))
    )
    page.set_default_timeout(LONG)
    page.goto(f"{app.url}/compare?runs={first},{second}&tab=Answers")
    expect(page.get_by_text("an even chance is within that")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Start").filter(has_text="more seed").click()
    count = page.get_by_label("More seeds of each group")
    count.fill("2")
    count.press("Enter")
    expect(page.get_by_text("seeds 6 to 7").first).to_be_visible(timeout=LONG)
    expect(page.get_by_text("2 runs, 4 seeds in all.")).to_be_visible(timeout=LONG)
    page.get_by_role("button", name="Start", exact=True).dblclick()
    expect(page.get_by_text("Their seeds count as soon as they report")).to_be_visible(timeout=LONG)

    def children() -> list[Run]:
        return [run for run in api.runs() if run.parent_id in (first, second)]

    poll(lambda: len(children()) == 2, "a child of each")
    page.wait_for_url(lambda url: all(child.id in url for child in children()))
    for child in children():
        assert child.spec["seeds"] == [6, 7]
        assert child.group_key == api.run(child.parent_id or "").group_key
    expect(page.locator(".raydeck-answers tbody tr")).to_have_count(2, timeout=LONG)
    assert len(children()) == 2, "a double click starts one"
