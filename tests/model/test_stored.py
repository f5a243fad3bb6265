"""A stored spec is read as it was written, whatever it says."""

from dataclasses import replace
from typing import Any

import pytest

from backend.analysis import solved
from backend.analysis.study import objectives
from backend.catalog import environments, lookup, registry
from backend.catalog.algorithms import ALGORITHMS
from backend.kinds import specs
from backend.kinds.sweep.limits import limits_of
from backend.model import Goal
from backend.model.stored import stored
from tests.analysis.test_study import sweep, trial


@pytest.mark.parametrize("odd", [None, [], {}, True])
def test_what_is_of_another_type_reads_as_nothing(odd: Any) -> None:
    spec = stored({"field": odd})
    for each in (spec, stored({})):
        assert (each.text("field"), each.texts("field"), each.number("field"), each.count("field", 7)) == (
            "",
            [],
            None,
            7,
        )
        assert each.part("field").content == {}
    assert stored({"field": ["a", 1, {}]}).texts("field") == ["a"]
    assert stored({"field": "a"}).texts("field") == ["a"]
    assert stored({"field": 0}).count("field") == 1


def test_what_is_written_is_kept() -> None:
    spec = {"kind": "gone", "stop": {"episodes": 5, "odd": "x", "flag": True}, "later": [{"a": None}]}
    assert stored(spec).content == spec
    assert stored(spec).part("stop").numbers == {"episodes": 5}
    assert specs.to_yaml(spec) == "kind: gone\nstop:\n  episodes: 5\n  odd: x\n  flag: true\nlater: [{a: null}]\n"


def test_a_title_that_is_no_longer_known_is_the_id() -> None:
    assert lookup.title("q_learning", ALGORITHMS) == ALGORITHMS["q_learning"].title
    assert lookup.title("gone_learning", ALGORITHMS) == "gone_learning"


def test_gymnasium_is_not_asked_what_a_run_acts_in(monkeypatch: pytest.MonkeyPatch, home: Any) -> None:
    monkeypatch.setattr(registry, "read_one", lambda name: pytest.fail(f"asked about {name}"))
    run = sweep({})
    assert solved.solved_at(replace(run, spec={"environment": "CartPole-v1"})) == 475
    assert solved.solved_at(replace(run, spec={"environment": "Gone-v1"})) is None
    assert environments.known("Gone-v1") is None


def test_a_sweep_without_its_numbers_is_as_large_as_what_there_is_of_it() -> None:
    run = replace(
        sweep({}, *(trial(number, {"x": 0.5}, 1.0) for number in range(3))), spec={"kind": "sweep", "repeats": 2}
    )
    now = limits_of(run)
    assert (now.trials, now.repeats, now.searched) == (4, 2, ())
    assert run.goals == ()
    assert objectives(run) == (Goal(run.main_metric, "max"),)
    odd = replace(
        run, spec={"metric": ["loss", "accuracy", "zeal"], "mode": ["odd"], "space": {"x": {"uniform": [0, 1]}, "y": 3}}
    )
    assert odd.goals == (Goal("loss", "min"), Goal("accuracy", "max"), Goal("zeal", "max"))
    assert limits_of(odd).searched == ("x",)
