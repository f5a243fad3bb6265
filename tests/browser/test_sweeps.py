"""A sweep as a person goes: form, search space, live best, trials, pictures, more trials, the best again with seeds."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backend import api
from tests.browser.conftest import App, plot
from tests.conftest import poll

pytestmark = pytest.mark.browser

OWN = '''from ray import tune


def fit(config):
    """Halves its loss again and again."""
    for step in range(5):
        tune.report({"loss": config["start"] * (1 - config.get("rate", 0.5)) ** step})
'''


def pick(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label).first.click()
    page.get_by_role("option", name=option).click()


def filled(page: Page, label: str, text: str, place: int = 0) -> None:
    field = page.get_by_label(label, exact=True).nth(place)
    field.fill(text)
    field.press("Enter")


def in_yaml(page: Page, text: str) -> None:
    expect(page.locator("code").filter(has_text=text).first).to_be_visible()


def shown_state(page: Page, state: str, limit: float = 60) -> None:
    expect(page.locator(".stMarkdownBadge").first).to_contain_text(state, timeout=limit * 1000)


@pytest.mark.ray
def test_a_sweep_from_the_form_to_the_best_again_with_seeds(ray_app: App, page: Page) -> None:
    page.goto(f"{ray_app.url}/sweep")
    in_yaml(page, "trainable: branin")
    filled(page, "Min", "20")
    expect(page.get_by_text("min must be below max")).to_be_visible()
    expect(page.get_by_role("button", name="Start run")).to_be_disabled()
    filled(page, "Min", "-5")
    in_yaml(page, "uniform: [-5, 10]")
    filled(page, "Samples", "30")
    filled(page, "Name", "story sweep")
    in_yaml(page, "name: story sweep")
    expect(page.get_by_text("30 trials, 1 CPU each")).to_be_visible()
    page.get_by_role("button", name="Start run").dblclick()
    page.wait_for_url("**/run?id=*")
    run_id = re.search(r"id=(\w+)", page.url).group(1)  # type: ignore[union-attr]
    assert len(api.runs("story sweep")) == 1, "a double click starts one run"

    poll(lambda: (plot(page, "node.calcdata.length") or 0) >= 2, "points and the best so far")
    shown_state(page, "succeeded")
    expect(page.get_by_text("30 of 30 trials", exact=True)).to_be_visible()

    page.get_by_role("tab", name="Trials").click()
    expect(page.get_by_text("1 to 30 of 30 trials.")).to_be_visible()
    best = api.run(run_id).best_trial
    assert best is not None
    page.get_by_role("link", name=f"{best.number} ★").click()
    page.wait_for_url(f"**/trial?run={run_id}&number={best.number}")
    expect(page.get_by_text(f"Trial {best.number}", exact=True)).to_be_visible()
    page.get_by_role("button", name="To the sweep").click()
    page.wait_for_url(f"**/run?id={run_id}*")

    page.get_by_role("tab", name="Pictures").click()
    expect(page.locator(".js-plotly-plot .barlayer").first).to_be_visible()
    page.get_by_text("Contour", exact=True).click()
    page.wait_for_url("**picture=contour*")
    expect(page.locator(".js-plotly-plot .contourlayer, .js-plotly-plot .contour").first).to_be_attached()

    page.get_by_role("button", name="Add trials").click()
    page.get_by_role("button", name="+5", exact=True).click()
    expect(page.get_by_text("35 trials wanted")).to_be_visible()
    page.get_by_role("button", name="Resume").click()
    poll(lambda: len(api.run(run_id).trials) == 35 and api.run(run_id).is_over, "five more trials")
    shown_state(page, "succeeded")

    page.get_by_role("tab", name="Best").click()
    page.get_by_role("button", name="Run again with seeds").click()
    page.get_by_role("button", name="Start", exact=True).click()
    page.wait_for_url(lambda url: "run?id=" in url and run_id not in url)
    again = re.search(r"id=(\w+)", page.url).group(1)  # type: ignore[union-attr]
    poll(lambda: api.run(again).is_over, "its seeds are over")  # what the page shows may be the run of before
    shown_state(page, "succeeded")
    expect(page.get_by_text("5 of 5 trials", exact=True)).to_be_visible()


@pytest.mark.ray
def test_a_tune_function_of_ones_own_with_its_parameters_found(ray_app: App, page: Page, cluster: Path) -> None:
    (cluster / "workloads").mkdir(exist_ok=True)
    (cluster / "workloads" / "halving.py").write_text(OWN)
    page.goto(f"{ray_app.url}/sweep?trainable=halving:fit")
    in_yaml(page, "trainable: halving:fit")
    in_yaml(page, "metric: loss")
    expect(page.get_by_label("Parameter", exact=True).nth(1)).to_have_value("rate")
    pick(page, "Search", "Random")
    filled(page, "Samples", "6")
    expect(page.get_by_text("6 trials, 1 CPU each")).to_be_visible()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/run?id=*")
    shown_state(page, "succeeded")
    expect(page.get_by_text("Learning curves")).to_be_visible()
    expect(page.get_by_text("6 trials · all 30 points")).to_be_visible()


def ppo_from_the_form(page: Page, url: str) -> str:
    """Asks for six trials of PPO's learning rate on CartPole, all else as the form begins; returns the run's id."""
    page.goto(f"{url}/sweep")
    pick(page, "Trainable", "A reinforcement-learning algorithm")
    in_yaml(page, "algorithm: ppo")
    in_yaml(page, "environment: CartPole-v1")
    filled(page, "Samples", "6")
    in_yaml(page, "samples: 6")
    expect(page.get_by_text("6 trials, 1 CPU each")).to_be_visible()
    page.get_by_role("button", name="Start run").click()
    page.wait_for_url("**/run?id=*")
    return str(re.search(r"id=(\w+)", page.url).group(1))  # type: ignore[union-attr]


def test_the_learning_rate_of_ppo_is_asked_for_in_the_form(app: App, page: Page) -> None:
    run_id = ppo_from_the_form(page, app.url)
    spec = api.run(run_id).spec
    assert (spec["trainable"]["algorithm"], spec["trainable"]["environment"]) == ("ppo", "CartPole-v1")
    assert (spec["metric"], spec["mode"], spec["samples"], spec["search"]) == ("return_mean", "max", 6, "optuna")
    low, high = spec["space"]["lr"]["loguniform"]
    assert low < 3e-4 < high
    expect(page.locator(".stMarkdownBadge").first).to_contain_text("queued")
    api.stop(run_id)
