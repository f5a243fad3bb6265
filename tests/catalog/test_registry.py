"""Every environment of the installed Gymnasium is offered, and a person's own is tried before it is trusted."""

from pathlib import Path

import pytest

from backend import api
from backend.api import environments
from backend.catalog import registry
from backend.catalog.environments import ENVIRONMENTS, unavailable
from backend.catalog.own_environments import Checked
from backend.errors import InvalidSpec
from backend.kinds import specs
from backend.kinds.rl.spec import RLSpec
from backend.settings import read_settings
from tests.conftest import LAKE, poll

CORRIDOR = '''
"""Ways to the right."""

from typing import Literal

import gymnasium
import numpy as np
from gymnasium import spaces


class Corridor(gymnasium.Env):
    """Walk right to the end of a corridor. Each step costs 1."""

    metadata = {"render_modes": ["rgb_array"], "render_fps": 4}

    def __init__(self, length: int = 6, start: Literal["left", "middle"] = "left", render_mode=None):
        self.length, self.start, self.render_mode = length, start, render_mode
        self.observation_space = spaces.Discrete(length)
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.at = 0 if self.start == "left" else self.length // 2
        return self.at, {}

    def step(self, action):
        self.at = min(max(self.at + (1 if action else -1), 0), self.length - 1)
        return self.at, -1.0, self.at == self.length - 1, False, {}

    def render(self):
        return np.full((40, 40 * self.length, 3), 230, np.uint8)


class Endless(Corridor):
    def step(self, action):
        return *super().step(action)[:2], False, False, {}


class Raises(Corridor):
    def step(self, action):
        return 1 / 0


class NotANumber(Corridor):
    def step(self, action):
        return self.at, float("nan"), False, False, {}


class Dictionary(Corridor):
    def __init__(self):
        super().__init__()
        self.observation_space = spaces.Dict({"at": spaces.Discrete(6)})


class Missing(Corridor):
    def __init__(self):
        import a_package_that_is_not_there


class Ends(Corridor):
    def reset(self, *, seed=None, options=None):
        import os

        os._exit(3)


class Continuous(Corridor):
    def __init__(self):
        super().__init__()
        self.action_space = spaces.Box(-1, 1, (2,), np.float32)

    def step(self, action):
        return super().step(action[0] > 0)


class NoEnvironment:
    def step(self, action): ...
'''


@pytest.fixture
def own(home: Path) -> Path:
    folder = home / "workloads"
    folder.mkdir(parents=True)
    (folder / "ways.py").write_text(CORRIDOR)
    return folder


def walk(name: str, **more: object) -> dict[str, object]:
    return {**LAKE, "environment": f"ways:{name}", "environment_options": {}, "stop": {"episodes": 50}, **more}


def problems(name: str, **more: object) -> dict[str, str]:
    spec = specs.parse(walk(name, **more))
    assert isinstance(spec, RLSpec)
    with pytest.raises(InvalidSpec) as caught:
        environments.check(spec)
    return caught.value.problems


# ---- Gymnasium's registry


def test_the_registry_is_read_in_another_process_and_its_environments_can_be_run(home: Path) -> None:
    assert "FrozenLake8x8-v1" not in list(ENVIRONMENTS)
    registry.read(read_settings().environments_folder)
    assert registry.is_current()
    large = ENVIRONMENTS["FrozenLake8x8-v1"]
    assert (large.observation, large.observes and large.observes.size, large.max_steps, large.solved_at) == (
        "discrete",
        64,
        200,
        0.85,
    )
    assert large.options().model_dump()["is_slippery"] is True
    assert large.picture
    assert large.picture.read_bytes().startswith(b"\x89PNG")
    spec = specs.parse({**LAKE, "environment": large.id})
    assert specs.parse_yaml(specs.to_yaml(spec)) == spec
    continuous = ENVIRONMENTS["LunarLanderContinuous-v3"]
    assert continuous.acts
    assert (continuous.action, continuous.acts.low, continuous.acts.high) == ("box", -1, 1)
    assert "continuous" not in continuous.options.model_fields  # which would change what actions are
    assert (ENVIRONMENTS["CarRacing-v3"].observation, ENVIRONMENTS["Blackjack-v1"].observation) == ("image", "other")
    taxi = ENVIRONMENTS["Taxi-v3"]
    # ours, with what was read
    assert (taxi.title, taxi.picture is not None, taxi.observes and taxi.observes.size) == ("Taxi", True, 500)
    assert not {"CartPole-v0", "Ant-v4"} & registry.known().keys()  # older versions


def test_an_environment_is_known_before_the_registry_was_read(home: Path) -> None:
    specs.parse({**LAKE, "environment": "CliffWalkingSlippery-v1", "environment_options": {"is_slippery": True}})
    with pytest.raises(InvalidSpec) as caught:
        specs.parse({**LAKE, "environment": "CliffWalkingSlippy-v1"})
    assert "CliffWalking-v1" in caught.value.problems["environment"]


def test_what_is_missing_is_told_with_how_to_install_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("jax", "flax"):
        (tmp_path / f"{name}.py").write_text(f"raise ModuleNotFoundError(\"No module named '{name}'\", name='{name}')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(InvalidSpec) as caught:
        specs.parse({**LAKE, "environment": "tabular/CliffWalking-v0", "environment_options": {}})
    assert "pip install jax" in caught.value.problems["environment"]
    assert unavailable("NoSuchThing-v0") is None


# ---- the user's own


def test_an_own_environment_is_offered_with_its_options_and_checked(own: Path) -> None:
    names = [each.id for each in environments.own()]
    assert "ways:Corridor" in names
    assert "ways:Raises" in names  # which inherits reset
    assert "ways:NoEnvironment" not in names
    found = environments.look_up("ways:Corridor")
    assert found.options().model_dump() == {"length": 6, "start": "left"}
    checked: Checked = environments.checked(found, {"length": 4})
    assert not checked.problems
    assert checked.environment
    assert checked.environment.observes
    assert (checked.environment.observes.size, checked.environment.action, checked.environment.renders) == (
        4,
        "discrete",
        True,
    )
    assert checked.environment.picture


@pytest.mark.parametrize(
    ("name", "field", "told"),
    [
        ("Raises", "environment", "ZeroDivisionError: division by zero (ways.py, line 41, in step)"),
        ("NotANumber", "environment", "nan as the reward"),
        ("Dictionary", "environment", "dictionary"),
        ("Missing", "environment", "pip install a_package_that_is_not_there"),
        ("Ends", "environment", "ended the process"),
        ("Continuous", "environment", "discrete actions"),
        ("Corridr", "environment", "Corridor"),
    ],
)
def test_what_is_wrong_with_an_own_environment_is_told(own: Path, name: str, field: str, told: str) -> None:
    assert told in problems(name)[field]


def test_a_time_limit_ends_what_does_not_end_by_itself(own: Path) -> None:
    assert "set a limit" in problems("Endless")["wrappers.time_limit"]
    spec = specs.parse(walk("Endless", wrappers={"time_limit": 30}))
    assert isinstance(spec, RLSpec)
    assert environments.check(spec).found


def test_options_of_an_own_environment_are_checked_by_name(own: Path) -> None:
    assert set(problems("Corridor", environment_options={"length": "long", "width": 2})) == {
        "environment_options.length",
        "environment_options.width",
    }


def test_one_that_hangs_is_given_up(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (own / "stuck.py").write_text(CORRIDOR + "\n\nwhile True:\n    pass\n")
    monkeypatch.setattr("backend.catalog.own_environments.CHECK_SECONDS", 4)
    spec = specs.parse(walk("Corridor", environment="stuck:Corridor"))
    assert isinstance(spec, RLSpec)
    with pytest.raises(InvalidSpec, match="importing the file"):
        environments.check(spec)


@pytest.mark.ray
def test_an_own_environment_runs_as_it_was_at_the_launch(cluster: Path) -> None:
    path = cluster / "workloads" / "ways.py"
    path.parent.mkdir(exist_ok=True)
    path.write_text(CORRIDOR)
    run_id = api.launch(walk("Corridor", environment_options={"length": 5}, seeds=[1, 2]))
    path.write_text("raise RuntimeError('changed since')")
    try:
        poll(lambda: api.run(run_id).is_over, "the run's end")
        run = api.run(run_id)
        assert run.state == "succeeded", run.error
        assert run.best is not None
        assert run.best >= -40
        assert run.spec["environment_options"] == {"length": 5, "start": "left"}
        path.write_text(CORRIDOR)
        with pytest.raises(InvalidSpec, match="ZeroDivisionError"):
            api.launch(walk("Raises"))
    finally:
        path.unlink()
