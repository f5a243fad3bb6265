"""Whole runs of tabular agents without Ray: tuned settings solve, cells stand for continuous observations,
snapshots and checkpoints."""

import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from backend.analysis import q_tables
from backend.kinds.rl.config import own_config
from backend.kinds.rl.spec import RLSpec
from backend.workloads import environment, snapshots, tabular
from backend.workloads.discretise import Coder

FRESH = 10_000_000  # seeds of episodes that no training or evaluation has seen


def config(algorithm: str, name: str, seed: int = 1, **more: Any) -> dict[str, Any]:
    from backend.catalog.algorithms import ALGORITHMS

    spec = RLSpec.model_validate(
        {"algorithm": algorithm, "environment": name, "stop": ALGORITHMS[algorithm].stops(name), **more}
    )
    return own_config(spec, spec.params) | {"seed": seed}


class Tune:
    """Stands for Ray Tune: keeps what was reported, and the last checkpoint."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.reports, self.saved = folder, [], 0
        self.stop_at: Callable[[dict[str, float]], bool] = lambda metrics: False
        monkeypatch.setattr(tabular.tune, "report", self.report)
        monkeypatch.setattr(tabular.tune, "get_checkpoint", self.checkpoint)

    def report(self, metrics: dict[str, float], checkpoint: Any = None) -> None:
        self.reports.append(metrics)
        if checkpoint:
            shutil.copytree(checkpoint.path, self.folder / "checkpoint", dirs_exist_ok=True)
            self.saved = int(metrics["iteration"])
        if self.stop_at(metrics):
            raise InterruptedError

    def checkpoint(self) -> Any:
        return tabular.tune.Checkpoint.from_directory(self.folder / "checkpoint") if self.saved else None


@pytest.fixture
def tune(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Tune:
    return Tune(tmp_path, monkeypatch)


def score(folder: Path, settings: dict[str, Any], episodes: int) -> float:
    policy = tabular.policy(folder / "checkpoint", settings)
    return environment.evaluate(policy, environment.make(settings, learns=False), range(FRESH, FRESH + episodes))[
        "eval/return_mean"
    ]


@pytest.mark.nightly
def test_tuned_q_learning_crosses_the_slippery_lake_as_well_as_can_be(tune: Tune) -> None:
    settings = config("q_learning", "FrozenLake-v1", evaluation={"every": 0})
    tabular.train(settings)
    policy, leads = tabular.policy(tune.folder / "checkpoint", settings), environment.make(settings).unwrapped.P
    chance = np.zeros(16)
    for _ in range(settings["max_steps"]):  # the exact chance to reach the goal in time
        chance = np.array(
            [sum(p * (r + chance[to] * (not over)) for p, to, r, over in leads[s][policy(s)]) for s in range(16)]
        )
    assert chance[0] >= 0.72


@pytest.mark.parametrize(
    ("name", "options", "least"),
    [
        ("FrozenLake-v1", {"is_slippery": False}, 0.99),
        ("CliffWalking-v1", {}, -15),
        pytest.param("Taxi-v3", {}, 7.5, marks=pytest.mark.nightly),
    ],
)
def test_tuned_q_learning_solves(tune: Tune, name: str, options: dict[str, Any], least: float) -> None:
    settings = config("q_learning", name, environment_options=options, evaluation={"every": 0})
    tabular.train(settings)
    assert score(tune.folder, settings, 500) >= least


@pytest.mark.parametrize(
    ("algorithm", "discretisation"),
    [
        ("q_learning", "bins"),
        *(
            pytest.param(*each, marks=pytest.mark.nightly)
            for each in (("q_learning", "tiles"), ("monte_carlo", "bins"), ("monte_carlo", "tiles"))
        ),
    ],
)
def test_cells_balance_a_pole(tune: Tune, algorithm: str, discretisation: str) -> None:
    settings = config(algorithm, "CartPole-v1", params={"discretisation": discretisation}, stop={"env_steps": 20_000})
    tabular.train(settings)
    assert score(tune.folder, settings, 20) > 60, "a random policy balances for about 22 steps"


@pytest.mark.parametrize("name", ["MountainCar-v0", "Acrobot-v1", "LunarLander-v3"])
def test_other_continuous_worlds_are_played_and_their_tables_read(tune: Tune, name: str) -> None:
    settings = config("expected_sarsa", name, stop={"episodes": 5}) | {"snapshots": str(tune.folder / "shots")}
    tabular.train(settings)
    table = q_tables.read(max((tune.folder / "shots" / "seed-1").glob("*.npz")))
    assert table.cells is not None
    tilings = table.cells.tilings
    assert table.visits.sum() == tilings * table.env_steps
    assert q_tables.cut(table, 0, 1).visits.sum() > 0


def test_neighbours_share_tiles_and_strangers_none() -> None:
    coder = Coder([0.0, -1.0], [1.0, 1.0], 8, 8)
    here, near, far = (set(coder(np.array(point))) for point in ([0.5, 0.0], [0.52, 0.02], [0.9, 0.8]))  # type: ignore[arg-type]
    assert len(here) == 8
    assert 4 <= len(here & near) < 8
    assert not here & far


def test_bins_number_each_cell_once_and_the_outside_belongs_to_the_edge() -> None:
    coder, dice = Coder([-1.0, 0.0], [1.0, 2.0], 5, 1), random.Random(1)
    found = {coder(np.array([dice.uniform(-1, 1), dice.uniform(0, 2)])) for _ in range(2000)}
    assert found == set(range(25))
    assert coder(np.array([99.0, -99.0])) == coder(np.array([0.99, 0.01])) == 4


def test_what_cannot_be_put_into_cells_is_said() -> None:
    with pytest.raises(ValueError, match="too many cells"):
        Coder([0.0] * 100, [1.0] * 100, 10, 1)
    with pytest.raises(ValueError, match="not a number"):
        Coder([0.0], [1.0], 10, 1)(np.array([np.nan]))


def test_reports_evaluations_and_snapshots_come_in_their_rhythm(tune: Tune) -> None:
    settings = config("q_learning", "Taxi-v3", stop={"episodes": 1000}, evaluation={"every": 50, "episodes": 2})
    tabular.train(settings | {"snapshots": str(tune.folder / "shots")})
    assert [int(each["iteration"]) for each in tune.reports] == list(range(1, len(tune.reports) + 1))
    assert [int(each["iteration"]) for each in tune.reports if "eval/return_mean" in each] == [50, 100, 150, 200]
    assert tune.saved == 200, "a checkpoint at the end"
    kept = sorted((tune.folder / "shots" / "seed-1").iterdir())
    assert (kept[0].name, kept[-1].name) == ("0000001.npz", "0000200.npz")
    assert 50 <= len(kept) <= 80
    last = q_tables.read(kept[-1])
    assert last.episodes == 1000
    assert last.visits.sum() == last.env_steps == tune.reports[-1]["env_steps"]


def test_a_run_that_was_killed_goes_on_with_its_table(tune: Tune) -> None:
    settings = config("q_learning", "CartPole-v1", stop={"episodes": 120}, evaluation={"every": 20, "episodes": 1})
    settings["snapshots"] = str(tune.folder / "shots")
    tune.stop_at = lambda metrics: metrics["iteration"] == 95
    with pytest.raises(InterruptedError):
        tabular.train(settings)
    resumed_at, tune.stop_at = tune.saved, lambda metrics: False
    tune.reports.clear()
    tabular.train(settings)
    assert resumed_at >= 80
    assert tune.reports[0]["iteration"] == resumed_at + 1
    kept = [q_tables.read(path) for path in sorted((tune.folder / "shots" / "seed-1").glob("*.npz"))]
    steps = [table.env_steps for table in kept]
    assert steps == sorted(set(steps))
    assert kept[0].iteration == 1
    assert kept[-1].episodes == 120


def test_a_long_run_keeps_a_bounded_number_of_snapshots_and_the_first_and_the_last(tmp_path: Path) -> None:
    shots = snapshots.Snapshots(str(tmp_path), 3, 0)
    for iteration in range(1, 400):
        shots.take(iteration, 0.0, {"q": np.zeros((1, 1))})
        assert len(list((tmp_path / "seed-3").iterdir())) <= snapshots.MOST
    kept = sorted(int(path.stem) for path in (tmp_path / "seed-3").iterdir())
    assert kept == shots.iterations
    assert (kept[0], kept[-1]) == (1, 399)
    assert max(np.diff(kept)) <= 64, "spread over all of it"


def test_an_endless_run_reports_and_can_be_stopped(tune: Tune) -> None:
    tune.stop_at = lambda metrics: len(tune.reports) == 3
    with pytest.raises(InterruptedError):
        tabular.train(config("q_learning", "FrozenLake-v1", stop={"time_s": 1e6}))
