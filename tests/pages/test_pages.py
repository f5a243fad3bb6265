"""Every page from app.py on: empty, filled, with nonsense in its URL; people's words stay letters."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import find
from backend.api import tasks as tasks_api
from backend.catalog.examples import EXAMPLES
from backend.catalog.functions import FUNCTIONS
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.model import RunState
from backend.settings import ROOT
from backend.store import runs
from backend.store.fanout import tasks as store
from backend.store.fanout.book import TaskBook
from backend.store.fanout.summary import Summary
from backend.store.fanout.task_rows import Done
from backend.store.recording.recorder import Recorder
from backend.store.schema import fanouts, tasks
from pages.runs.kinds import starts
from tests.conftest import LAKE, content

NASTY = "<script>alert(1)</script> **bold** [x](http://y) $a$"
PAGES = {
    "overview": "pages/watch/overview.py",
    "runs": "pages/watch/runs.py",
    "run": "pages/watch/run.py",
    "trial": "pages/watch/trial.py",
    **{each.address: each.page for each in starts().values()},
    "compare": "pages/compare/compare.py",
    "cluster": "pages/cluster/cluster.py",
}


@pytest.fixture
def app(home: Path) -> AppTest:
    """The app without a cluster: nothing is started in the background."""
    st.cache_data.clear()
    st.cache_resource.clear()
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def opened(app: AppTest, page: str, /, **query: str) -> AppTest:
    app.run()
    for key, value in query.items():
        app.query_params[key] = value
    app.switch_page(PAGES[page]).run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning, *app.subheader, *app.header]
    return "\n".join(str(each.value) for each in parts)


@pytest.fixture
def run_id(app: AppTest) -> str:
    database = api.house().database
    made = runs.create(database, content({**LAKE, "name": NASTY}), [1, 2])
    runs.claim(database, made, 1, "host", {"ray": "2"})
    recorder = Recorder(database, made, 1)
    for step in range(30):
        for trial in (0, 1):
            recorder.report(
                trial,
                step,
                {"return_mean": step / 30, "env_steps": step, "iteration": step, "time_s": step, "learner/loss": 1.0},
            )
    recorder.close()
    runs.finish(database, made, 1, RunState.FAILED, error="KeyError: 'x7'", traceback="Traceback: here")
    return made


@pytest.mark.parametrize("page", ["overview", "runs", "run", "compare"])
def test_an_empty_page_offers_runs_in_one_click(app: AppTest, page: str) -> None:
    opened(app, page)
    assert [button.label for button in app.button].count("Start") == len(EXAMPLES)


@pytest.mark.parametrize("page", ["overview", "runs", "run", "compare"])
def test_an_example_starts_and_opens(app: AppTest, page: str) -> None:
    opened(app, page)
    next(button for button in app.button if button.label == "Start").click().run()
    (run,) = api.runs()
    assert run.name == "lake"
    assert app.query_params["id"] in (run.id, [run.id])


@pytest.mark.parametrize("page", PAGES)
def test_each_page_shows_a_recorded_run(app: AppTest, run_id: str, page: str) -> None:
    opened(app, page, id=run_id, runs=run_id)
    assert "<script>" not in said(app).replace("\\<script\\>", "")


def test_a_run_says_what_people_said_of_it(app: AppTest, run_id: str) -> None:
    find.tag([run_id], add=["<b>odd</b> [tag]"])
    find.note(run_id, "*my* <i>note</i>")
    opened(app, "run", id=run_id)
    assert r"\<b\>odd\</b\> \[tag\]" in said(app), "letter by letter"
    assert r"\*my\* \<i\>note" in said(app)


@pytest.mark.parametrize("tab", ["Reward", "Metrics", "Trials", "Events", "Log", "Spec"])
def test_each_tab_of_a_run(app: AppTest, run_id: str, tab: str) -> None:
    opened(app, "run", id=run_id, tab=tab)
    assert "KeyError" in said(app)


@pytest.fixture
def external_id(app: AppTest) -> str:
    """A script's own run, still running, with trials and no reward."""
    database = api.house().database
    made = runs.begin(
        database, {"kind": "external", "name": NASTY, "params": {"lr": 1, "odd": NASTY}, "seed": 3}, "host", {}
    )
    recorder = Recorder(database, made, 1)
    recorder.add_trial(1, {"lr": 2})
    for step in range(30):
        for trial in (0, 1):
            recorder.report(trial, step, {"loss": 1 / (step + 1), NASTY: float("nan")})
    recorder.close()
    return made


@pytest.mark.parametrize("tab", ["Chart", "Metrics", "Trials", "Events", "Log", "Spec"])
def test_each_tab_of_a_scripts_own_run(app: AppTest, external_id: str, tab: str) -> None:
    opened(app, "run", id=external_id, tab=tab)
    assert "your own script · seed 3 · lr 1" in said(app)
    assert {button.label for button in app.button} == {"Stop", "Compare", "Start cluster"}, "no Clone, no Resume"
    assert [each.label for each in app.metric][:2] == ["Loss, mean of trials", "Reports"]


@pytest.mark.parametrize("page", ["overview", "runs", "compare"])
def test_each_page_shows_a_scripts_own_run(app: AppTest, external_id: str, run_id: str, page: str) -> None:
    opened(app, page, runs=f"{external_id},{run_id}")
    assert "<script>" not in said(app).replace("\\<script\\>", "")


def test_a_scripts_own_run_cannot_be_cloned_into_the_form(app: AppTest, external_id: str) -> None:
    opened(app, "rl", clone=external_id)
    assert "Raydeck cannot start it" in said(app)


def test_a_run_that_does_not_exist_is_a_message(app: AppTest) -> None:
    opened(app, "run", id="nosuchrun")
    assert "There is no run" in said(app)
    opened(app, "compare", runs="nosuchrun")


def test_a_database_that_is_none_is_a_message(app: AppTest, home: Path) -> None:
    (home / "raydeck.db").write_text("no database " * 100)
    app.run()
    assert not app.exception
    assert "not a Raydeck database" in said(app).replace("\\", "")


def test_a_database_of_a_newer_version_is_a_message(app: AppTest) -> None:
    with api.house().database.write() as tx:
        tx.exec_driver_sql("update alembic_version set version_num = '9999'")
    api.reset()
    app.run()
    assert not app.exception
    assert "was written by a newer Raydeck" in said(app)
    assert "Nothing was changed" in said(app)


def test_the_form_reports_each_problem_and_starts_nothing(app: AppTest) -> None:
    opened(app, "rl")
    for label, value in (("Learning rate α", -1.0), ("Episodes", 0)):
        next(each for each in app.number_input if each.label == label).set_value(value).run()
    next(each for each in app.text_input if each.label == "Own seeds").set_value("1, 1, banana").run()
    text = said(app).replace("\\", "")
    assert text.count("must be greater than 0") == 2
    assert "banana" not in [run.name for run in api.runs()]
    assert next(button for button in app.button if button.label == "Start run").disabled
    assert api.runs() == []


def test_an_optional_number_that_begins_with_a_value_can_be_emptied(app: AppTest) -> None:
    opened(app, "rl")
    for label, value in (("Time limit (s)", 60.0), ("Episodes", None)):
        next(each for each in app.number_input if each.label == label).set_value(value).run()
    next(button for button in app.button if button.label == "Start run").click().run()
    assert api.runs()[0].spec["stop"] == {"time_s": 60.0}


def test_a_form_begins_with_what_was_cloned_whatever_was_cloned_before(app: AppTest) -> None:
    for episodes in (70, 80):
        run_id = api.launch({**LAKE, "stop": {"episodes": episodes}})
        opened(app, "rl", clone=run_id)
        assert next(each for each in app.number_input if each.label == "Episodes").value == episodes


def test_a_double_click_starts_one_run(app: AppTest) -> None:
    opened(app, "rl")
    start = next(button for button in app.button if button.label == "Start run")
    start.click().run()
    assert len(api.runs()) == 1
    key = api.runs()[0].id
    app.switch_page(PAGES["rl"]).run()
    next(button for button in app.button if button.label == "Start run").click().run()
    assert len(api.runs()) == 2, "coming back to the form starts another run"
    assert key in [run.id for run in api.runs()]


def test_only_possible_pairs_are_offered(app: AppTest) -> None:
    opened(app, "rl")
    algorithm, environment = app.selectbox[0], app.selectbox[1]
    assert "Pendulum-v1" not in environment.options
    algorithm.select("ppo").run()
    assert "CartPole-v1" in app.selectbox[1].options
    assert "FrozenLake-v1" not in app.selectbox[1].options


def test_clone_opens_the_form_filled(app: AppTest, run_id: str) -> None:
    opened(app, "rl", clone=run_id)
    assert next(each for each in app.number_input if each.label == "Learning rate α").value == 0.5
    assert next(each for each in app.number_input if each.label == "Episodes").value == 2000
    next(button for button in app.button if button.label == "Start run").click().run()
    assert api.runs()[0].parent_id == run_id


@pytest.fixture
def fanout(app: AppTest) -> str:
    """A fan-out that is over, with people's words in it."""
    database = api.house().database
    spec = {
        "kind": "tasks",
        "name": NASTY,
        "function": "monte_carlo_pi",
        "inputs": {"list": [1, 2, 3], "argument": "seed"},
    }
    made = runs.create(database, specs.parse(spec).model_dump(exclude_none=True, mode="json"), [None], total=3)
    runs.claim(database, made, 1, "host", {"ray": "2"})
    book, recorder = TaskBook(database, made, 1), Recorder(database, made, 1)
    book.summary.workers.append(["node", 1])
    book.succeed(
        [
            Done(each, 1, json.dumps({"seed": NASTY}), 1e9, 0.5, 0, 3.0 + each, str(3.0 + each), output=NASTY)
            for each in (0, 1)
        ]
    )
    book.fail(Done(2, 4, "{}", 1e9, 0.1, 0, error=("ValueError", NASTY, NASTY, "Traceback: here")))
    book.flush()
    for step in (1, 2):
        recorder.report(0, step, {"result_mean": 3.0, "result_low": 2.0, "result_high": 4.0, "tasks_per_second": 1.0})
        recorder.report(0, step, {"worker/0": 0.5})
    recorder.close()
    runs.finish(database, made, 1, RunState.SUCCEEDED)
    return made


@pytest.mark.parametrize(
    ("tab", "query", "words"),
    [
        ("Results", {}, "of 2 results"),
        ("Tasks", {}, "1 to 3 of 3 tasks"),
        ("Tasks", {"find": "nothing like it"}, "No task matches"),
        ("Tasks", {"states": "failed", "order": "seconds", "down": "1"}, "1 to 1 of 1 tasks"),
        ("Tasks", {"page": "99", "failure": "x", "order": "'; drop table", "task": "nonsense"}, "It has not begun yet"),
        ("Tasks", {"page": "7", "find": "ValueError"}, "1 to 1 of 1 tasks"),
        ("Tasks", {"page": "7", "states": "failed"}, "1 to 1 of 1 tasks"),
        ("Tasks", {"page": "9" * 25, "task": "²", "failure": "²"}, "1 to 3 of 3 tasks"),
        ("Tasks", {"task": "9" * 25}, "It has not begun yet"),
        ("Tasks", {"task": "1"}, "What it printed"),
        ("Workers", {}, "2 chunks of tasks"),
        ("Failures", {}, "ValueError"),
        ("Spec", {}, "id "),
    ],
)
def test_each_tab_of_a_fan_out_is_drawn(app: AppTest, fanout: str, tab: str, query: dict[str, str], words: str) -> None:
    opened(app, "run", id=fanout, tab=tab, **query)
    assert words in said(app)
    assert NASTY not in said(app), "people's words are escaped"


def test_the_tasks_of_a_failure_begin_on_the_first_page(app: AppTest, fanout: str) -> None:
    opened(app, "run", id=fanout, tab="Failures", page="2")
    next(button for button in app.button if button.label == "Show these tasks").click().run()
    assert "1 to 1 of 1 tasks" in said(app)
    assert "page" not in app.query_params


def test_results_that_are_pairs_are_read_once_for_each_state_of_the_run(
    app: AppTest, fanout: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api.house().database.write() as tx:
        tx.execute(update(fanouts).values(summary=asdict(Summary())))
        tx.execute(update(tasks).where(tasks.c.state == "succeeded").values(result="[1, 2]"))
    reads = []
    read = store.spread
    monkeypatch.setattr("backend.store.fanout.tasks.spread", lambda *asked: reads.append(asked) or read(*asked))
    opened(app, "run", id=fanout, tab="Results")
    assert "all 2 results" in said(app)
    app.run()
    assert len(reads) == 1


def test_the_form_of_a_fan_out_says_what_is_wrong_and_starts_nothing(app: AppTest) -> None:
    opened(app, "tasks")
    stop = next(field for field in app.number_input if field.label.startswith("To"))
    stop.set_value(0).run()
    assert "there are no tasks in it" in said(app)
    assert next(button for button in app.button if button.label == "Start run").disabled
    next(field for field in app.number_input if field.label.startswith("To")).set_value(7).run()
    assert "7 tasks" in said(app)
    next(button for button in app.button if button.label == "Start run").click().run()
    (run,) = api.runs()
    assert run.tasks is not None
    assert run.tasks.total == 7


CHOICES = """
from typing import Literal
FAST = "p"
def choose(x: int, mode: Literal["a", "b"] | None = None, m2: Literal["p", "q"] = FAST, fl: bool | None = None,
           dbg: bool = FAST == "p", plain: bool = True):
    '''Chooses.

    Args:
        m2: The pace.
    '''
"""


def test_what_a_function_does_by_itself_is_left_to_it(app: AppTest) -> None:
    tasks_api.save_own_file("choices", CHOICES)
    opened(app, "tasks", function="choices:choose")
    chosen = {field.label: field for field in app.selectbox if field.label in ("mode", "m2", "fl", "dbg")}
    assert {name: field.options[0] for name, field in chosen.items()} == {
        "mode": "default: none",
        "m2": "default: FAST",
        "fl": "default: none",
        "dbg": "default: FAST == 'p'",
    }
    assert chosen["m2"].help == "The pace\\."
    chosen["fl"].set_value(False).run()
    next(button for button in app.button if button.label == "Start run").click().run()
    assert api.runs()[0].spec["params"] == {"fl": False, "plain": True}


MAPPINGS = [{"x": "a, b", "y": 1}, {"x": "c", "y": 2}]


@pytest.mark.parametrize("inputs", [
    {"list": MAPPINGS}, {"list": MAPPINGS[:1]}, {"list": ["one, two", "[x]", "3"], "argument": "x"},
    {"list": [1, "1", True], "argument": "y"},
    {"grid": {"x": ["a, b", "c"], "y": [1, 2.5]}}, {"grid": {"x": ["a", "b"], "y": [[1, 2], [3]]}},
])  # fmt: skip
def test_a_clone_has_the_inputs_that_it_was_cloned_from(app: AppTest, inputs: dict[str, Any]) -> None:
    tasks_api.save_own_file("two", "def both(x: str = 'd', y=None): ...")
    spec = {"kind": "tasks", "name": "first", "function": "two:both", "inputs": inputs}
    first = api.launch(spec)
    opened(app, "tasks", clone=first)
    next(button for button in app.button if button.label == "Start run").click().run()
    again = next(run for run in api.runs() if run.id != first)
    name = "grid" if "grid" in inputs else "list"
    assert again.spec["inputs"][name] == inputs[name]


def test_texts_are_one_a_line_and_the_hint_says_so(app: AppTest) -> None:
    tasks_api.save_own_file("two", "def both(x: str, y: int = 1): ...")
    opened(app, "tasks", function="two:both")
    next(field for field in app.button_group if field.label == "Source").set_value("list").run()
    field = app.text_area[0]
    assert field.placeholder == "one a line; or a JSON list"
    field.set_value("one, two\nthree").run()
    assert "2 tasks" in said(app)


def test_the_editor_takes_a_file_of_trainables_alone_and_overwrites_none_unasked(app: AppTest) -> None:
    trainable = "from ray import tune\nclass Mine(tune.Trainable):\n    def step(self): return {'loss': 1}\n"
    path = tasks_api.save_own_file("mine", trainable)
    with pytest.raises(InvalidSpec, match="there is a mine"):
        tasks_api.save_own_file("mine", "def f(x): ...", overwrite=False)
    assert path.read_text() == trainable
    (path.parent / "my-file.py").write_text("def f(x): ...")
    opened(app, "tasks")
    assert "my-file.py cannot be used" in said(app).replace("\\", "")
    next(button for button in app.button if button.label == "Write a function").click().run()
    app.text_input(key="edit_name_a new file").set_value("mine").run()
    app.button(key="edit_save").click().run()
    assert "there is a mine.py already" in said(app).replace("\\", "")
    assert path.read_text() == trainable


def test_every_function_of_the_catalogue_has_a_form_that_could_start(app: AppTest) -> None:
    for name in FUNCTIONS:
        opened(app, "tasks", function=name)
        assert not next(button for button in app.button if button.label == "Start run").disabled, name
