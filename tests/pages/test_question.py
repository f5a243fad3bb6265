"""What is asked of a comparison: one question, whoever reads the address."""

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from streamlit.testing.v1 import AppTest

from backend.analysis import asking
from backend.analysis.asking import Question
from backend.analysis.scores import Rule
from backend.api import answers, compare
from pages.compare.parts import report
from tests.analysis.test_scores import grouped, tracked
from tests.conftest import typed
from tests.pages.test_compare_answers import app, opened

__all__ = ["app"]  # the fixture

NONSENSE = {
    "score": "<b>",
    "statistic": "optimality_gap",
    "target": "nan",
    "baseline": "'; drop",
    "better": "?",
    "metric": "none",
    "by": "x",
}
ADDRESSES = [
    {},
    NONSENSE,
    {"metric": "zeal"},
    {
        "metric": "zeal",
        "score": "reports:3",
        "statistic": "median",
        "target": "2.5",
        "by": "params.lr",
        "better": "min",
    },
]


@pytest.fixture
def ids(home: Path) -> list[str]:
    made = [*tracked("a", [[1.0], [2.0]], lr=1), *tracked("b", [[3.0], [4.0]], lr=2)]
    return [*made, *tracked("c", [[3.0], [4.0]], key="zeal", lr=3)]


@pytest.mark.parametrize("address", ADDRESSES)
def test_page_report_and_command_line_read_an_address_alike(
    app: AppTest, ids: list[str], address: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = {"baseline": grouped(ids)[1].id, **address}
    of_page: dict[Question, None] = {}
    standing = answers.standing
    monkeypatch.setattr(answers, "standing", lambda groups, asked: of_page.setdefault(asked) or standing(groups, asked))
    opened(app, ids, **address, tab="Answers")
    looks: list[report.Look] = []
    look = report._look
    monkeypatch.setattr(report, "_look", lambda what: looks.append(look(what)) or looks[-1])
    opened(app, ids, **address, tab="Report")
    of_report = looks[-1].question
    of_command: list[Question] = []
    answer = answers.answers
    monkeypatch.setattr(
        answers, "answers", lambda found, question: of_command.append(question) or answer(found, question)
    )
    said = typed("compare", f"http://127.0.0.1:8501/compare?{urlencode({'runs': ','.join(ids), **address})}")
    assert list(of_page) == of_command == ([of_report] if of_report.is_directed else [])
    assert of_report.is_directed or "Add better=max or better=min" in said.stderr


def test_what_an_address_says_is_asked_and_what_it_says_wrongly_is_not(ids: list[str]) -> None:
    runs = compare.some(ids)
    found, has = grouped(ids), compare.keys(runs)
    plain = Question("reward", Rule("share"), "max", "iqm", found[0].id)
    assert asking.question({}, runs, found, has) == plain
    assert asking.question(NONSENSE, runs, found, has) == plain
    said = {
        "metric": "zeal",
        "score": "last",
        "better": "min",
        "statistic": "mean",
        "baseline": found[1].id,
        "target": "2.5",
    }
    assert asking.question(said, runs, found, has) == Question("zeal", Rule("last"), "min", "mean", found[1].id, 2.5)
    assert not asking.question({"metric": "zeal"}, runs, found, has).is_directed


def test_a_group_without_seeds_is_no_baseline(ids: list[str]) -> None:
    runs = compare.some(ids)
    first, *others = grouped(ids)
    assert asking.question({}, runs, [replace(first, members=()), *others], compare.keys(runs)).baseline == others[0].id
