"""The report: what is in it, and that people's words stay text in it."""

import math
import re
from dataclasses import replace

import numpy as np
import pytest

from backend.analysis import groups, scores
from backend.analysis.answering import answered
from backend.analysis.asking import Question
from backend.analysis.scores import Rule, Scored
from backend.api import export
from backend.export import contents, report
from backend.figures.lines import Chart, Line
from backend.model import Curve, Run
from backend.store.series import pyramid
from pages.widgets import live_plot
from pages.widgets.component import script
from tests.analysis.test_groups import run, trial

NASTY = "<script>alert(1)</script><img src=x onerror=alert(2)>"
RULE = Rule("last")
SPEC = {"kind": "external", "name": NASTY, "params": {NASTY: NASTY}}


def made(ordinal: int, values: list[float | None], **changes: object) -> Run:
    trials = [replace(trial(number, number), last={"reward": value}) for number, value in enumerate(values)]
    return replace(run(ordinal, {**SPEC, "params": {**SPEC["params"], "lr": ordinal}}, *trials), **changes)  # type: ignore[arg-type,dict-item]


def curve_of(member: groups.Member) -> Curve:
    """A curve of one point: the member's latest value."""
    value = member.trial.last["reward"]
    nothing = np.zeros(1)
    point = pyramid.of_points(nothing, nothing, nothing, np.array([math.nan if value is None else value]))
    return Curve(member.run.id, member.trial.number, "reward", nothing, point, 1, 1)


def scored(*runs: Run) -> list[Scored]:
    found = groups.grouped(runs)
    curves = {
        (curve.run_id, curve.trial): curve
        for group in found
        for each in group.members
        if "reward" in each.trial.last
        for curve in [curve_of(each)]
    }
    return [scores.scored(group, RULE, "max", curves, {}) for group in found]


def verdicts(*runs: Run) -> report.ReportTable:
    question = Question("reward", RULE, "max", "iqm", "")
    return contents.verdicts(answered(question, scored(*runs), {}, lambda curve, *_: curve, lambda _done, _doing: None))


def page(*runs: Run, note: str = "", scripts: report.Scripts | None = None) -> str:
    found = groups.grouped(runs)
    line = Line("a </script> line", "#2563eb", np.arange(3.0), np.arange(3.0))
    layout = {"xaxis": {}, "yaxis": {}, "title": "</script>" + NASTY}
    charts = [report.Drawing(NASTY, NASTY, 400, live_plot.whole(Chart((line,), layout, ""), 400))]
    tables = [contents.of_groups(scored(*runs), "reward", RULE), *([verdicts(*runs)] if len(found) > 1 else [])]
    codes = {runs[0].id: f"# {NASTY}"}
    told = report.ComparisonReport(
        NASTY,
        0.0,
        "http://here/compare?a=1&b=2",
        charts,
        note,
        tables,
        [group.label for group in found],
        export.diff.of_groups(found),
        contents.of_runs(runs, codes, 9.0),
    )
    return report.html(
        told, scripts or report.Scripts("/* plotly */", {"plot": script(*live_plot.FILES), "figure": "/* none */"})
    )


def test_what_people_wrote_stays_text() -> None:
    html = page(
        made(1, [1.0, 2.0]), made(2, [3.0, 4.0], host=NASTY, versions={NASTY: NASTY}), note=f"{NASTY}\n\n`{NASTY}`"
    )
    assert "<img" not in html
    assert "<script>alert" not in html
    assert html.count("<script") == html.count("</script>") == 3, "the chart's data, plotly.js and what draws"
    assert html.count("&lt;script&gt;alert(1)") > 10


def test_nothing_is_fetched_and_links_lead_to_the_web_alone() -> None:
    note = (
        "![x](http://elsewhere/x.png) [bad](javascript:alert(1)) [worse](data:text/html,x) [good](https://ray.io)"
        " **bold**\n\n|a|\n|-|\n|b|"
    )
    html = page(made(1, [1.0, 2.0]), note=note)
    assert "default-src 'none'" in html
    assert "<img" not in html
    assert set(re.findall(r'href="([^"]*)"', html)) == {
        "data:,",
        "http://here/compare?a=1&amp;b=2",
        "http://elsewhere/x.png",
        "https://ray.io",
    }
    assert "<strong>bold</strong>" in html
    assert "<td>b</td>" in html


def test_the_script_that_draws_becomes_a_function_of_the_page() -> None:
    html = page(made(1, [1.0]))
    assert "export default" not in html
    assert "const drawn = function" in html


def test_groups_have_their_statistics_and_the_better_one_is_named() -> None:
    good, bad = made(1, [9.0, 9.1, 9.2, 9.3, 9.4]), made(2, [1.0, 1.1, 1.2, 1.3, None])
    table = contents.of_groups(scored(good, bad), "reward", RULE)
    assert [row[:3] for row in table.rows] == [["lr 1", "1", "5"], ["lr 2", "1", "5 (1 without a finite score)"]]
    assert table.rows[0][3].startswith("9.2 [")
    assert "last value of Reward" in table.about
    assert "diverged" in table.about
    told = verdicts(good, bad)
    assert told.columns[0] == "Against lr 1"
    assert told.rows[0][0] == "lr 2"
    assert "“lr 1” is better than “lr 2”" in told.rows[0][1]
    assert "Agarwal" in told.about


def test_one_repetition_has_no_interval_and_why_is_said() -> None:
    table = contents.of_groups(scored(made(1, [2.0])), "reward", RULE)
    assert table.rows[0][3:] == ["2", "2", "2"]
    assert "seed" in table.about


def test_what_never_reported_the_metric_counts_not() -> None:
    (row,) = contents.of_groups(scored(run(1, {**SPEC, "params": {}}, trial(0, 1))), "reward", RULE).rows
    assert row[2:] == ["0", "–", "–", "–"]


@pytest.mark.usefixtures("home")
def test_a_note_is_kept_for_the_runs_whatever_their_order() -> None:
    assert export.note(["a", "b"]) == ""
    export.keep_note(["a", "b"], "# Löss\n")
    assert export.note(["b", "a"]) == "# Löss\n"
    assert export.note(["a"]) == ""
    export.keep_note(["b", "a"], "  ")
    assert export.note(["a", "b"]) == ""
