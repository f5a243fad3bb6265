"""The tabs Answers and Params with little, odd or no data, and with nonsense in the URL: nothing breaks, and
what is missing is said."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend.api import answers
from backend.settings import ROOT
from tests.analysis.test_scores import NAN, tracked
from tests.conftest import poll

NASTY = "<script>alert(1)</script> **bold** $a$"


@pytest.fixture
def app(home: Path) -> AppTest:
    """The app without a cluster: nothing is started in the background."""
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def opened(app: AppTest, ids: list[str], **query: str) -> str:
    """Opens the Compare page, waits until nothing is computed any more, and returns what it says."""
    app.run()
    for key, value in {"runs": ",".join(ids), **query}.items():
        app.query_params[key] = value
    app.switch_page("pages/compare/compare.py").run()

    def is_done() -> bool:
        app.run()
        assert not app.exception, app.exception
        return not any(kept.job for kept in answers._answers.values())

    poll(is_done, "answers")
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning, *app.subheader]
    return "\n".join(str(each.value) for each in parts)


def test_one_group_says_how_to_get_two(app: AppTest) -> None:
    said = opened(app, tracked("alone", [[1.0], [2.0]]), tab="Answers")
    assert "differ in nothing but the seed. Add a run to compare with, or group by a setting" in said


def test_a_metric_that_only_one_group_has(app: AppTest) -> None:
    ids = [*tracked("with", [[1.0], [2.0]], key="zeal", lr=1), *tracked("without", [[1.0], [2.0]], lr=2)]
    said = opened(app, ids, tab="Answers", metric="zeal", better="max").replace("\\", "")
    assert "Only “with” of these groups has reported “zeal”. They share no metric at all." in said


@pytest.mark.parametrize(
    ("better", "told"), [("", "Say above whether high or low values"), ("min", "Performance profile")]
)
def test_a_metric_of_which_nobody_said_what_is_better_is_asked_about(app: AppTest, better: str, told: str) -> None:
    ids = [*tracked("a", [[1.0], [2.0]], key="zeal", lr=1), *tracked("b", [[3.0], [4.0]], key="zeal", lr=2)]
    assert told in opened(app, ids, tab="Answers", metric="zeal", better=better)


def test_one_seed_gets_no_interval_and_is_told_why(app: AppTest) -> None:
    said = opened(app, [*tracked("a", [[1.0]], lr=1), *tracked("b", [[2.0]], lr=2)], tab="Answers")
    assert "With 4 more in each group there is an answer with an interval" in said.replace("\\", "")
    assert "A script of your own recorded these runs" in said
    assert "Of one seed there is no interval" in said.replace("\\", "")


@pytest.mark.parametrize("tab", ["Answers", "Params"])
def test_diverged_seeds_are_named_and_names_stay_words(app: AppTest, tab: str) -> None:
    ids = [*tracked(NASTY, [[1.0], [NAN]], lr=NASTY), *tracked("b", [[2.0], [3.0]], lr=2)]
    said = opened(app, ids, tab=tab)
    assert "1 of 2 diverged" in said
    assert "<script>" not in said
    assert " **bold** $a$" not in said


@pytest.mark.parametrize("picture", ["scatter", "parallel", "correlation", "importance", "boxes", "<b>"])
def test_every_picture_of_few_runs_and_equal_scores(app: AppTest, picture: str) -> None:
    ids = [*tracked("same", [[1.0]] * 3, lr=1), *tracked("other", [[1.0], [NAN]], lr=2, word=NASTY)]
    said = opened(app, ids, tab="Params", picture=picture)
    assert "5 seeds and trials of 2 different settings, 1 without a finite score" in said.replace("\\", "")


def test_params_that_do_not_differ(app: AppTest) -> None:
    assert "All 3 points have the same settings" in opened(app, tracked("same", [[1.0]] * 3, lr=1), tab="Params")


def test_nonsense_in_the_url_is_passed_over(app: AppTest) -> None:
    ids = [*tracked("a", [[1.0], [2.0]], lr=1), *tracked("b", [[3.0], [4.0]], lr=2)]
    odd = {
        "baseline": "'; drop",
        "score": "reports:-1",
        "statistic": "<b>",
        "target": "nan",
        "better": "?",
        "by": "nothing",
    }
    assert "Performance profile" in opened(app, ids, tab="Answers", **odd)


def test_nonsense_of_params_is_passed_over(app: AppTest) -> None:
    ids = [*tracked("a", [[1.0], [2.0]], lr=1), *tracked("b", [[3.0], [4.0]], lr=2)]
    said = opened(app, ids, tab="Params", px="zz", py="zz", pc="zz", plx="x", pp="a,b", pb="z", picture="boxes")
    assert "quartiles and median" in said
