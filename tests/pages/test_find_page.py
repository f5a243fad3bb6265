"""The Runs page: whatever its URL says it shows rows or what is wrong, and what people say of runs stays letters."""

import pytest
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import find
from backend.errors import IllegalMove
from backend.model import RunState
from backend.store import runs
from pages.find.query_help import EXAMPLES
from tests.conftest import LAKE, content
from tests.pages.test_pages import NASTY, app, opened, run_id, said

__all__ = ["app", "run_id"]  # the fixtures


def stored(name: str) -> str:
    """Stores a run that is over."""
    made = runs.create(api.house().database, content({**LAKE, "name": name}), [1])
    runs.claim(api.house().database, made, 1, "host", {})
    runs.finish(api.house().database, made, 1, RunState.FAILED, error="KeyError: 'x7'", traceback="")
    return made


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ({"q": "params.alpha == 0.5"}, "1 run."),
        ({"q": "zebra"}, "No run matches"),
        ({"q": "state == runing"}, "Nothing is shown until the query can be read"),
        ({"q": "'; drop table runs; --"}, "Nothing is shown until the query can be read"),
        ({"q": NASTY}, "Nothing is shown until the query can be read"),
        ({"q": "x" * 5000}, "Nothing is shown until the query can be read"),
        (
            {
                "sort": "metrics.return_mean.best",
                "up": "1",
                "cols": "params.alpha,metrics.learner/loss.mean,tags,note,nonsense",
            },
            "1 run.",
        ),
        ({"sort": "'; drop table", "cols": "", "page": "99"}, "1 run."),
        ({"sort": "params.nothing"}, "1 run."),
        ({"state": "failed"}, "1 run."),
    ],
)
def test_whatever_the_url_asks_for(app: AppTest, run_id: str, query: dict[str, str], words: str) -> None:
    find.tag([run_id], [NASTY])
    find.note(run_id, NASTY)
    opened(app, "runs", **query)
    assert words in said(app)
    assert NASTY not in said(app), "people's words are escaped"
    assert len(api.runs()) == 1


def test_what_is_archived_is_hidden_until_it_is_asked_for(app: AppTest, run_id: str) -> None:
    find.archive([run_id])
    opened(app, "runs")
    assert "No run matches" in said(app)
    opened(app, "runs", q="archived")
    assert "1 run." in said(app)


def test_a_view_is_saved_opened_renamed_and_deleted_after_a_question(app: AppTest, run_id: str) -> None:
    opened(app, "runs", q="params.alpha < 1", sort="params.alpha", cols="params.alpha,tags")
    app.text_input(key="view_name").set_value(NASTY).run()
    app.button(key="view_save").click().run()
    (view,) = find.views()
    assert view.name == NASTY
    opened(app, "runs", q="nothing like it", sort="created", cols="")
    app.button(key="view_open_0").click().run()
    assert app.query_params["q"] == "params.alpha < 1"
    assert app.query_params["sort"] == "params.alpha"
    assert app.query_params["cols"] == "params.alpha,tags"
    app.button(key="view_rename_0").click().run()
    app.text_input(key="view_new_0").set_value("mine").run()
    app.button(key="view_renamed_0").click().run()
    assert [each.name for each in find.views()] == ["mine"]
    app.button(key="view_delete_0").click().run()
    assert len(find.views()) == 1, "it asks first"
    app.button(key="view_deleted_0").click().run()
    assert find.views() == []
    assert not app.exception


def test_a_page_is_read_again_only_if_something_happened(app: AppTest, run_id: str) -> None:
    first = find.page("params.alpha < 1")
    assert find.page("params.alpha < 1") is first
    find.star([run_id])
    again = find.page("params.alpha < 1")
    assert again is not first
    assert again.runs[0].starred


def test_a_deleted_run_is_gone_from_the_table_at_once(app: AppTest, run_id: str) -> None:
    assert len(find.page("").runs) == 1
    api.delete(run_id)
    assert find.page("").runs == ()


def test_what_goes_on_is_not_deleted_and_that_is_said(app: AppTest, run_id: str) -> None:
    waits = runs.create(api.house().database, content({**LAKE, "name": "waits"}), [1])
    with pytest.raises(IllegalMove, match="1 of 2 runs were not deleted"):
        api.delete_all([run_id, waits])
    assert [run.id for run in api.runs()] == [waits]


def test_something_is_done_with_all_that_a_query_finds(
    app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(find, "A_PAGE", 2)
    others = [stored(f"other {number}") for number in range(4)]
    waits = runs.create(api.house().database, content({**LAKE, "name": "other that waits"}), [1])
    opened(app, "runs", q="other")
    app.text_input(key="tag_of_all").set_value(NASTY).run()
    for button in ("give_it", "star", "archive"):
        app.button(key=f"all_{button}").click().run()
    assert all(run.tags == (NASTY,) and run.starred and run.archived for run in find.some(others)), "on every page"
    assert not api.run(waits).archived, "it is not over"
    assert not api.run(run_id).starred, "the query does not find it"
    opened(app, "runs", q="other and (archived or not archived)")
    app.button(key="all_delete").click().run()
    assert len(api.runs("archived")) == 4, "it asks first"
    app.button(key="delete_really").click().run()
    assert find.some(others) == []
    assert {run.id for run in api.runs()} == {run_id, waits}
    assert not app.exception


def test_the_columns_of_a_run_say_its_values(app: AppTest, run_id: str) -> None:
    found = find.page("", columns=["metrics.return_mean.best", "metrics.learner/loss.mean"])
    (run,) = found.runs
    assert find.value(found, run, "metrics.return_mean.best") == (pytest.approx(29 / 30), "0.9667")
    assert find.value(found, run, "metrics.learner/loss.mean") == (1.0, "1")
    assert find.value(found, run, "params.alpha") == (0.5, "0.5")
    assert find.value(found, run, "params.seed") == (2.0, "1, 2")
    assert find.value(found, run, "params.nothing") == (None, "")
    assert {"params.alpha", "metrics.return_mean.best", "environment"} <= set(find.columns())


def test_every_example_of_the_help_can_be_read() -> None:
    for query in EXAMPLES:
        assert find.check(query) is None, query
