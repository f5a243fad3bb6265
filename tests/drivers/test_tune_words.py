"""What Tune is told and what it tells: changes stay in their ranges, and results of any kind end no driver."""

from datetime import date
from typing import Any

import numpy as np
import pytest
import torch
from ray.tune.schedulers.pbt import _explore

from backend.drivers.tune_results import metrics_of, reading_of
from backend.kinds.sweep import schedulers
from backend.kinds.sweep.space import Domain
from backend.kinds.tunable import Tunable
from tests.kinds.sweep.test_spec import OWN, parsed


@pytest.mark.parametrize(
    ("domain", "start"),
    [({"uniform": [0.0, 0.5]}, 0.5), ({"loguniform": [0.1, 1.0]}, 0.1), ({"randint": [1, 5]}, 4), ({"quniform": [0, 1,
    0.25]}, 1.0),
     ({"choice": [1, 2]}, 2)],
)  # fmt: skip
def test_a_population_stays_inside_its_ranges(domain: dict[str, Any], start: Any) -> None:
    spec = parsed(OWN, space={"x": domain}, scheduler="pbt", max_iterations=10)
    made = schedulers.make(spec, "score", "training_iteration", 10)
    seen = set()
    for _ in range(100):
        config, _ = _explore({"x": start}, made._hyperparam_mutations, 0.25, (1.2, 0.8), made._custom_explore_fn)
        seen.add(config["x"])
    of = Domain.model_validate(domain)
    low, high = (min(of.of), max(of.of)) if of.kind == "choice" else of.of[:2]
    assert all(low <= value <= high - (of.kind == "randint") for value in seen)
    assert len(seen) > 1


def test_what_is_no_number_is_passed_over() -> None:
    result = {
        "score": 1.5, "text": "1.5", "words": np.str_("two"), "day": np.datetime64("2026-01-01"), "date": date(2026, 1,
        1), "flag": True,
        "huge": 10**400, "many": np.zeros(3), "tensors": torch.zeros(2), "none": None, "nested": {3: np.float32(2.0),
        "b": torch.tensor(4)},
        "complex": 1j, "config": {"x": 1.0}, "training_iteration": 7, "time_total_s": 0.5,
    }  # fmt: skip
    assert reading_of(result).left_out.keys() == {"text", "words", "day", "huge", "many", "tensors", "none", "complex"}
    assert metrics_of(result) == {"score": 1.5, "nested/3": 2.0, "nested/b": 4.0, "iteration": 7.0, "time_s": 0.5}


def test_a_metric_of_ones_own_comes_before_tunes_of_the_same_name() -> None:
    assert metrics_of({"time_s": 3.0, "training_iteration": 7, "time_total_s": 0.5}) == {
        "time_s": 3.0,
        "iteration": 7.0,
    }
    assert metrics_of({"time_total_s": 0.5, "iteration": 1, "training_iteration": 7}) == {
        "iteration": 1.0,
        "time_s": 0.5,
    }


def test_a_criterion_ends_a_class_as_soon_as_it_is_met() -> None:
    algorithm = Tunable(None, lambda params, seed: params, is_class=True, stop={"env_steps": 100, "return_mean": 50})
    for steps, returns, is_met in ((99, 10, False), (100, 10, True), (5, 50, True)):
        sampled = {"num_env_steps_sampled_lifetime": steps, "episode_return_mean": returns}
        result = {"env_runners": sampled, "training_iteration": 1, "time_total_s": 1.0}
        assert algorithm.has_reached(result) is is_met


def test_a_target_counts_once_there_are_as_many_episodes_as_it_is_a_mean_of() -> None:
    algorithm = Tunable(None, lambda params, seed: params, is_class=True, stop={"return_mean": 50})
    for episodes, is_met in ((1, False), (99, False), (100, True)):
        means = {"return_mean": 60.0, "return_episodes": episodes}
        result = {"env_runners": {}, "training_episodes": means, "training_iteration": 1, "time_total_s": 1.0}
        assert algorithm.has_reached(result) is is_met


def test_of_rllib_everything_is_recorded_but_its_book_keeping() -> None:
    runners = {
        "num_env_steps_sampled": 400, "num_episodes": 17, "episode_return_mean": 35.0, "episode_len_mean": 22.0,
        "episode_duration_sec_mean": 0.1, "own_score": np.float32(3.5), "deep": {"own": torch.tensor([2.0])},
        "agent_episode_returns_mean": {0: 19.0, 1: 16.0}, "agent_steps": {0: 19.0}, "sample": 0.5, "weights_seq_no": 1,
        "module_episode_returns_mean": {"p0": 19.0, "p1": 16.0}, "rlmodule_inference_timer": 0.1,
        "env_to_module_connector": {"timers": {"connectors": {"x": 0.1}}}, "env_to_module_sum_episodes_length_in": 13.0,
    }  # fmt: skip
    learned = {"policy_loss": 0.5, "gradients_default_optimizer_global_norm": 2.0, "num_module_steps_trained": 400}
    found = metrics_of({
        "env_runners": runners, "evaluation": {"env_runners": {"episode_return_mean": 40.0, "num_episodes": 2}},
        "learners": {"p0": learned, "default_policy": learned, "__all_modules__": {"num_env_steps_trained": 1}},
        "training_iteration": 1, "time_total_s": 1.0, "timers": {"training_iteration": 3.0},
    })  # fmt: skip
    assert found == {
        "return_mean": 35.0, "episode_length": 22.0, "env_steps": 0.0, "iteration": 1.0, "time_s": 1.0,
        "env_runners/own_score": 3.5, "env_runners/deep/own": 2.0,
        "env_runners/agent_episode_returns_mean/0": 19.0, "env_runners/agent_episode_returns_mean/1": 16.0,
        "env_runners/module_episode_returns_mean/p0": 19.0, "env_runners/module_episode_returns_mean/p1": 16.0,
        "evaluation/env_runners/episode_return_mean": 40.0,
        "learner/policy_loss": 0.5, "learner/global_norm": 2.0,
        "learner/p0/policy_loss": 0.5, "learner/p0/global_norm": 2.0,
    }  # fmt: skip
