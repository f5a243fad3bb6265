"""The tab with a tabular run's table: empty, on a map, in slices, row by row, at a moment of the training."""

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from backend import api
from backend.store import runs
from backend.store.recording.recorder import Recorder
from tests.conftest import LAKE, content
from tests.pages.test_pages import app, opened, said

__all__ = ["app"]  # the fixture

CELLS = {"cells": np.arange(9), "low": [-1.0, -2.0, -3.0, -4.0], "high": [1.0, 2.0, 3.0, 4.0], "bins": 8, "tilings": 1}


def running(environment: str, states: int, actions: int, moments: tuple[int, ...] = (1, 5, 9), **cells: object) -> str:
    """Returns a run of two seeds that goes on and has left tables of the first."""
    database = api.house().database
    made = runs.create(database, content({**LAKE, "environment": environment, "environment_options": {}}), [1, 2])
    runs.claim(database, made, 1, "host", {"ray": "2"})
    recorder = Recorder(database, made, 1)
    recorder.report(0, 9, {"return_mean": 0.5, "env_steps": 9, "iteration": 9})
    recorder.close()
    folder = api.house().settings.run_folder(made) / "snapshots" / "seed-1"
    folder.mkdir(parents=True)
    for moment in moments:
        q = np.full((states, actions), float(moment))
        told = {"q": q, "visits": np.ones(q.shape, dtype=np.int64), "env_steps": 100 * moment, "episodes": 10 * moment}
        np.savez(folder / f"{moment:07d}.npz", **told, **cells)
    return made


WORLDS = [
    ("FrozenLake-v1", 16, 4, {}),
    ("CliffWalking-v1", 48, 4, {}),
    ("Taxi-v3", 500, 6, {}),
    ("CartPole-v1", 9, 2, CELLS),
]


@pytest.mark.parametrize(("environment", "states", "actions", "cells"), WORLDS)
def test_each_worlds_newest_table_is_shown(
    app: AppTest, environment: str, states: int, actions: int, cells: dict[str, object]
) -> None:
    opened(app, "run", id=running(environment, states, actions, **cells), tab="Table")
    assert "After 90 episodes and 900 env steps" in said(app)
    assert "Visits" in said(app)


def test_a_table_that_fits_no_map_is_shown_row_by_row(app: AppTest) -> None:
    opened(app, "run", id=running("FrozenLake-v1", 200, 4), tab="Table")
    assert "A row is a state" in said(app)


@pytest.mark.parametrize(
    ("asked", "episodes"), [("5", 50), ("7", 50), ("1", 10), ("newest", 90), ("nonsense", 90), ("-3", 90)]
)
def test_a_link_leads_to_a_moment_or_the_one_before_it(app: AppTest, asked: str, episodes: int) -> None:
    opened(app, "run", id=running("FrozenLake-v1", 16, 4), tab="Table", table_at=asked)
    assert f"After {episodes} episodes" in said(app)


def test_the_slider_leads_through_the_training(app: AppTest) -> None:
    opened(app, "run", id=running("FrozenLake-v1", 16, 4), tab="Table")
    app.select_slider(key="table_at").set_value("1").run()
    assert not app.exception
    assert "After 10 episodes" in said(app)


def test_a_seed_without_a_table_says_when_it_comes(app: AppTest) -> None:
    opened(app, "run", id=running("FrozenLake-v1", 16, 4), tab="Table", table_seed="2")
    assert "first report" in said(app)


def test_two_dimensions_are_chosen_by_name(app: AppTest) -> None:
    opened(
        app,
        "run",
        id=running("CartPole-v1", 9, 2, **CELLS),
        tab="Table",
        table_x="cart's place",
        table_y="pole's angle",
    )
    assert "Mean over the visited cells of cart's speed, pole's angular speed" in said(app)


def test_other_algorithms_have_no_table(app: AppTest) -> None:
    made = runs.create(
        api.house().database,
        content({**LAKE, "algorithm": "ppo", "environment": "CartPole-v1", "environment_options": {}, "params": {}}),
        [1],
    )
    opened(app, "run", id=made)
    assert "Table" not in [tab.label for tab in app.tabs]
