"""What a checkpoint's helper says where there is nothing to see, or nothing to play in; without Ray."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend import api
from backend.kinds import specs
from backend.kinds.rl import watch
from backend.kinds.rl.config import own_config, stored_config
from backend.kinds.rl.spec import RLSpec
from backend.model.stored import stored
from backend.store import runs
from backend.store.folders import EPISODES
from backend.workloads import environment
from tests.conftest import LAKE, content
from tests.ray_here import put_back

WALK = """
import gymnasium
from gymnasium import spaces


class Walk(gymnasium.Env):
    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        self.observation_space, self.action_space = spaces.Discrete(4), spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0
        return 0, {}

    def step(self, action):
        self.at += 1
        return self.at, float("nan") if self.bad and self.at == 2 else 1.0, self.at == 3, False, {}

    bad = False


class NoDisplay(Walk):
    metadata = {"render_modes": ["rgb_array"]}

    def render(self):
        raise RuntimeError("no display: $DISPLAY is not set")


class NoNumber(Walk):
    bad = True
"""


def config(name: str) -> dict[str, Any]:
    spec = specs.parse({**LAKE, "environment": f"walk:{name}", "environment_options": {}, "seeds": [1]})
    assert isinstance(spec, RLSpec)
    return own_config(spec, spec.params, WALK) | {"seed": 1}


def test_an_environment_may_import_the_files_beside_its_own(tmp_path: Path) -> None:
    (tmp_path / "how_far_it_is.py").write_text("STEPS = 2\n")
    code = "from how_far_it_is import STEPS\n" + WALK.replace("self.at == 3", "self.at == STEPS")
    spec = specs.parse({**LAKE, "environment": "walk:Walk", "environment_options": {}, "seeds": [1]})
    assert isinstance(spec, RLSpec)
    with put_back():
        env = environment.make(own_config(spec, spec.params, code, str(tmp_path)))
        assert environment.play(lambda _seen: 0, env, 1) == (2.0, 2)


@pytest.mark.parametrize(("name", "told"), [("Walk", "draws no pictures"), ("NoDisplay", "no display")])
def test_an_episode_without_pictures_is_played_all_the_same(name: str, told: str, tmp_path: Path) -> None:
    played = watch.episode(config(name), lambda _: 1, 3, tmp_path / "episode.json")
    assert told in played["silent"]
    assert (played["rewards"], played["total"]) == ([1.0, 1.0, 1.0], 3.0)
    assert list(tmp_path.iterdir()) == [], "no video, and no half of one"


def test_a_reward_that_is_no_number_is_told_with_its_step(tmp_path: Path) -> None:
    with pytest.raises(FloatingPointError, match="NoNumber returned nan as the reward of step 2"):
        watch.episode(config("NoNumber"), lambda _: 1, 3, tmp_path / "episode.json")


def test_a_spec_from_before_there_were_wrappers_plays_without_them() -> None:
    """Nothing of it is checked: what is not known today goes along, and what was not known then is left out."""
    old = {**content({**LAKE, "seeds": [1]}), "gone": 1}
    spec = stored(
        {
            name: value
            for name, value in old.items()
            if name not in ("wrappers", "evaluation", "checkpoints", "start_from")
        }
    )
    given = stored_config(spec, {"gone": 2})
    whole = config("Walk")
    assert given["wrappers"] == whole["wrappers"]
    assert (given["max_steps"], given["evaluation"]) == (100, {"every": 0, "episodes": 1})
    assert (given["params"], given["stop"]) == ({"gone": 2}, {"episodes": LAKE["stop"]["episodes"]})
    assert given.keys() == whole.keys() - {"seed"}


def test_a_checkpoint_whose_environment_is_gone_says_so(home: Path) -> None:
    run_id = runs.create(api.house().database, {**content({**LAKE, "seeds": [1]}), "environment": "Gone-v0"}, [1])
    assert watch.main("episode", run_id, 0, 1, 3) == 1
    told = json.loads((api.house().settings.run_folder(run_id) / EPISODES / "episode-0-1-3.json").read_text())
    assert "Gone-v0" in told["error"]
