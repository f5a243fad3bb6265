"""The pages of a sweep: each tab, the trial's page, the form with each trainable, what is not offered and why."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import sweeps
from backend.catalog.trainables import TRAINABLES
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.model import RunState, TrialState
from backend.store import runs
from backend.store.recording.recorder import Recorder
from tests.pages.test_pages import NASTY, app, opened, said

__all__ = ["app"]  # the fixture

SPEC = {
    "kind": "sweep", "name": NASTY, "trainable": "digits_mlp", "search": "optuna", "scheduler": "asha", "samples": 12,
    "space": {"lr": {"loguniform": [1e-4, 1e-1]}, "hidden": {"choice": [16, 32]}, "alpha": {"uniform": [0, 1]}},
}  # fmt: skip


@pytest.fixture
def run_id(app: AppTest) -> str:
    """A sweep of twelve trials that is over: some pruned, one failed, one whose metric was NaN."""
    database = api.house().database
    made = runs.create(database, specs.parse(SPEC).model_dump(exclude_none=True, mode="json"), [])
    runs.claim(database, made, 1, "host", {"ray": "2"})
    recorder = Recorder(database, made, 1, api.run(made).goal)
    for number in range(12):
        recorder.add_trial(
            number, {"lr": 10 ** -(1 + number / 4), "hidden": (16, 32)[number % 2], "alpha": number / 12}
        )
        for step in range(1, 3 if number % 3 else 11):
            recorder.report(
                number,
                step,
                {"accuracy": float("nan") if number == 5 else 0.5 + number / 30 + step / 100, "loss": 1 / step},
            )
        state = TrialState.FAILED if number == 7 else TrialState.PRUNED if number % 3 else TrialState.SUCCEEDED
        recorder.trial(number, state=state, ended_at=1e9, error="ValueError: no" if number == 7 else "")
    recorder.finish(RunState.SUCCEEDED)
    return made


@pytest.mark.parametrize("tab", ["Progress", "Trials", "Pictures", "Best", "Metrics", "Events", "Log", "Spec"])
def test_each_tab_of_a_sweep(app: AppTest, run_id: str, tab: str) -> None:
    opened(app, "run", id=run_id, tab=tab)
    numbers = {each.label: each.value for each in app.metric}
    assert numbers == {"Best accuracy": "0.9", "Finished": "4", "Pruned": "7", "Running": "0", "Failed": "1"}
    assert f"/trial?run={run_id}&number=9" in said(app) or "trial 9" in said(app)
    assert "<script>" not in said(app).replace("\\<script\\>", "")


@pytest.mark.parametrize(
    "picture", ["parallel", "importance", "contour", "slice", "rank", "edf", "timeline", "nonsense"]
)
def test_each_picture(app: AppTest, run_id: str, picture: str) -> None:
    opened(app, "run", id=run_id, tab="Pictures", picture=picture)
    assert not app.error


@pytest.mark.parametrize(
    "query", [{"order": "nonsense"}, {"order": "p.lr", "down": "x"}, {"page": "99"}, {"trial_states": "pruned"}]
)
def test_a_list_of_trials_with_odd_links(app: AppTest, run_id: str, query: dict[str, str]) -> None:
    opened(app, "run", id=run_id, tab="Trials", **query)
    assert "trials." in said(app)


@pytest.mark.parametrize("number", [0, 5, 7])
def test_the_page_of_a_trial(app: AppTest, run_id: str, number: int) -> None:
    opened(app, "trial", run=run_id, number=str(number))
    assert f"Trial {number}" in said(app)
    assert ("ValueError" in said(app)) == (number == 7)


@pytest.mark.parametrize("query", [{}, {"number": "99"}, {"number": "x"}])
def test_a_trial_that_is_not_there_is_said(app: AppTest, run_id: str, query: dict[str, str]) -> None:
    opened(app, "trial", run=run_id, **query)
    assert "no trial" in said(app)


@pytest.mark.parametrize("trainable", [*TRAINABLES, "rl"])
def test_the_form_of_each_trainable_is_ready_to_start(app: AppTest, trainable: str) -> None:
    opened(app, "sweep")
    app.selectbox(key="sweep/new/trainable").set_value(trainable).run()
    assert not app.exception
    start = next(button for button in app.button if button.label == "Start run")
    assert not start.disabled, said(app)


def test_what_cannot_be_is_not_offered_and_why_is_said(app: AppTest) -> None:
    opened(app, "sweep")
    scheduler = next(each for each in app.selectbox if each.label == "Scheduler")
    assert "PBT" not in scheduler.options
    assert "needs a trainable that reports checkpoints" in said(app)


def test_a_clone_of_a_sweep_is_the_same_spec(app: AppTest, run_id: str) -> None:
    opened(app, "sweep", clone=run_id)
    next(button for button in app.button if button.label == "Start run").click().run()
    (clone,) = (run for run in api.runs() if run.parent_id == run_id)
    assert clone.spec == api.run(run_id).spec


def test_defaults_taken_from_a_trial_show_in_the_form_and_can_be_forgotten(app: AppTest, run_id: str) -> None:
    opened(app, "run", id=run_id, tab="Best")
    app.button(key="as_defaults").click().run()
    opened(app, "sweep", trainable="digits_mlp")
    assert "Your default, from trial 9" in said(app)
    next(button for button in app.button if button.label == "Forget").click().run()
    assert sweeps.defaults() == {}


def test_the_best_of_an_rl_sweep_becomes_the_default_of_its_form(app: AppTest) -> None:
    trainable = {"algorithm": "q_learning", "environment": "FrozenLake-v1", "stop": {"episodes": 100}}
    spec = specs.parse(
        {"kind": "sweep", "trainable": trainable, "space": {"alpha": {"uniform": [0.1, 0.9]}}, "samples": 1}
    )
    database = api.house().database
    made = runs.create(database, spec.model_dump(exclude_none=True, mode="json"), [])
    runs.claim(database, made, 1, "host", {})
    recorder = Recorder(database, made, 1, api.run(made).goal)
    recorder.add_trial(0, {"alpha": 0.375}, 1)
    recorder.report(0, 1, {"return_mean": 0.9})
    recorder.finish(RunState.SUCCEEDED)
    sweeps.use_as_defaults(made)
    opened(app, "rl")
    app.selectbox(key="rl/new/algorithm").set_value("q_learning").run()
    assert "Your default, from trial 0" in said(app)
    assert "alpha: 0.375" in "".join(each.value for each in app.code)
    opened(app, "sweep")
    app.selectbox(key="sweep/new/trainable").set_value("rl").run()
    app.selectbox(key="sweep/new/rl/algorithm").set_value("q_learning").run()
    next(each for each in app.selectbox if each.label == "Environment").set_value("FrozenLake-v1").run()
    assert "Your default, from trial 0" in said(app)
    assert "alpha:" in (yaml := "".join(each.value for each in app.code))
    assert "start_from" not in yaml
    next(button for button in app.button if button.label == "Forget").click().run()
    assert "Your default" not in said(app)


OWN_ENVIRONMENT = """
import gymnasium


class Corridor(gymnasium.Env):
    observation_space, action_space = gymnasium.spaces.Discrete(5), gymnasium.spaces.Discrete(2)

    def reset(self, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at = max(0, min(4, self.at + (1 if action else -1)))
        return self.at, float(self.at == 4), self.at == 4, False, {}
"""


def test_ones_own_environment_can_be_chosen_for_a_sweep(app: AppTest) -> None:
    folder = api.house().settings.workloads_folder
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "halls.py").write_text(OWN_ENVIRONMENT)
    opened(app, "sweep")
    app.selectbox(key="sweep/new/trainable").set_value("rl").run()
    app.selectbox(key="sweep/new/rl/algorithm").set_value("q_learning").run()
    environment = next(each for each in app.selectbox if each.label == "Environment")
    assert "halls:Corridor · your own" in environment.options
    environment.set_value("halls:Corridor").run(timeout=60)
    assert "halls:Corridor" in "".join(each.value for each in app.code)
    assert not next(button for button in app.button if button.label == "Start run").disabled, said(app)


ENDLESS = """
from ray import tune


class Counter(tune.Trainable):
    def step(self):
        return {"height": self.config["x"]}
"""


def test_the_time_budget_of_what_never_ends_by_itself_cannot_be_lifted(app: AppTest) -> None:
    spec = {
        "kind": "sweep",
        "trainable": "endless:Counter",
        "metric": "height",
        "space": {"x": {"uniform": [0, 1]}},
        "time_budget_s": 60,
    }
    content = specs.parse(spec).model_dump(exclude_none=True, mode="json")
    made = runs.create(api.house().database, content, [], workload=ENDLESS)
    with pytest.raises(InvalidSpec) as caught:
        sweeps.extend(made, time_budget_s=0)
    assert "goes on until somebody says how many iterations" in caught.value.problems["time_budget_s"]
    assert sweeps.limits(api.run(made)).time_budget_s == 60
    bounded = runs.create(api.house().database, content | {"max_iterations": 5}, [], workload=ENDLESS)
    sweeps.extend(bounded, time_budget_s=0)
    assert sweeps.limits(api.run(bounded)).time_budget_s is None


def test_a_huge_grid_is_asked_for_again(app: AppTest) -> None:
    values = list(range(200))
    spec = {
        "kind": "sweep",
        "trainable": "branin",
        "search": "grid",
        "space": {"x": {"grid": values}, "y": {"choice": values}},
    }
    database = api.house().database
    made = runs.create(database, specs.parse(spec).model_dump(exclude_none=True, mode="json"), [])
    opened(app, "sweep", clone=made)
    assert next(button for button in app.button if button.label == "Start run").disabled
    assert "40,000 trials" in said(app)
    app.checkbox(key="agreed").check().run()
    assert not next(button for button in app.button if button.label == "Start run").disabled


def clone_of(app: AppTest, spec: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The spec of a sweep, and of the one that its form starts when it is cloned."""
    database = api.house().database
    content = specs.parse(spec).model_dump(exclude_none=True, mode="json")
    made = runs.create(database, content, [])
    opened(app, "sweep", clone=made)
    start = next(button for button in app.button if button.label == "Start run")
    assert not start.disabled, said(app)
    start.click().run()
    (clone,) = (run for run in api.runs() if run.parent_id == made)
    return content, clone.spec


def test_a_clone_keeps_every_digit_and_what_is_text(app: AppTest) -> None:
    space = {
        "alpha": {"uniform": [0.123456789, 1.0]},
        "lr": {"loguniform": [1.23456789e-05, 0.1]},
        "epochs": {"fixed": "on"},
        "hidden": {"choice": ["on", "off", "1", "a, b", "1e-4", 2, True, None, [64, 64], 0.1234567891, ""]},
    }
    before, after = clone_of(app, {"kind": "sweep", "trainable": "digits_mlp", "space": space, "samples": 3})
    assert after == before
    assert [type(value) for value in after["space"]["hidden"]["choice"]] == [
        type(value) for value in space["hidden"]["choice"]
    ]


def test_a_clone_of_a_sweep_of_learners_keeps_stop_and_options(app: AppTest) -> None:
    stop = {"episodes": 500, "time_s": 60.0, "return_mean": 0.0}
    lake = {
        "algorithm": "q_learning",
        "environment": "FrozenLake-v1",
        "environment_options": {"is_slippery": False},
        "stop": stop,
    }
    before, after = clone_of(
        app, {"kind": "sweep", "trainable": lake, "space": {"alpha": {"uniform": [0.1, 0.9]}}, "samples": 3}
    )
    assert after == before
    assert after["trainable"]["stop"] == stop


def test_with_repeats_only_fifo_is_offered(app: AppTest) -> None:
    opened(app, "sweep", trainable="digits_mlp")
    next(each for each in app.selectbox if each.label == "Scheduler").set_value("fifo").run()
    next(each for each in app.number_input if each.label == "Repeats").set_value(3).run()
    assert next(each for each in app.selectbox if each.label == "Scheduler").options == ["FIFO"]
    next(button for button in app.button if button.label == "Start run").click().run()
    (run,) = api.runs()
    assert (run.spec["repeats"], run.spec["scheduler"]) == (3, "fifo")


def test_populations_are_not_offered_for_learners(app: AppTest) -> None:
    opened(app, "sweep")
    app.selectbox(key="sweep/new/trainable").set_value("rl").run()
    assert {"PBT", "PB2"}.isdisjoint(next(each for each in app.selectbox if each.label == "Scheduler").options)
    assert "middle of a trial" in said(app)


def test_a_space_begins_around_the_defaults_that_were_taken(app: AppTest, run_id: str) -> None:
    sweeps.use_as_defaults(run_id)
    opened(app, "sweep", trainable="digits_mlp")
    values = {each.key.rsplit("row", 1)[-1]: each.value for each in app.text_input if each.key and "/row" in each.key}
    best = api.run(run_id).best_trial
    assert best
    assert float(values["0/loguniform/Min"]) < best.params["lr"] < float(values["0/loguniform/Max"]) < 1e-1
    assert values["1/choice"].startswith(str(best.params["hidden"]))


def test_a_zoom_belongs_to_its_axis(app: AppTest, run_id: str) -> None:
    opened(app, "run", id=run_id, tab="Progress", window="time:3..5")
    assert "window" not in app.query_params
    opened(app, "run", id=run_id, tab="Progress", window="3..5")
    assert app.query_params["window"] in ("3..5", ["3..5"])


@pytest.fixture
def running(app: AppTest) -> str:
    """A sweep of which one trial runs."""
    database = api.house().database
    made = runs.create(
        database, specs.parse({**SPEC, "scheduler": "fifo"}).model_dump(exclude_none=True, mode="json"), []
    )
    runs.claim(database, made, 1, "host", {})
    recorder = Recorder(database, made, 1, api.run(made).goal)
    recorder.add_trial(0, {"lr": 0.01, "hidden": 16, "alpha": 0.5})
    recorder.report(0, 1, {"accuracy": 0.5, "loss": 1.0})
    recorder.close()
    return made


def test_a_trial_is_stopped_from_the_table(app: AppTest, running: str) -> None:
    opened(app, "run", id=running, tab="Trials")
    app.button(key="stop_one").click().run()
    assert api.run(running).trials[0].stop_requested_at is not None


def test_limits_are_lifted_on_the_page(app: AppTest, running: str) -> None:
    sweeps.extend(running, concurrency=3, time_budget_s=60)
    opened(app, "run", id=running)
    app.button(key="lift_budget").click().run()
    app.button(key="lift_at_once").click().run()
    now = sweeps.limits(api.run(running))
    assert (now.concurrency, now.time_budget_s) == (None, None)


def test_the_other_metrics_of_many_trials_are_drawn_in_few_lines(
    app: AppTest, run_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[int] = []
    monkeypatch.setattr(
        "pages.widgets.live_plot.LivePlot.show", lambda plot, chart, *_, **__: drawn.append(len(chart.lines))
    )
    opened(app, "run", id=run_id, tab="Metrics")
    assert drawn
    assert max(drawn) <= 4, "twelve trials"
