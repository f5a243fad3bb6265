"""Pictures of sweeps: each is drawn of every kind of sweep, or says what it lacks."""

import random
import subprocess
import sys
import time
from typing import Any

import plotly.graph_objects as go
import pytest

from backend.figures import palette, sweep_params, sweeps
from backend.model import Run, TrialState
from backend.settings import ROOT
from tests.analysis.test_study import sweep, trial

NASTY = "<b>x</b> %{y} $a$ and a long tail"
SPACE = {
    "lr": {"loguniform": [1e-4, 1e-1]},
    "hidden": {"choice": [32, 64, 128]},
    NASTY: {"uniform": [0, 1]},
    "q": {"quniform": [0, 10, 0.5]},
    "n": {"randint": [1, 9]},
    "g": {"grid": [1, 2]},
    "layers": {"choice": [[8, 8], [16]]},
    "act": {"choice": ["relu", "<i>tanh</i>", None]},
    "f": {"fixed": 3},
}


def made_up(count: int, **spec: Any) -> Run:
    dice = random.Random(1)
    trials = []
    for number in range(count):
        params = {
            "lr": 10 ** dice.uniform(-4, -1),
            "hidden": dice.choice([32, 64, 128]),
            NASTY: dice.random(),
            "q": dice.randrange(21) * 0.5,
            "n": dice.randrange(1, 9),
            "g": dice.choice([1, 2]),
            "layers": dice.choice([[8, 8], [16]]),
            "act": dice.choice(["relu", "<i>tanh</i>", None]),
            "f": 3,
        }
        value = 0.9 - abs(params["lr"] - 0.01) + 0.02 * params["n"] + 0.1 * dice.random()
        state = (
            TrialState.SUCCEEDED
            if count < 5
            else dice.choice([TrialState.SUCCEEDED] * 8 + [TrialState.PRUNED, TrialState.FAILED])
        )
        best = None if count >= 5 and number % 17 == 3 else value
        trials.append(
            trial(
                number,
                params,
                best,
                state=state,
                last={"accuracy": best, "loss": None if best is None else 1 - params["q"]},
            )
        )
    return sweep(SPACE, *trials, **spec)


@pytest.mark.parametrize("name", [name for name in sweeps.PICTURES if name != "pareto"])
@pytest.mark.parametrize("mode", ["max", "min"])
def test_every_picture_is_drawn(name: str, mode: str) -> None:
    figure = sweeps.picture(made_up(40, mode=mode), name)
    assert isinstance(figure, go.Figure)
    text = figure.to_json()
    assert len(figure.data)
    assert figure.layout.title.text is None
    assert figure.layout.width is None
    assert "<b>" not in text
    assert "\\u003cb\\u003e" not in text
    assert "<i>" not in text
    assert "\\u003ci\\u003e" not in text
    assert "%{y} $" not in text


@pytest.mark.parametrize("name", sweeps.PICTURES)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_trials_are_drawn_or_missed_in_words(name: str, count: int) -> None:
    found = sweeps.picture(made_up(count), name)
    if isinstance(found, str):
        assert found.startswith("Needs ")
        assert found.endswith(".")
    else:
        assert name == "timeline" or count == 2


@pytest.mark.parametrize("name", sweeps.PICTURES)
@pytest.mark.parametrize("objective", [0, 1])
def test_of_several_objectives_one_is_drawn_or_all(name: str, objective: int) -> None:
    found = sweeps.picture(made_up(40, metric=["accuracy", "loss"], mode=["max", "min"]), name, objective=objective)
    assert isinstance(found, go.Figure)
    assert ("Loss" in found.to_json()) == (name == "pareto" or objective == 1)


def test_what_is_missing_is_said() -> None:
    assert sweeps.picture(made_up(1), "edf") == "Needs two finished trials; so far there is one."
    assert sweeps.picture(made_up(0), "timeline") == "Needs one trial that is over; so far there is none."
    assert sweeps.picture(made_up(9), "pareto") == "Needs two or three objectives; this sweep has one."
    assert sweeps.picture(made_up(9), "edf", objective=1) == "There is no objective 2; this sweep has one."
    alone = sweep({"x": {"uniform": [0, 1]}}, *(trial(number, {"x": number / 9}, number) for number in range(9)))
    assert sweeps.picture(alone, "contour") == "Needs two parameters that took different values; so far there is one."
    with pytest.raises(KeyError):
        sweeps.picture(alone, "pie")


def test_three_objectives_are_drawn_in_space() -> None:
    run = sweep(
        {"x": {"uniform": [0, 1]}},
        *(trial(number, {"x": number / 9}, last={"a": number, "b": -number, "c": number % 3}) for number in range(9)),
        metric=["a", "b", "c"],
        mode=["max"] * 3,
    )
    figure = sweeps.picture(run, "pareto")
    assert isinstance(figure, go.Figure)
    assert {trace.type for trace in figure.data} == {"scatter3d"}


def test_repeats_are_one_point_but_each_has_its_time() -> None:
    trials = [trial(number, {"x": number // 2, "y": number // 2 % 3}, number, seed=number % 2) for number in range(20)]
    run = sweep({"x": {"randint": [0, 10]}, "y": {"randint": [0, 3]}}, *trials, repeats=2)
    points, times = sweeps.picture(run, "slice", ["x"]), sweeps.picture(run, "timeline")
    assert not isinstance(points, str)
    assert not isinstance(times, str)
    assert list(points.data[0].y) == [2 * half + 0.5 for half in range(10)]
    assert len(times.data[0].y) == 20


@pytest.mark.parametrize("name", ["contour", "rank"])
def test_pairs_are_of_the_parameters_asked_for_or_of_the_most_important_ones(name: str) -> None:
    run = made_up(40)
    two, four = sweeps.picture(run, name, ["lr", "n", "gone"]), sweeps.picture(run, name)
    assert not isinstance(two, str)
    assert not isinstance(four, str)
    assert {two.layout.xaxis.title.text, two.layout.yaxis.title.text} == {"lr", "n"}
    assert len([axis for axis in four.layout if str(axis).startswith("xaxis")]) == sweeps.MOST**2


def test_points_of_a_contour_stay_where_they_were_tried() -> None:
    run = made_up(200)
    figure = sweeps.picture(run, "contour", ["lr", NASTY])
    assert not isinstance(figure, str)
    contour, points = figure.data[:2]
    assert contour.z.shape == (sweep_params.PLACES + 2, sweep_params.PLACES + 2)  # with a margin
    assert {round(x, 9) for x in points.x} | {round(y, 9) for y in points.y} >= {
        round(one.params["lr"], 9) for one in run.trials if one.state is TrialState.SUCCEEDED and one.best is not None
    }


def test_the_best_lines_have_the_colour_of_the_run() -> None:
    for mode in ("max", "min"):
        figure = sweeps.picture(made_up(40, mode=mode), "parallel")
        assert not isinstance(figure, str)
        best, legend = figure.data[-2:]
        assert best.line.color == palette.of_run(1)
        objectives = best.y[:: len(SPACE) + 1]
        assert (max(objectives) == 1) == (mode == "max")
        assert (min(objectives) == 0) == (mode == "min")
        assert bool(legend.marker.reversescale) == (mode == "min")


def test_five_hundred_trials_are_drawn_soon() -> None:
    run, began = made_up(500), time.process_time()
    for name in sweeps.PICTURES:
        start = time.process_time()
        found = sweeps.picture(run, name)
        drawn = time.process_time() - start
        size = len(found if isinstance(found, str) else found.to_json())
        print(f"{name:12} {drawn:.2f} s, {size / 1e6:.2f} MB of JSON")
        assert size < 3e6
    assert time.process_time() - began < 10


def test_the_module_loads_neither_optuna_nor_plotly() -> None:
    code = "import sys, backend.figures.sweeps; print([name for name in ('optuna', 'plotly') if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert said.stdout.strip() == "[]"


def test_every_picture_says_what_it_tells() -> None:
    for kind in sweeps.PICTURES.values():
        assert kind.title
        assert kind.tells.endswith((".", ")."))
