"""The Curves tab of the Compare page: groups, their table, what is said of runs that lack a metric."""

import time
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

import backend
from backend.figures import group_lines
from pages.runs import charts
from tests.pages.test_pages import NASTY, app, opened, said

__all__ = ["app"]  # the fixture


def recorded(name: str, seed: int, values: list[float], key: str = "reward", **params: Any) -> str:
    run = backend.track(name, params=params, seed=seed)
    for step, value in enumerate(values):
        run.log({key: value}, step=step)
    run.finish()
    return run.id


def read(app: AppTest) -> str:
    """Returns what a person reads, of which nothing is Markdown."""
    return said(app).replace("\\", "")


def group(name: str, level: float, seeds: int = 3) -> list[str]:
    return [recorded(name, seed, [level + seed] * 5, level=level) for seed in range(seeds)]


def test_repetitions_are_one_band_and_the_page_says_how_it_is_made(app: AppTest) -> None:
    opened(app, "compare", runs=",".join([*group("a", 1.0), *group("b", 5.0)]))
    assert "bold: mean of a group" in read(app)
    assert "members interpolated on a shared grid inside the range that they all have" in read(app)


def test_one_member_has_no_interval_and_the_page_says_why(app: AppTest) -> None:
    opened(app, "compare", runs=",".join([*group("a", 1.0), *group("b", 5.0, seeds=1)]))
    assert "1 of 2 with one member: no interval, for a single one says nothing of luck" in read(app)
    assert "of one member without a band" in read(app)


def test_members_that_diverged_are_counted(app: AppTest) -> None:
    ids = [*group("a", 1.0), recorded("a", 7, [1.0, 2.0, float("nan")], level=1.0)]
    opened(app, "compare", runs=",".join(ids))
    assert "1 NaN or infinite" in read(app)
    assert "1 member is not counted: NaN, failed or without a value" in read(app)


def test_runs_that_share_no_metric_say_what_each_has(app: AppTest) -> None:
    one, other = recorded("a", 0, [1.0], x=1), recorded(NASTY, 0, [1.0], key="mine", x=2)
    opened(app, "compare", runs=f"{one},{other}", metric="reward")
    told = read(app)
    assert "These runs share no metric" in told
    assert one in told
    assert "mine" in told
    assert "<script>" not in said(app)


def test_a_metric_that_only_some_have_is_said(app: AppTest) -> None:
    one = recorded("a", 0, [1.0], x=1)
    both = backend.track("both", params={"x": 3})
    both.log({"reward": 1.0, "mine": 2.0}, step=0)
    both.finish()
    opened(app, "compare", runs=f"{one},{both.id}", metric="mine")
    assert "1 of 2 runs have no" in read(app)


def test_the_members_of_a_group_are_a_click_away(app: AppTest) -> None:
    ids = group(NASTY, 1.0)
    opened(app, "compare", runs=",".join(ids), members_of=ids[0])
    assert "Members of" in read(app)
    assert "<script>" not in said(app)
    opened(app, "compare", runs=",".join(ids), members_of="nosuchgroup")
    assert "Members of" not in read(app)


@pytest.mark.parametrize(
    "query",
    [
        {"more": "loss,nosuch,<b>"}, {"y": "1..x:reward|..|2..3:nosuch"}, {"window": "x..y"}, {"x": "nosuch"},
        {"x": "date"},
        {"x": "loss", "log": "xy"}, {"seeds": "mode", "members": "off"}, {"value": "odd"}, {"groups": "99",
        "member_page": "-1"},
        {"y": "-1..5:reward", "window": "-3..4", "log": "xy"}, {"x": "date", "log": "x", "window": "date:1e12..2e12"},
    ],
)  # fmt: skip
def test_nonsense_in_the_link_does_no_harm(app: AppTest, query: dict[str, str]) -> None:
    opened(app, "compare", runs=",".join([*group("a", 1.0), recorded("b", 0, [1.0], key="loss")]), **query)
    assert not app.error


def test_what_was_chosen_is_in_the_link(app: AppTest) -> None:
    run = backend.track("one", params={})
    run.log({"reward": 1.0, "loss": 2.0, "other": 3.0}, step=0)
    run.finish()
    opened(app, "compare", runs=run.id, more="loss", seeds="median", members="off", value="max")
    assert {name: app.query_params[name] for name in ("more", "seeds", "members", "value")} == {
        "more": "loss",
        "seeds": "median",
        "members": "off",
        "value": "max",
    }
    next(each for each in app.multiselect if "More" in each.label).set_value(["loss", "other"]).run()
    assert app.query_params["more"] == "loss,other"
    app.toggle(key="members_shown").set_value(True).run()
    assert "members" not in app.query_params


def test_nothing_is_drawn_anew_if_nothing_came(app: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []
    draw = group_lines.draw
    monkeypatch.setattr(group_lines, "draw", lambda *given: drawn.append(given) or draw(*given))
    opened(app, "compare", runs=",".join(group("a", 1.0)))
    before = len(drawn)
    app.run()
    assert len(drawn) == before == 1


def test_dates_are_those_of_the_clock(app: AppTest) -> None:
    ids = group("a", 1.0, seeds=1)
    (curve,) = charts.read_curves([backend.run(ids[0])], "reward", charts.DATE, None)
    local = time.time() + time.localtime().tm_gmtoff
    assert np.all(np.abs(curve.x / 1000 - local) < 3600)
    window = (float(curve.x[0]), float(curve.x[-1]))
    (part,) = charts.read_curves([backend.run(ids[0])], "reward", charts.DATE, window)
    assert len(part.x) == len(curve.x)
