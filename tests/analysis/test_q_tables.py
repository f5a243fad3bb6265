"""What is read out of a table is what is in it: on maps, in slices through cells, with ties
and holes in the knowledge."""

from pathlib import Path

import gymnasium
import numpy as np
import pytest

from backend.analysis import q_tables
from backend.analysis.q_tables import Cells, Table
from backend.catalog.grids import CLIFF, TAXI, Grid, grid_of
from backend.workloads.discretise import Coder

LAKE = grid_of("FrozenLake-v1", {"map_name": "4x4"})
assert LAKE is not None


def table(q: np.ndarray, visits: np.ndarray | None = None, cells: Cells | None = None) -> Table:  # type: ignore[type-arg]
    return Table(1, 10, 2, q, np.ones(q.shape, dtype=np.int64) if visits is None else visits, cells)


@pytest.mark.parametrize("size", ["4x4", "8x8"])
def test_the_lake_is_gymnasiums(size: str) -> None:
    drawn = gymnasium.make("FrozenLake-v1", map_name=size).unwrapped.desc
    grid = grid_of("FrozenLake-v1", {"map_name": size})
    assert grid is not None
    assert [
        [grid.letters.get((row, column), "F") for column in range(grid.columns)] for row in range(grid.rows)
    ] == drawn.astype(str).tolist()


@pytest.mark.parametrize(
    ("environment", "grid"), [("FrozenLake-v1", LAKE), ("CliffWalking-v1", CLIFF), ("Taxi-v3", TAXI)]
)
def test_moves_lead_where_the_environment_leads_and_no_further_than_walls(environment: str, grid: Grid) -> None:
    options = {"is_slippery": False} if environment == "FrozenLake-v1" else {}
    leads = gymnasium.make(environment, **options).unwrapped.P
    chosen = {name: values[-1] for name, values in grid.choices.items()}
    assert grid.states == len(leads)
    for row in range(grid.rows):
        for column in range(grid.columns):
            if (row, column) in grid.ends:
                continue
            for action, (down, right) in grid.moves.items():
                to = min(max(row + down, 0), grid.rows - 1), min(max(column + right, 0), grid.columns - 1)
                blocked = (right == 1 and (row, column) in grid.walls) or (
                    right == -1 and (row, column - 1) in grid.walls
                )
                ((_, after, _, _),) = leads[grid.state((row, column), chosen)][action]
                falls = environment == "CliffWalking-v1" and to in grid.ends and grid.letters[to] == "C"
                expected = (3, 0) if falls else (row, column) if blocked else to
                assert after == grid.state(expected, chosen), (row, column, action)


def test_a_map_has_the_best_value_ties_and_gaps() -> None:
    q, visits = np.zeros((16, 4)), np.zeros((16, 4), dtype=np.int64)
    q[0] = [1, 3, 3, 2]
    q[6] = [-5, -7, -6, -8]
    visits[0, 1], visits[6] = 7, 2
    shown = q_tables.on_map(table(q, visits), LAKE, {})
    assert shown.values[0, 0] == 3
    assert shown.best[0, 0].tolist() == [False, True, True, False]
    assert (shown.values[1, 2], shown.visits[1, 2]) == (-5, 8)
    assert np.isnan(shown.values).sum() == 14
    assert not shown.best[3].any()


def test_taxi_shows_the_states_of_what_was_chosen() -> None:
    environment = gymnasium.make("Taxi-v3").unwrapped
    q = np.repeat(np.arange(500.0)[:, None], 6, axis=1)
    shown = q_tables.on_map(table(q), TAXI, {"passenger": "in the taxi", "destination": "Y"})
    assert shown.values[2, 3] == environment.encode(2, 3, 4, 2)


def sampled(coder: Coder, value) -> Table:  # type: ignore[no-untyped-def]
    """Returns a table whose cells all hold the value of a point that lies in them."""
    rng = np.random.default_rng(1)
    found: dict[int, list[float]] = {}
    for point in rng.uniform(coder.low, coder.high, (20_000, len(coder.low))):
        for number in np.ravel(coder(point)).tolist():
            found[number] = [value(point), value(point) - 1]
    numbers = np.array(sorted(found))
    cells = Cells(numbers, np.array(coder.low), np.array(coder.high), coder.bins, coder.tilings)
    return table(np.array([found[number] for number in numbers.tolist()]), None, cells)


@pytest.mark.parametrize("tilings", [1, 4])
def test_a_slice_shows_a_slope_where_there_is_one(tilings: int) -> None:
    coder = Coder([-1.0, 0.0, -5.0], [1.0, 10.0, 5.0], 10, tilings)
    shown = q_tables.cut(sampled(coder, lambda point: point[1]), 0, 1)
    heights = (shown.y[:-1] + shown.y[1:]) / 2
    assert (shown.x[0], shown.x[-1], shown.y[0], shown.y[-1]) == (-1, 1, 0, 10)
    assert np.abs(shown.values - heights[:, None]).max() < 1.0, "within the width of a cell"
    assert (shown.best == 0).all()
    assert np.allclose(q_tables.cut(sampled(coder, lambda point: point[1]), 1, 0).values, shown.values.T)


def test_a_slice_leaves_out_what_was_never_seen() -> None:
    coder = Coder([0.0, 0.0], [1.0, 1.0], 4, 1)
    number = coder(np.array([0.9, 0.1]))
    cells = Cells(np.array([number]), np.zeros(2), np.ones(2), 4, 1)
    shown = q_tables.cut(table(np.array([[2.0, 5.0]]), np.array([[3, 4]]), cells), 0, 1)
    assert np.argwhere(np.isfinite(shown.values)).tolist() == [[0, 3]]
    assert (shown.values[0, 3], shown.visits[0, 3], shown.best[0, 3], shown.best[3, 0]) == (5, 7, 1, -1)


def test_the_snapshot_nearest_before_is_found() -> None:
    paths = [Path(f"{number:07d}.npz") for number in (3, 10, 40)]
    assert [int(q_tables.nearest(paths, asked).stem) for asked in (None, 40, 39, 10, 3, 1)] == [40, 40, 10, 10, 3, 3]
