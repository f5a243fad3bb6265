"""A sweep as a study: every domain, every way a trial can end, and nothing that raises."""

import math
from dataclasses import replace
from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState as State

from backend.analysis.study import importances, objectives, study
from backend.model import Goal, Run, RunState, Trial, TrialState

NEVER = float("nan")


def trial(number: int, params: dict[str, Any], best: float | None = 1.0, **given: Any) -> Trial:
    last = given.pop("last", {"accuracy": best})
    times = {"started_at": 1000.0 + number, "ended_at": 1010.0 + number} | {
        key: given.pop(key) for key in list(given) if key.endswith("_at")
    }
    state = given.pop("state", TrialState.SUCCEEDED)
    return Trial(
        number=number,
        params=params,
        seed=given.pop("seed", None),
        state=state,
        reports=1,
        last=last,
        best=best,
        checkpoint="",
        error="",
        **times,
        **given,
    )


def sweep(space: Any, *trials: Trial, **spec: Any) -> Run:
    return Run(
        ordinal=1,
        id="a",
        name="sweep",
        kind="sweep",
        spec={"kind": "sweep", "metric": "accuracy", "mode": "max", "space": space, "samples": 9, "repeats": 1, **spec},
        group_key="",
        parent_id=None,
        state=RunState.SUCCEEDED,
        attempt=1,
        created_at=900.0,
        started_at=950.0,
        ended_at=2000.0,
        heartbeat_at=None,
        stop_requested_at=None,
        job_id=None,
        waits_for="",
        error="",
        traceback="",
        versions={},
        host="",
        workload_hash="",
        metrics_version=2,
        trials=trials,
    )


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        ({"loguniform": [1e-4, 1e-1]}, 0.01, FloatDistribution(1e-4, 1e-1, log=True)),
        ({"uniform": [0, 1]}, 0.5, FloatDistribution(0, 1)),
        ({"quniform": [0, 10, 0.5]}, 2.5, FloatDistribution(0, 10, step=0.5)),
        ({"quniform": [0, 1, 0.1]}, 0.7000000000000001, FloatDistribution(0, 1, step=0.1)),
        ({"quniform": [0.3, 10, 0.5]}, 1.5, FloatDistribution(0.3, 10)),  # Ray's multiples of the step, not Optuna's
        ({"qloguniform": [0.1, 10, 0.1]}, 0.2, FloatDistribution(0.1, 10, log=True)),
        ({"randint": [1, 9]}, 8, IntDistribution(1, 8)),
        ({"qrandint": [0, 10, 2]}, 10, IntDistribution(0, 10, step=2)),
        ({"lograndint": [1, 100]}, 10, IntDistribution(1, 99, log=True)),
        ({"randn": [0, 1]}, 0.5, FloatDistribution(-2, 0.5)),
        ({"choice": [32, 64]}, 64, CategoricalDistribution([32, 64])),
        ({"choice": [[8, 8], [16]]}, [8, 8], CategoricalDistribution(["[8, 8]", "[16]"])),
        ({"choice": [None, True, "a"]}, "a", CategoricalDistribution([None, True, "a"])),
        ({"grid": [1, 2]}, 2, CategoricalDistribution([1, 2])),
        ({"uniform": [0, 1]}, 3.0, FloatDistribution(0, 3)),  # the space was another one once
        ({"choice": ["a", "b"]}, "c", CategoricalDistribution(["a", "b", "c"])),
        ({"sample_from": "anything"}, 0.5, FloatDistribution(-2, 0.5)),
    ],
)
def test_a_domain_becomes_a_distribution_that_holds_what_was_tried(domain: Any, value: Any, expected: Any) -> None:
    trials = [trial(0, {"p": value})]
    if "randn" in domain or "sample_from" in domain:
        trials.append(trial(1, {"p": -2}))
    found = study(sweep({"p": domain}, *trials)).trials
    assert found[0].distributions["p"] == expected
    assert len(found) == len(trials)


@pytest.mark.parametrize(
    "domain", [{"fixed": 3}, {"grid": [1]}, {"choice": ["a"]}, {"uniform": [2, 2]}, 3, "text", None, [1, 2], {}]
)
def test_a_parameter_of_one_value_is_left_out(domain: Any) -> None:
    given = 2 if domain == {"uniform": [2, 2]} else domain["fixed"] if domain == {"fixed": 3} else None
    value = given or (1 if domain == {"grid": [1]} else "a")
    assert study(sweep({"p": domain}, trial(0, {"p": value}))).trials[0].params == {}


def test_trials_that_are_over_keep_their_state_their_value_and_their_number() -> None:
    at = {"x": 0.5}
    run = sweep(
        {"x": {"uniform": [0, 1]}},
        trial(0, at, state=TrialState.RUNNING),
        trial(1, at, 0.9),
        trial(2, at, 0.4, state=TrialState.PRUNED),
        trial(3, at, None, state=TrialState.FAILED),
        trial(4, at, None),
        trial(5, at, NEVER),
        trial(6, at, math.inf),
        trial(7, {}, 0.9),
        trial(8, {"x": "text"}, 0.9),
        trial(9, {"x": NEVER}, 0.9),
        trial(10, at, None, state=TrialState.PRUNED, started_at=None, ended_at=None),
        trial(11, {}, 0.2, state=TrialState.FAILED, started_at=5000.0, ended_at=4000.0),
        trial(12, at, state=TrialState.QUEUED, started_at=None, ended_at=None),
        trial(13, at, state=TrialState.STOPPED),
    )
    found = [(one.number, one.state, one.values, one.params) for one in study(run).trials]
    assert found == [
        (1, State.COMPLETE, [0.9], at),
        (2, State.PRUNED, [0.4], at),
        (3, State.FAIL, None, at),
        (10, State.PRUNED, None, at),
        (11, State.FAIL, None, {}),
    ]
    assert [one.duration.total_seconds() for one in study(run).trials if one.duration is not None] == [10, 10, 10, 0, 0]


def test_several_objectives_take_the_last_value_of_each_and_can_be_told_apart() -> None:
    space = {"x": {"uniform": [0, 1]}}
    trials = [
        trial(0, {"x": 0.1}, 9.0, last={"a": 1.0, "b": 2.0}),
        trial(1, {"x": 0.2}, 9.0, last={"a": 3.0, "b": None}),
    ]
    run = sweep(space, *trials, metric=["a", "b"], mode=["max", "min"])
    assert objectives(run) == (Goal("a", "max"), Goal("b", "min"))
    assert [one.values for one in study(run).trials] == [[1.0, 2.0]]
    assert [direction.name for direction in study(run).directions] == ["MAXIMIZE", "MINIMIZE"]
    assert [one.value for one in study(run, 0).trials] == [1.0, 3.0]
    assert study(run, 1).direction.name == "MINIMIZE"
    with pytest.raises(IndexError):
        study(run, 2)


def test_repeats_are_one_trial_with_their_mean() -> None:
    space = {"x": {"uniform": [0, 1]}, "f": {"fixed": 1}}
    trials = [trial(number, {"x": number // 3 / 10, "f": 1}, float(number), seed=number % 3) for number in range(6)]
    trials[4] = replace(trials[4], state=TrialState.FAILED, best=None)
    found = study(sweep(space, *trials, repeats=3)).trials
    assert [(one.number, one.value, one.params) for one in found] == [
        (0, 1.0, {"x": 0.0}),
        (3, pytest.approx((3 + 0 + 5) / 3), {"x": 0.1}),  # the one that failed counts as the worst of all
    ]
    assert len(study(sweep(space, *trials)).trials) == 6


@pytest.mark.parametrize(
    "space", [None, [1], {}, {"x": {"uniform": []}, "y": {"choice": 3}, "z": {"quniform": [0, 1]}, "é": {}}]
)
def test_a_space_that_says_little_raises_nothing(space: Any) -> None:
    run = sweep(space, trial(0, {"x": 1.0, "y": 3, "z": 0.1}))
    assert len(study(run).trials) == 1
    assert importances(run) == {}
    assert study(replace(run, kind="external", spec={})).trials[0].value == 1.0


def test_importances_find_what_matters() -> None:
    space = {"x": {"uniform": [0, 1]}, "y": {"uniform": [0, 1]}, "c": {"choice": ["a", "b"]}}
    params = [{"x": number * 37 % 41 / 41, "y": number * 11 % 43 / 43, "c": "ab"[number % 2]} for number in range(40)]
    found = importances(sweep(space, *(trial(number, at, at["x"]) for number, at in enumerate(params))))
    assert next(iter(found)) == "x"
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert sum(found.values()) == pytest.approx(1)
    assert importances(sweep(space, *(trial(number, at, 1.0) for number, at in enumerate(params)))) == {}
    assert importances(sweep(space, *(trial(number, at, at["x"]) for number, at in enumerate(params[:4])))) == {}
