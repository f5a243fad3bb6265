"""Whatever a person calls a metric, a param, a tag or a run: every page, query, export and command takes it."""

from collections.abc import Iterator

import pytest

import backend
from backend import api
from backend.api import export, find
from backend.model import Run
from backend.store.find import written
from backend.store.schema import storable
from tests.pages import everywhere
from tests.pages.test_compare_tabs import made

NASTY = (
    "val__loss", "_loss_", "__", "_", "loss", "Loss", "a b", " padded ", "a/b", "a\\b", "../up", "-rf", "<b>x</b>",
    "![i](http://evil.test/x.png)", "`tick`", "$x$", "'q'", '"dq"', "a,b", "a;b", "=1+1", "@x", "#1", "%2F&x=1?y",
    "é🚀", "null", "None", "NaN", "true", "x" * 300, "nul\0x", "half\ud800", "\x1b[31mred", "a\nb", ":red[x]", "{0}",
    "a.b", "and", "params.lr",
)  # fmt: skip


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Run]]:
    """Two runs that have each name as a metric, a param, a value and a tag, and one of them as their own."""
    with everywhere.at_home(tmp_path_factory.mktemp("nasty") / "home"):
        for own, lr in (("=cmd|' /C calc'!A0", 0.1), ("![i](http://evil.test/y.png)\0\ud800", 0.2)):
            with backend.track(own, params={"lr": lr, **{name: name for name in NASTY}}, seed=1) as run:
                for step in range(3):
                    run.log({"reward": step * lr, **dict.fromkeys(NASTY, float(step))}, step=step)
            find.tag([run.id], add=[name for name in NASTY if name.strip() and len(name) <= 60])
            find.note(run.id, "\n".join(NASTY))
        yield api.runs(everywhere.LISTED)


def test_each_page_shows_it(nasty: list[Run]) -> None:
    everywhere.runs(nasty)
    everywhere.lists()


def test_it_is_compared_and_taken_away(nasty: list[Run]) -> None:
    everywhere.comparison(nasty)
    ids = [run.id for run in nasty]
    assert "2 runs compared" in made(ids)
    table = export.points(ids)
    assert len(set(table["metric"])) == len(set(NASTY)) + 1, "no two are taken for one"


def test_the_command_line_says_it(nasty: list[Run]) -> None:
    everywhere.command_line(nasty)


def test_each_name_is_a_column_and_can_be_sorted_by(nasty: list[Run]) -> None:
    app = everywhere.browser()
    for word in find.vocabulary():
        if find.can_sort(word.name):
            everywhere.shown(app, "runs", cols=word.name, sort=word.name)


def test_every_suggestion_is_a_query_that_can_be_read(nasty: list[Run]) -> None:
    for word in find.vocabulary():
        for value in word.written_values or ["1"]:
            for operator in word.operators:
                listed = "in" in operator.split() and word.name != "tags"
                is_order = operator[0] in "<>" and not word.is_spoken and bool(word.values)
                if is_order or (word.is_spoken and value.startswith("last ") and "in" not in operator.split()):
                    continue  # nor does the box offer it there
                listed = listed and not word.is_spoken
                if word.name == "tags":
                    query = f"{word.written} contains {value}"
                else:
                    query = f"{word.written} {operator} {f'[{value}]' if listed else value}"
                assert find.check(query) is None, query
                find.matching(query)


@pytest.mark.parametrize("name", [name for name in NASTY if name.strip() == name])
def test_each_tag_and_each_param_finds_its_runs(nasty: list[Run], name: str) -> None:
    kept = storable(name)
    assert len(find.matching(f"{written.named(f'params.{kept}')} == {written.quoted(kept)}").every) == 2
    if len(name) <= 60 and kept in find.tags():
        assert len(find.matching(f"tags contains {written.quoted(kept)}").every) == 2


def test_charts_of_names_that_differ_have_keys_that_differ() -> None:
    from pages.widgets.component import safe_key

    keys = [safe_key(f"{name}_run") for name in NASTY]
    assert len(set(keys)) == len(NASTY)
    assert not any("__" in key or key.startswith("_") or key.endswith("_") for key in keys)
    assert safe_key("return_mean_abc12345") == "return_mean_abc12345"
