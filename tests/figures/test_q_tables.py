"""Pictures of tables: arrows, letters and colours are where the table says."""

import numpy as np
import plotly.graph_objects as go
import pytest

from backend.analysis.q_tables import Map, Slice
from backend.catalog.grids import CLIFF, TAXI, Grid, grid_of
from backend.figures import q_tables

LAKE = grid_of("FrozenLake-v1", {"map_name": "4x4"})
BIG = grid_of("FrozenLake-v1", {"map_name": "8x8"})
assert LAKE is not None
assert BIG is not None


def shown(grid: Grid, known: bool = True, actions: int = 4) -> Map:
    shape = (grid.rows, grid.columns)
    q = np.zeros((*shape, actions))
    q[:, :, 1] = np.arange(grid.rows * grid.columns).reshape(shape) * known
    best = (q == q.max(axis=2, keepdims=True)) & known
    return Map(np.where(known, q.max(axis=2), np.nan), np.full(shape, 12_345 * known), q, best)


def policy(figure: go.Figure) -> list[tuple[float, float, float]]:
    (arrows,) = [trace for trace in figure.data if trace.name == "policy"]
    return list(zip(arrows.x, arrows.y, arrows.marker.angle, strict=True))


@pytest.mark.parametrize("grid", [LAKE, BIG, CLIFF, TAXI])
@pytest.mark.parametrize("known", [True, False])
def test_every_map_is_drawn_known_or_not(grid: Grid, known: bool) -> None:
    given = shown(grid, known, 6 if grid.acts else 4)
    for figure in (q_tables.value_map(given, grid, 1), q_tables.visit_map(given, grid)):
        assert {trace.type for trace in figure.data} <= {"bar", "scatter"}, "all that the small plotly.js knows"
        assert len(figure.data[0].x) == grid.rows * grid.columns * known
        letters = [
            text
            for trace in figure.data
            for text in (trace.text if isinstance(trace.text, tuple) else ())
            if "<b>" in text
        ]
        assert len(letters) == len(grid.letters)
        assert figure.to_json()


def test_arrows_point_where_the_policy_goes_and_ties_show_several() -> None:
    given = shown(LAKE)
    arrows = policy(q_tables.value_map(given, LAKE, 1))
    start = [angle % 360 for x, y, angle in arrows if round(x) == 0 and round(y) == 0]
    assert sorted(start) == [0, 90, 180, 270], "at the start all actions are as good"
    beside = [angle % 360 for x, y, angle in arrows if round(x) == 1 and round(y) == 0]
    assert beside == [180], "action 1 goes down"
    assert not [1 for x, y, _ in arrows if (round(y), round(x)) in LAKE.ends], "no arrow in a hole"


def test_what_is_under_the_pointer_names_actions_values_and_visits() -> None:
    (text,) = [
        each
        for each in q_tables.value_map(shown(LAKE), LAKE, 1).data[0].hovertext
        if each.startswith("row 1, column 3")
    ]
    assert "<b>down: 2</b>" in text
    assert "left: 0" in text
    assert "12,345 visits" in text


def test_slices_show_values_visits_and_an_action_each_in_its_colour() -> None:
    edges = np.linspace(0, 1, 4)
    best = np.array([[0, 1, -1], [1, 1, 0], [0, 0, 0]])
    values = np.where(best < 0, np.nan, 1.0)
    given = Slice(edges, edges, values, np.where(best < 0, 0.0, 3.0), np.zeros((3, 3, 2)), best)
    names, actions = ("place", "speed"), ("left", "right")
    assert len(q_tables.value_slice(given, names, actions, 1).data[0].x) == 8
    assert len(q_tables.visit_slice(given, names, actions).data[0].x) == 8
    drawn = {trace.name: len(trace.x) for trace in q_tables.policy_slice(given, names, actions).data}
    assert drawn == {"left": 5, "right": 3}


def test_a_table_without_a_map_is_drawn_row_by_row() -> None:
    given = Map(
        np.array([[1.0, np.nan], [2.0, 3.0]]),
        np.array([[1, 0], [1, 1]]),
        np.zeros((2, 2, 1)),
        np.zeros((2, 2, 1), dtype=bool),
    )
    figure = q_tables.plain_table(given, ["stick", "hit"], 50, 1)
    assert len(figure.data[0].x) == 3
    assert "state 50, stick: 1<br>1 visits" in figure.data[0].hovertext
