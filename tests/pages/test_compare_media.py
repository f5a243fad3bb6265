"""Agents and results side by side: what there is to see, what cannot be shown, and who has to wait."""

import json
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from backend import api
from backend.api import rl
from backend.api.rl import Played
from backend.model import Checkpoint
from backend.store import runs
from backend.store.recording.recorder import Recorder
from pages.widgets import episode_video
from tests.conftest import LAKE, content
from tests.pages.test_pages import NASTY, app, fanout, opened, said

__all__ = ["app", "fanout"]  # the fixtures


def agent(name: str, scores: tuple[float, ...] = (0.2, 0.9), algorithm: str = "q_learning") -> str:
    """Returns a run of two seeds with a table and two checkpoints each, but without any with no scores."""
    database = api.house().database
    made = runs.create(database, content({**LAKE, "name": name, "algorithm": algorithm}), [1, 2])
    runs.claim(database, made, 1, "host", {"ray": "2"})
    recorder = Recorder(database, made, 1)
    for trial in (0, 1):
        recorder.report(trial, 9, {"return_mean": 0.5, "env_steps": 9, "iteration": 9})
        for place, score in enumerate(scores):
            recorder.checkpoint(
                Checkpoint.of(made, trial, 5 + place, {"eval/return_mean": score - trial}, is_best=score == max(scores))
            )
    recorder.close()
    folder = api.house().settings.run_folder(made) / "snapshots" / "seed-1"
    folder.mkdir(parents=True)
    np.savez(folder / "0000005.npz", q=np.ones((16, 4)), visits=np.ones((16, 4), np.int64), env_steps=500, episodes=50)
    return made


def played(run_id: str, trial: int, iteration: int, **told: object) -> None:
    folder = api.house().settings.run_folder(run_id) / "episodes"
    folder.mkdir(parents=True, exist_ok=True)
    every = {
        "rewards": [0.0, 1.0],
        "actions": [1, 2],
        "total": 1.0,
        "ended": "it came to its end",
        "seed": 1,
        "silent": "It draws nothing.",
    }
    (folder / f"episode-{trial}-{iteration}-1.json").write_text(json.dumps({**every, **told}))


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Stands in for the cluster: what was to be played for the first time."""
    begun: list[str] = []

    def go_on(_what: str, kept: Checkpoint, _number: int, _target: Path) -> Played | None:
        begun.append(kept.name)
        return None

    monkeypatch.setattr(rl, "_go_on", go_on)
    return begun


def test_each_runs_best_agent_is_shown_with_its_table(app: AppTest) -> None:
    one, other = agent(NASTY), agent("b", (0.7, 0.4), "sarsa")
    played(one, 0, 6)
    played(other, 0, 5)
    opened(app, "compare", runs=f"{one},{other}", tab="Media")
    words = said(app)
    assert words.count("Return 1 in 2 env steps") == 2
    assert words.count("It draws nothing") == 2, "what cannot be drawn says so"
    assert "iteration 6" in words
    assert "After" not in words
    assert words.count("The table after 50 episodes") == 2
    assert NASTY not in words


def test_the_last_checkpoint_of_each_seed_in_turns(app: AppTest, asked: list[str]) -> None:
    run_id = agent("a", (0.9, 0.2))
    other = agent("b")
    opened(app, "compare", runs=f"{run_id},{other}", tab="Media", agents="seed", kept="last")
    assert set(asked) == {f"{run_id}/0/6", f"{run_id}/1/6"}, "two at a time"
    assert said(app).count("It plays when those before it have") == 2
    assert "It has left no table" in said(app), "the second seed"


def test_more_agents_than_a_page_holds(app: AppTest) -> None:
    ids = [agent(f"run {number}", ()) for number in range(8)]
    opened(app, "compare", runs=",".join(ids), tab="Media")
    assert said(app).count("nothing can play") == 6
    opened(app, "compare", runs=",".join(ids), agent="2")
    assert said(app).count("nothing can play") == 2


def test_one_that_failed_says_why_and_can_be_tried_again(app: AppTest) -> None:
    run_id = agent("a", (0.9,))
    played(run_id, 0, 5, error=f"KeyError: {NASTY}", traceback="here")
    opened(app, "compare", runs=run_id, tab="Media")
    assert "KeyError" in said(app)
    assert NASTY not in said(app)
    next(button for button in app.button if button.label == "Try again").click().run()
    assert "It plays" in said(app)


@pytest.mark.parametrize(
    "query", [{"agents": "x", "kept": "<b>", "episode": "9" * 30, "table": "odd", "agent": "-1"}, {"table": "visits"}]
)
def test_nonsense_in_the_link_does_no_harm(app: AppTest, query: dict[str, str]) -> None:
    opened(app, "compare", runs=agent("a"), tab="Media", **query)


def test_results_of_fan_outs_stand_beside_each_other(app: AppTest, fanout: str) -> None:
    opened(app, "compare", runs=fanout, tab="Media")
    words = said(app)
    assert "2 of 3 tasks" in words
    assert "2 results, every one of them counted" in words
    (table,) = app.dataframe
    assert list(table.value["task"]) == [0, 1, 2]
    assert "failed: ValueError" in table.value.iloc[2, 2]
    assert NASTY not in words


def test_where_there_is_nothing_to_see_that_is_said(app: AppTest) -> None:
    database = api.house().database
    script = runs.begin(database, {"kind": "external", "name": "mine", "params": {}}, "host", {})
    opened(app, "compare", runs=script, tab="Media")
    assert "leave nothing to look at" in said(app)
    opened(app, "compare", runs=f"{script},{agent('a', ())}")
    assert "1 of 2 runs" in said(app)


def test_two_equal_videos_are_two(tmp_path: Path) -> None:
    box = episode_video._free_box(b"run/0/5")
    assert box == b"\x00\x00\x00\x0ffree" + b"run/0/5"
    assert box != episode_video._free_box(b"run/1/5")
