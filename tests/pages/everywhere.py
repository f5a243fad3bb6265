"""Every place that shows runs, on whatever runs there are: none may raise, whoever stored them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import answers
from backend.catalog import registry
from backend.model import Run
from backend.settings import ROOT
from pages.runs.kinds import starts, view
from pages.runs.table import OFFERED
from tests.conftest import poll, typed
from tests.pages.test_pages import PAGES

COMPARED = ("Curves", "Answers", "Params", "Diff", "Media", "Report")
OF_ALL_KINDS = ("Events", "Log", "Spec")
LISTED = "archived == true or archived == false"
HEADS = {"overview": "Overview", "runs": "Runs", "trial": "Trial ", "compare": "Compare"} | {
    each.address: "New" for each in starts().values()
}

_asked: list[str] = []  # the environments that Gymnasium was asked about


@contextmanager
def at_home(home: Path) -> Iterator[None]:
    """Lets this process work in a home without a cluster, and without Gymnasium: it knows no environment
    but those of the catalogue."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAYDECK_HOME", str(home))
        patch.delenv("RAYDECK_DB", raising=False)
        patch.setenv("RAYDECK_AUTOSTART", "0")
        patch.setattr(registry, "read_soon", lambda: False)
        patch.setattr(registry, "read_one", _asked.append)
        api.reset()
        st.cache_data.clear()
        st.cache_resource.clear()
        yield
        api.reset()


def browser() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60).run()


def shown(app: AppTest, page: str, /, **query: str) -> AppTest:
    """Opens an address and makes sure that it is that page, and no traceback."""
    app.query_params.clear()
    app.query_params.update(query)
    if "tab" in query:
        app.session_state["tab"] = query["tab"]  # a tab that was chosen before would stay
    _asked.clear()
    app.switch_page(PAGES[page]).run()
    assert not app.exception, (page, query, app.exception)
    assert not _asked or page in starts(), "who only shows a run asks Gymnasium nothing"
    assert HEADS.get(page, "") in "\n".join(str(each.value) for each in (*app.header, *app.subheader)), (page, query)
    return app


def runs(found: Sequence[Run]) -> None:
    """Opens each run with each of its tabs, and its first and last trial."""
    app = browser()
    for run in found:
        for tab in (*view(run).tabs(run), *OF_ALL_KINDS):
            assert shown(app, "run", id=run.id, tab=tab).session_state["tab"] == tab
        for number in {run.trials[0].number, run.trials[-1].number} if run.trials else ():
            shown(app, "trial", run=run.id, number=str(number))


def asides(found: Sequence[Run]) -> None:
    """Opens each run of which something was set aside, and its trials, with what that was."""
    for run in found:
        if not run.set_aside:
            continue
        for tab in view(run).tabs(run):
            app = browser()
            assert shown(app, "run", id=run.id, tab=tab, aside="on").session_state["tab"] == tab
        for trial in run.trials:
            captions = shown(browser(), "trial", run=run.id, number=str(trial.number), aside="on").caption
            assert trial.set_aside == 0 or any("set aside" in str(each.value) for each in captions)


def lists() -> None:
    """Opens the pages that list runs, with every column there is, and those archived."""
    app = browser()
    shown(app, "overview")
    shown(app, "runs", cols=",".join(OFFERED))
    shown(app, "runs", q=LISTED, sort="best", cols="params.lr,metrics.return_mean.mean,algorithm")


def comparison(found: Sequence[Run]) -> None:
    """Lays runs beside each other in each tab, and waits for the answers."""
    app, ids = browser(), ",".join(run.id for run in found)
    for tab in COMPARED:
        assert shown(app, "compare", runs=ids, tab=tab).session_state["tab"] == tab
    for _ in range(2):
        shown(app, "compare", runs=ids, tab="Answers", metric="return_mean")
        poll(lambda: not any(kept.job and not kept.job.done() for kept in answers._answers.values()), "answers")


def command_line(found: Sequence[Run]) -> None:
    """Asks about the runs at the command line."""
    listed = typed("runs", "--query", LISTED)
    assert listed.returncode == 0, listed.stderr
    assert all(run.id in listed.stdout for run in found)
    for run in found:
        asked = [
            ["show", run.id],
            ["show", run.id, "--json"],
            ["logs", run.id],
            ["series", run.id, run.main_metric, "--json"],
            ["series", run.id, run.main_metric, "--aside"],
        ]
        asked += [["results", run.id]] if run.tasks else [["trials", run.id]]
        for arguments in asked:
            said = typed(*arguments)
            assert (said.returncode, said.stderr) == (0, ""), arguments
    assert typed("models").returncode == 0
