"""What somebody's file says of its trainables, read without running it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.catalog import tunables
from backend.catalog.algorithms import ALGORITHMS
from backend.catalog.own_code import parsed
from backend.catalog.tunable_text import TrainableText
from backend.catalog.tunables import rl_params, suggested
from backend.errors import InvalidSpec, UnknownWorkload
from backend.kinds import specs
from backend.kinds.sweep import prepare
from backend.kinds.sweep.space import Domain

MINE = '''
import os
from ray import tune
raise SystemExit("nobody may run this")

def train(config):
    """Learns something.

    And says more about it.
    """
    rate = config["rate"]
    for epoch in range(config.get("epochs", 10)):
        momentum = config.get("momentum", 0.9)
        config["note"] = "written, not read"
        tune.report({"loss": 1.0, "accuracy": 0.5, **extra()})
    seed = config.get("seed", 1)
    layers = config.get("layers", SOME_DEFAULT)
    key = config[NAME]

def resumes(settings):
    checkpoint = tune.get_checkpoint()
    tune.report(metrics={"score": settings["x"]}, checkpoint=None)

def returns(config):
    return {"value": config["x"] ** 2}

def reports_by_its_module(cfg, verbose=True):
    from ray import train
    train.report(dict(score=cfg["a"]["b"]))

class Stepper(tune.Trainable):
    """Steps."""
    def setup(self, given):
        self.rate = given.get("rate", 0.01)
    def step(self):
        return {"height": self.config["slope"]}

class Saver(Trainable):
    def step(self):
        return {"height": 1}
    def save_checkpoint(self, folder): ...
    def load_checkpoint(self, folder): ...

class Other: ...
def helper(a, b): tune.report({"x": 1})
def nothing(): tune.report({"x": 1})
def of_something_else(path): return path
def _hidden(config): tune.report({"x": 1})
async def late(config): tune.report({"x": 1})
'''


def read(text: str = MINE) -> dict[str, TrainableText]:
    return {each.name: each for each in parsed(Path("mine.py"), text).tunables}


def test_functions_of_one_config_and_classes_are_found_and_nothing_else() -> None:
    assert list(read()) == ["train", "resumes", "returns", "reports_by_its_module", "Stepper", "Saver"]


def test_what_a_function_reads_of_its_config_is_known_with_its_defaults() -> None:
    assert read()["train"].params == {"rate": None, "epochs": 10, "momentum": 0.9, "layers": None}
    assert read()["resumes"].params == {"x": None}
    assert read()["reports_by_its_module"].params == {"a": None}
    assert read()["Stepper"].params == {"rate": 0.01, "slope": None}


def test_what_it_reports_is_known_as_far_as_it_is_written() -> None:
    assert {name: each.metrics for name, each in read().items()} == {
        "train": ("loss", "accuracy"), "resumes": ("score",), "returns": ("value",), "reports_by_its_module": (),
        "Stepper": ("height",),
        "Saver": ("height",),
    }  # fmt: skip


def test_what_can_go_on_from_a_checkpoint_is_known() -> None:
    assert [name for name, each in read().items() if each.checkpoints] == ["resumes", "Saver"]
    assert [name for name, each in read().items() if each.is_class] == ["Stepper", "Saver"]


@pytest.mark.parametrize(
    "default", ["b'raw'", "{1, 2}", "...", "1e999", "-1e999", "float('nan')", "2j", "{1: b''}", "[b'']"]
)
def test_a_default_that_no_spec_can_hold_is_none(default: str) -> None:
    found = read(f"def train(config):\n    x = config.get('x', {default})\n")["train"]
    Domain.model_validate(suggested("x", found.params["x"]))


# ---- looked up by name


def test_a_name_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(UnknownWorkload, match="no Python files"):
        tunables.look_up("mine:train", tmp_path)
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "broken.py").write_text("def train(config:\n")
    (tmp_path / "plain.py").write_text("def add(a, b): return a + b\n")
    for name, said in (
        ("mine:trian", "Did you mean train"),
        ("mien:train", "Did you mean mine"),
        ("broken:train", "does not parse"),
        ("plain:add", "no trainable"),
        ("branim", "Did you mean branin"),
        ("../mine:train", "There is no file"),
        ("mine:", "There is no"),
        (":train", "There is no"),
        ("mine:_hidden", "There is no"),
    ):
        with pytest.raises(UnknownWorkload, match=said):
            tunables.look_up(name, tmp_path)


def test_the_users_own_are_listed_and_a_file_that_does_not_parse_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(MINE)
    (tmp_path / "broken.py").write_text("def train(config:\n")
    assert [name for name, _ in tunables.user_tunables(tmp_path)][:2] == ["mine:train", "mine:resumes"]
    assert not any(name.startswith("broken") for name, _ in tunables.user_tunables(tmp_path))
    found = tunables.look_up("mine:train", tmp_path)
    assert (found.summary, found.text, found.checkpoints) == ("Learns something.", MINE, False)
    assert list(found.space) == ["rate", "epochs", "momentum", "layers"]


def test_a_run_sees_the_file_as_it_was_at_its_launch(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def other(config): ...\n")
    assert tunables.look_up("mine:train", tmp_path, MINE).metrics == ("loss", "accuracy")


# ---- ranges to begin with


@settings(max_examples=500, deadline=None)
@given(
    default=st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.just([1, 2])
)
def test_a_suggested_range_is_always_sound_and_holds_the_default(default: Any) -> None:
    domain = Domain.model_validate(suggested("x", default))
    match domain.kind:
        case "choice" | "fixed":
            assert default in domain.values
        case "randint":
            assert domain.of[0] <= default < domain.of[1]
        case _ if default is not None:
            assert domain.of[0] <= default <= domain.of[1]


@pytest.mark.parametrize(
    ("default", "kind"),
    [(1e-3, "loguniform"), (0.9, "uniform"), (0.99, "uniform"), (10, "randint"), (64, "choice"), (True, "choice"),
    ("adam", "fixed"),
     (0, "fixed"), (-1.5, "fixed"), (None, "uniform")],
)  # fmt: skip
def test_a_range_is_of_the_kind_that_such_a_number_wants(default: Any, kind: str) -> None:
    assert list(suggested("x", default)) == [kind]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_range_around_any_setting_of_an_algorithm_is_one_it_takes(algorithm: str) -> None:
    model = ALGORITHMS[algorithm].params
    names = {name: about.default for name, about in model.model_fields.items() if type(about.default) in (int, float)}
    for share in (0.0, 0.02, 0.5, 1.0, 2.0, 10.0):
        given_params = {}
        for name, default in names.items():
            value = type(default)(default * share)
            try:
                model.model_validate({name: value})
            except ValueError:
                continue
            given_params[name] = value
        for name, written in rl_params(model, given_params):
            domain = Domain.model_validate(written)
            ends = (
                [domain.of[0], domain.of[1] - (domain.kind == "randint")]
                if domain.kind in ("uniform", "loguniform", "randint")
                else ()
            )
            for value in [*domain.values, *ends] if domain.kind in ("choice", "fixed") else ends:
                model.model_validate({name: value})


@pytest.mark.parametrize(
    ("body", "reads"),
    [
        ("tune.report({'score': config['x'] + config.get('y', 1)})", {"x", "y", "seed"}),
        ("tune.report({'score': model(config)})", None),  # somebody else reads it
        ("tune.report({'score': model(**config)})", None),
        ("tune.report({'score': sum(config[name] for name in NAMES)})", None),
        ("tune.report({'score': config[f'x{1}']})", None),
        ("config['y'] = 2; tune.report({'score': config['x']})", {"x", "seed"}),
        ("tune.report({'score': 1})", {"seed"}),
    ],
)
def test_what_a_trainable_reads_is_known_where_its_text_shows_it_all(
    tmp_path: Path, body: str, reads: set[str] | None
) -> None:
    (tmp_path / "mine.py").write_text(f"from ray import tune\n\n\ndef train(config):\n    {body}\n")
    assert tunables.look_up("mine:train", tmp_path).reads == (frozenset(reads) if reads is not None else None)


def test_a_sweep_over_a_name_that_is_never_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        "from ray import tune\n\n\ndef train(config):\n    tune.report({'s': config['lr']})\n"
    )
    uniform = {"uniform": [0, 1]}
    for trainable, space, said in (
        ("branin", {"x1": uniform, "y": uniform}, {"space.x1": "it reads “x”, “y”"}),
        ("mine:train", {"learning_rate": uniform}, {"space.learning_rate": "it reads “lr”"}),
    ):
        metric = "value" if trainable == "branin" else "s"
        spec = specs.parse({"kind": "sweep", "trainable": trainable, "metric": metric, "mode": "min", "space": space})
        with pytest.raises(InvalidSpec) as refused:
            prepare.check(spec, tmp_path, tmp_path)  # type: ignore[arg-type]
        (problem,) = refused.value.problems.items()
        (expected,) = said.items()
        assert (problem[0], expected[1] in problem[1]) == (expected[0], True), problem
