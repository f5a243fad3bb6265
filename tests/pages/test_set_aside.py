"""The page of a run that was resumed: its curves are its line, and what was repeated is shown if asked for."""

from streamlit.testing.v1 import AppTest

from backend import api
from backend.store.database import Database
from tests.conftest import ON_SQLITE, recorded
from tests.pages.everywhere import browser, shown
from tests.store.test_going_back import resumed

pytestmark = ON_SQLITE


def toggles(app: AppTest) -> list[str]:
    return [each.label for each in app.toggle if each.label == "Set aside"]


def captions(app: AppTest) -> str:
    return "\n".join(str(each.value) for each in app.caption)


def links(app: AppTest) -> list[str]:
    return [each.proto.url for each in app.get("link_button") if each.proto.label == "CSV"]


def test_it_is_drawn_and_downloaded_only_once_it_is_asked_for(database: Database) -> None:
    run_id = resumed(database)
    app = shown(browser(), "run", id=run_id)
    assert toggles(app) == ["Set aside"]
    assert "all 120 points" in captions(app)
    assert "dotted" not in captions(app)
    assert ["aside" in link for link in links(app)] == [False]
    next(each for each in app.toggle if each.label == "Set aside").set_value(True).run()
    assert not app.exception
    assert "dotted: 13 points set aside" in captions(app)
    assert "all 120 points" in captions(app), "the line is the same"
    assert ["aside=on" in link for link in links(app)] == [True]
    assert app.query_params["aside"] == "on"


def test_a_link_opens_it_with_that(database: Database) -> None:
    run_id = resumed(database)
    assert "dotted: 13 points" in captions(shown(browser(), "run", id=run_id, aside="on"))
    assert "dotted: 13 points" in captions(shown(browser(), "trial", run=run_id, number="0", aside="on"))
    assert toggles(shown(browser(), "trial", run=run_id, number="1")) == []


def test_where_nothing_was_set_aside_nobody_is_asked(database: Database) -> None:
    app = shown(browser(), "run", id=recorded("plain"), aside="on")
    assert toggles(app) == []
    assert "aside" not in app.query_params


def test_the_numbers_are_those_of_the_line(database: Database) -> None:
    run = api.run(resumed(database))
    assert (run.best, run.last, run.reports, run.set_aside) == (59.0, 59.0, 120, 13)
    assert [trial.last["return_mean"] for trial in run.trials] == [59.0, 59.0]
