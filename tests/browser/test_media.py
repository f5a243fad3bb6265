"""Agents side by side: the videos of two seeds that did the same play and pause together."""

import imageio.v2 as imageio
import numpy as np
import pytest
from playwright.sync_api import Page, expect

from backend import api
from tests.browser.conftest import App
from tests.pages.test_compare_media import agent, played

pytestmark = pytest.mark.browser
READY = "() => [...document.querySelectorAll('video')].filter((video) => video.readyState >= 2).length === 2"
PAUSED = "(paused) => [...document.querySelectorAll('video')].every((video) => video.paused === paused)"


def test_two_seeds_play_at_once_above_the_table(app: App, page: Page) -> None:
    run_id = agent("lake", (0.9,))
    frames = [np.full((64, 64, 3), 4 * frame, np.uint8) for frame in range(60)]
    for trial in (0, 1):
        played(run_id, trial, 5)
        imageio.mimwrite(
            api.house().settings.run_folder(run_id) / "episodes" / f"episode-{trial}-5-1.mp4", frames, fps=10
        )
    page.goto(f"{app.url}/compare?runs={run_id}&tab=Media&agents=seed")
    page.wait_for_function(READY, timeout=90_000)
    expect(page.get_by_text("Return 1 in 2 env steps")).to_have_count(2)
    expect(page.get_by_text("The table after 50 episodes", exact=False)).to_be_visible()
    page.get_by_role("button", name="Pause all").click()
    page.wait_for_function(PAUSED, arg=True)
    page.get_by_role("button", name="Play all from the start").click()
    page.wait_for_function(PAUSED, arg=False)
