"""The tabular agents learn, each by its own rule; without Ray, for they are plain Python but for their reports."""

import gymnasium
import pytest

from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.environments import ENVIRONMENTS
from backend.workloads import tabular_files, tabular_rules
from backend.workloads.tabular import Training

TABULAR = [each.id for each in ALGORITHMS.values() if each.code.startswith("backend.workloads.tabular")]
CLIFF_EDGE = range(37, 47)  # the cells of the cliff; those above it are 12 lower


def agent(
    algorithm: str,
    environment: str,
    episodes: int,
    seed: int = 1,
    options: dict[str, object] | None = None,
    **params: object,
) -> Training:
    made = gymnasium.make(environment, max_episode_steps=ENVIRONMENTS[environment].max_steps, **(options or {}))
    settings = ALGORITHMS[algorithm].params.model_validate(params).model_dump()
    return Training(made, algorithm, seed, settings, {"episodes": episodes})


def trained(algorithm: str, environment: str, episodes: int, **more: object) -> Training:
    learner = agent(algorithm, environment, episodes, **more)  # type: ignore[arg-type]
    while not learner.progress.is_done():
        learner.play_episode()
    return learner


def greedy_path(learner: Training) -> list[int]:
    """Returns the states the agent passes through without exploring."""
    state, _ = learner.env.reset()
    path, over = [int(state)], False
    while not over:
        values = learner.agent.values(state)
        state, _, terminated, truncated, _ = learner.env.step(values.index(max(values)))
        path.append(int(state))
        over = terminated or truncated
    return path


@pytest.mark.parametrize("algorithm", TABULAR)
@pytest.mark.parametrize("exploration", ["epsilon_greedy", "softmax"])
def test_each_rule_finds_its_way_over_the_ice(algorithm: str, exploration: str) -> None:
    learner = trained(
        algorithm,
        "FrozenLake-v1",
        3000,
        options={"is_slippery": False},
        alpha=0.2,
        gamma=0.95,
        exploration=exploration,
        temperature_min=0.005,
    )
    path = greedy_path(learner)
    assert path[-1] == 15, path
    assert len(path) == 7, "by the shortest way"


def test_sarsa_keeps_away_from_the_cliff_and_q_learning_walks_along_it() -> None:
    settings = {"alpha": 0.1, "gamma": 1.0, "epsilon": 0.1, "epsilon_decay": "constant"}
    beside = {
        algorithm: sum(
            cell + 12 in CLIFF_EDGE for cell in greedy_path(trained(algorithm, "CliffWalking-v1", 6000, **settings))
        )
        for algorithm in ("sarsa", "q_learning")
    }
    assert beside["sarsa"] < 5, beside
    assert beside["q_learning"] == 10, beside


def test_expected_sarsa_is_q_learning_when_nothing_is_explored() -> None:
    both = [
        trained(each, "Taxi-v3", 60, epsilon=0.0, epsilon_min=0.0, epsilon_decay="constant")
        for each in ("expected_sarsa", "q_learning")
    ]
    assert both[0].agent.q.rows == both[1].agent.q.rows


def test_double_q_learning_fills_two_tables() -> None:
    learner = trained("double_q_learning", "Taxi-v3", 30).agent
    assert learner.q.rows != learner.other.rows
    assert any(map(any, learner.other.rows))


@pytest.mark.parametrize("algorithm", TABULAR)
def test_a_checkpoint_holds_everything(algorithm: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    whole, broken = agent(algorithm, "Taxi-v3", 60), agent(algorithm, "Taxi-v3", 60)
    for learner in (whole, broken):
        for _ in range(30):
            learner.play_episode()
    tabular_files.save(broken, tmp_path)
    again = agent(algorithm, "Taxi-v3", 60, seed=99)
    tabular_files.load(again, tmp_path)
    for learner in (whole, again):
        for _ in range(30):
            learner.play_episode()
    assert _kept(again) == _kept(whole)


def test_the_softmax_is_a_distribution_at_any_temperature() -> None:
    for temperature in (1e-9, 0.01, 1.0, 1e6):
        chances = tabular_rules.softmax([1000.0, -1000.0, 999.0], temperature)
        assert abs(sum(chances) - 1) < 1e-9
        assert chances[0] == max(chances)


def test_exploration_falls_as_asked() -> None:
    learner = agent("q_learning", "Taxi-v3", 100, exploration="softmax", temperature=2.0, temperature_min=0.5)
    assert learner.agent.exploration(learner.progress.share()) == 2.0
    learner.progress.episodes = 90
    assert learner.agent.exploration(learner.progress.share()) == 0.5
    assert "temperature" not in agent("q_learning", "Taxi-v3", 100).agent.params["exploration"]


def _kept(learner: Training) -> tuple[object, ...]:
    tables = learner.agent
    return tables.q.rows, tables.other.rows, tables.visits.rows, list(learner.progress.returns)
