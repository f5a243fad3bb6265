"""The tabs of the Compare page that lay runs beside each other and let them be taken away."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import api
from backend.analysis import diff, groups, scores
from backend.analysis.asking import Question
from backend.api import compare, export
from backend.figures.lines import Display
from backend.model import Mode
from backend.store import runs
from backend.store.recording.recorder import Recorder
from pages.compare.parts import report
from pages.compare.parts.comparison import Comparison
from pages.compare.parts.report import Look
from pages.widgets import markup
from tests.conftest import LAKE, content
from tests.pages.test_pages import NASTY, app, opened, said

__all__ = ["app"]  # the fixture


def lake(name: str, code: str = "", **changes: Any) -> str:
    database = api.house().database
    made = runs.create(
        database,
        content({**LAKE, "name": name, **changes}),
        [1, 2],
        workload=code,
        workload_hash=code and f"hash of {code}",
    )
    runs.claim(database, made, 1, "host", {"ray": "2"})
    recorder = Recorder(database, made, 1)
    for step in range(5):
        for trial in (0, 1):
            recorder.report(trial, step, {"return_mean": step / 30 + trial, "env_steps": step})
    recorder.close()
    return made


@pytest.mark.parametrize("query", [{}, {"all_settings": "true"}])
def test_what_differs_is_counted(app: AppTest, query: dict[str, str]) -> None:
    opened(app, "compare", runs=f"{lake('a')},{lake('b', algorithm='sarsa')}", tab="Diff", **query)
    assert "2 of" in said(app), "name and algorithm"
    assert app.toggle(key="all_settings").value == bool(query)


def test_runs_that_are_equal_say_so(app: AppTest) -> None:
    opened(app, "compare", runs=f"{lake('a')},{lake('a')}", tab="Diff")
    assert "They differ in none" in said(app)
    app.segmented_control(key="choice_per").set_value("groups").run()
    assert "one column only" in said(app)


def test_one_run_asks_for_another(app: AppTest) -> None:
    opened(app, "compare", runs=lake("a"), tab="Diff")
    assert "choose another run" in said(app)


@pytest.mark.parametrize(
    "query", [{}, {"left": "nonsense", "right": "<b>", "code_as": "odd", "per": "x"}, {"code_as": "below"}]
)
def test_code_that_changed_is_shown(app: AppTest, query: dict[str, str]) -> None:
    ids = [lake("a", "x = 1"), lake("b", "x = 2"), lake("c")]
    opened(app, "compare", runs=",".join(ids), tab="Diff", **query)
    assert [box.value for box in app.selectbox if box.label in ("Left", "Right")] == ids[:2]


def test_code_that_did_not_change_needs_no_choice(app: AppTest) -> None:
    opened(app, "compare", runs=f"{lake('a', 'x = 1')},{lake('b', 'x = 1')}", tab="Diff")
    assert "All 2 that have some ran the same" in said(app)
    opened(app, "compare", runs=f"{lake('a', 'x = 1')},{lake('b')}", tab="Diff")
    assert "ran code of one's own" in said(app)


def test_names_and_code_are_text_in_the_tables(app: AppTest) -> None:
    rows = diff.of_runs([api.run(lake(NASTY)), api.run(lake("b"))])
    html = markup.rendered(
        "compare/parts/diff",
        columns=[{"label": NASTY, "about": NASTY, "href": "/run?id=a", "colour": "#000000"}],
        rows=rows,
        parts=["Settings"],
    )
    lines = diff.lines(f"a\n{NASTY}", "a\nb\n<i>")
    html += markup.rendered("compare/parts/code_diff", pairs=lines, below=[]) + markup.rendered(
        "compare/parts/code_diff", pairs=None, below=diff.unified(lines)
    )
    assert "<script" not in html
    assert "<i>" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 5


def test_the_report_is_offered_and_its_note_is_kept(app: AppTest) -> None:
    ids = [lake(NASTY), lake("b", algorithm="sarsa")]
    opened(app, "compare", runs=",".join(ids), tab="Report")
    assert "20 rows" in said(app)
    assert "40 rows" in said(app)
    app.text_area[0].set_value("**mine** <b>").run()
    assert export.note(ids) == "**mine** <b>"
    opened(app, "compare", runs=",".join(reversed(ids)), tab="Report")
    assert app.text_area[0].value == "**mine** <b>"
    assert "backend.points" in app.code[0].value


def made(
    run_ids: list[str], key: str = "return_mean", mode: Mode | None = "max", baseline: str = "", picture: str = ""
) -> str:
    """Returns the report on some runs, as a click makes it."""
    found = tuple(compare.some(run_ids))
    what = Comparison(
        found, tuple(groups.grouped(found)), {run_id: [key] for run_id in run_ids}, [key], key, "step", Display()
    )
    asked = Question(key, scores.rule_of("", key), mode or "max", "iqm", baseline, 0.5, mode is not None)
    return report._html(what, Look("http://here", (key,), None, {}, asked, {"picture": picture}))


@pytest.mark.usefixtures("app")
def test_a_report_is_made_of_whatever_there_is() -> None:
    one, other = lake("a"), lake("b", algorithm="sarsa")
    script = runs.begin(api.house().database, {"kind": "external", "name": NASTY, "params": {}}, "host", {})
    assert "Against a" in made([one, other])
    assert "Against b" in made([one, other], baseline=other)
    assert "Performance profile" in made([one, other])
    assert "Params: box plots" in made([one, other], picture="boxes")
    assert "Params: scatter" in made([one, other], picture=NASTY)
    assert "Sample efficiency: Reward of 0.5" in made([one, other])
    assert "Is it better?" not in made([one, other], mode=None)
    assert "Is it better?" not in made([one])
    assert "has not reported this metric" in made([one, script])
    assert "The first report has not come yet" in made([script], "nothing")
    assert "3 runs compared" in made([one, other, script], "nothing")
    for page, scripts in ((made([one, script]), 5), (made([script], NASTY), 3)):
        assert page.count("<script") == scripts, "the data of one or two pictures, what draws them, plotly.js"
        assert "<script>alert" not in page
