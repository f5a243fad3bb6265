"""The numbers to report: fresh episodes of the best and the last checkpoint of each seed, real Tune in this process."""

from types import SimpleNamespace
from typing import Any

import gymnasium
import pytest

from backend import api
from backend.api import rl
from backend.model import RunState, goals
from backend.store import queries
from backend.workloads import environment, optimal
from tests.conftest import LAKE, ON_SQLITE
from tests.driven import Driven

SHORT: dict[str, Any] = {
    **LAKE,
    "seeds": [3, 7],
    "stop": {"episodes": 60},
    "evaluation": {"every": 20, "episodes": 5, "held_out": 30},
}


@ON_SQLITE
def test_each_seeds_best_and_last_agent_play_fresh_episodes_at_the_end(driven: Driven) -> None:
    run = driven.run(api.launch(SHORT))
    assert (run.state, run.error) == (RunState.SUCCEEDED, "")
    stars = {each.trial: each for each in rl.checkpoints(run.id) if each.is_best}
    for trial in run.trials:
        assert trial.last["held_out/episodes"] == 30
        assert trial.last[goals.BEST_POSSIBLE] == 1.0, "the lake is not slippery"
        assert 0.0 <= (trial.last[goals.HELD_OUT_LAST] or 0.0) <= 1.0
        assert stars[trial.number].metrics[goals.HELD_OUT] == trial.last[goals.HELD_OUT]
    config = {"seed": 3, "evaluation": {"episodes": 30}}
    assert not {*environment.evaluation_seeds(config)} & {*environment.episode_seeds(environment.HELD_OUT, 3, 30)}


@ON_SQLITE
def test_an_agent_that_cannot_play_costs_no_run(driven: Driven, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise RuntimeError("the table is gone")

    monkeypatch.setattr("backend.workloads.tabular.policy", broken)
    run = driven.run(api.launch({**SHORT, "seeds": [3]}))
    assert run.state is RunState.SUCCEEDED
    assert goals.HELD_OUT not in run.trials[0].last
    said = [event.note for event in queries.history(driven.attempt.database, run.id) if "held-out" in event.move]
    assert said
    assert "the table is gone" in said[0]


@ON_SQLITE
def test_none_is_played_where_none_is_asked_for(driven: Driven) -> None:
    run = driven.run(api.launch({**SHORT, "evaluation": {"held_out": 0}}))
    assert not [key for key in api.metric_keys(run.id) if key.startswith("held_out")]


def test_each_training_seed_is_evaluated_on_episodes_of_its_own() -> None:
    blocks = [environment.evaluation_seeds({"seed": seed, "evaluation": {"episodes": 100}}) for seed in range(20)]
    assert len({each for block in blocks for each in block}) == 2_000
    again = environment.evaluation_seeds({"seed": 3, "evaluation": {"episodes": 100}})
    assert again == blocks[3], "the same at each evaluation"
    old = {"seed": 3, "evaluation": {"episodes": 2}, "metrics_version": 1}
    assert environment.evaluation_seeds(old) == [1_000_003, 1_000_004], "a run of before goes on as it was"


@pytest.mark.parametrize(
    ("name", "options", "steps", "best"),
    [
        ("Taxi-v3", {}, 200, 7.93),
        ("FrozenLake-v1", {"is_slippery": False}, 100, 1.0),
        ("FrozenLake-v1", {"is_slippery": False}, 5, 0.0),  # the way takes six
        ("CliffWalking-v1", {}, 1000, -13.0),
    ],
)
def test_the_best_possible_is_what_an_optimal_policy_comes_to(
    name: str, options: dict[str, Any], steps: int, best: float
) -> None:
    env = gymnasium.make(name, **options).unwrapped
    assert optimal.mean_return(env, steps) == pytest.approx(best, abs=0.005)


def test_what_has_no_model_has_no_best_possible() -> None:
    assert optimal.mean_return(gymnasium.make("CartPole-v1").unwrapped, 500) is None
    assert optimal.mean_return(SimpleNamespace(P={0: "odd"}, initial_state_distrib=[1.0]), 500) is None
