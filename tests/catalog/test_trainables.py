"""Every trainable of the catalogue is described, reports what it says, and goes on from its
checkpoints if it says so."""

import ast
import math
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from ray import tune

from backend.catalog.trainables import TRAINABLES, Trainable
from backend.settings import ROOT

LENGTHS = {"uniform": 2, "loguniform": 2, "quniform": 3, "randint": 2}  # of a range's numbers
EVERY = pytest.mark.parametrize("trainable", TRAINABLES.values(), ids=lambda each: each.id)
RESUMABLE = pytest.mark.parametrize(
    "trainable", [each for each in TRAINABLES.values() if each.checkpoints], ids=lambda each: each.id
)


@dataclass
class Session:
    """Stands in for Tune: keeps what is reported, and a copy of each checkpoint as Tune's storage would."""

    folder: Path
    reports: list[dict[str, Any]] = field(default_factory=list)
    checkpoint: tune.Checkpoint | None = None
    latest: tune.Checkpoint | None = None

    def report(self, metrics: dict[str, Any], *, checkpoint: tune.Checkpoint | None = None) -> None:
        self.reports.append(metrics)
        if checkpoint:
            kept = self.folder / str(len(list(self.folder.iterdir())))
            shutil.copytree(checkpoint.path, kept)
            self.latest = tune.Checkpoint.from_directory(kept)

    def run(
        self, trainable: Trainable, config: dict[str, Any], resume: tune.Checkpoint | None = None
    ) -> list[dict[str, Any]]:
        """Runs the trainable in this process and returns its reports."""
        self.reports, self.checkpoint = [], resume
        module, _, attribute = trainable.code.partition(":")
        getattr(import_module(f"backend.workloads.{module}"), attribute)(config)
        return self.reports


@pytest.fixture
def session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Session]:
    stand_in = Session(tmp_path)
    monkeypatch.setattr("ray.tune.report", stand_in.report)
    monkeypatch.setattr("ray.tune.get_checkpoint", lambda: stand_in.checkpoint)
    return stand_in


class Asked(dict[str, Any]):
    """A config that remembers which hyperparameters were asked for."""

    def __init__(self, values: dict[str, Any]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.names.add(name)
        return super().get(name, default)


def sample(trainable: Trainable, iterations: int) -> Asked:
    """Returns a point of the search space, the same each time, whose trial makes that many reports."""
    config = {}
    for name, domain in trainable.space.items():
        ((kind, value),) = domain.items()
        if kind == "fixed":
            config[name] = value * iterations // trainable.iterations
        else:
            drawn = tune.choice(value) if kind in ("choice", "grid") else getattr(tune, kind)(*value)
            config[name] = drawn.sample(random_state=0)
    return Asked(config)


@EVERY
def test_each_is_described_and_its_code_is_there(trainable: Trainable) -> None:
    assert trainable.title
    assert len(trainable.summary) > 30
    assert trainable.metric in trainable.metrics
    assert trainable.seconds > 0
    module, _, attribute = trainable.code.partition(":")
    tree = ast.parse((ROOT / "backend" / "workloads" / f"{module}.py").read_text())
    (function,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == attribute]
    assert [each.arg for each in function.args.args] == ["config"], "what Tune takes as a function trainable"
    assert ast.get_docstring(function)


@EVERY
def test_each_search_space_can_be_drawn_from(trainable: Trainable) -> None:
    for name, domain in trainable.space.items():
        ((kind, value),) = domain.items()
        if kind in LENGTHS:
            assert len(value) == LENGTHS[kind], name
            assert value[0] < value[1], name
            assert kind != "loguniform" or value[0] > 0, name
        else:
            assert kind == "fixed" or (kind in ("choice", "grid") and value), name


@EVERY
def test_each_reports_what_it_says_and_reads_its_whole_space(trainable: Trainable, session: Session) -> None:
    wanted = min(2, trainable.iterations)
    config = sample(trainable, wanted)
    reports = session.run(trainable, config)
    assert len(reports) == wanted
    for metrics in reports:
        assert set(metrics) == set(trainable.metrics)
        assert all(type(value) is float and math.isfinite(value) for value in metrics.values()), metrics
    assert config.names - {"seed"} == set(trainable.space), "a hyperparameter nobody reads tunes nothing"
    assert (session.latest is not None) == trainable.checkpoints


@pytest.mark.parametrize(
    ("id", "minimiser", "minimum"),
    [
        ("branin", {"x": -math.pi, "y": 12.275}, 0.397887),
        ("branin", {"x": math.pi, "y": 2.275}, 0.397887),
        ("branin", {"x": 3 * math.pi, "y": 2.475}, 0.397887),
        ("rosenbrock", {"x": 1, "y": 1}, 0.0),
        (
            "hartmann6",
            {"x1": 0.20169, "x2": 0.150011, "x3": 0.476874, "x4": 0.275332, "x5": 0.311652, "x6": 0.6573},
            -3.32237,
        ),
    ],
)
def test_the_analytic_ones_have_their_minimum_where_the_literature_says(
    session: Session, id: str, minimiser: dict[str, float], minimum: float
) -> None:
    assert session.run(TRAINABLES[id], minimiser)[0]["value"] == pytest.approx(minimum, abs=1e-5)
    for name in minimiser:
        for step in (-0.01, 0.01):
            beside = {**minimiser, name: minimiser[name] + step}
            assert session.run(TRAINABLES[id], beside)[0]["value"] > minimum, beside


@RESUMABLE
def test_a_trial_goes_on_from_its_checkpoint_as_if_it_had_never_stopped(trainable: Trainable, session: Session) -> None:
    whole = session.run(trainable, sample(trainable, 3))
    session.run(trainable, sample(trainable, 2))
    checkpoint = session.latest
    (third,) = session.run(trainable, sample(trainable, 3), resume=checkpoint)
    assert third == pytest.approx(whole[2])
    assert session.run(trainable, sample(trainable, 2), resume=checkpoint) == [], "it has done all it should"


@RESUMABLE
def test_a_checkpoint_goes_on_with_the_hyperparameters_of_the_new_config(
    trainable: Trainable, session: Session
) -> None:
    """As in population based training; only what gives the weights their shape stays."""
    before = session.run(trainable, sample(trainable, 2))[-1]
    checkpoint = session.latest
    (as_before,) = session.run(trainable, sample(trainable, 3), resume=checkpoint)
    perturbed = {**sample(trainable, 3), "lr": 1e-12, "hidden": 5, "channels": 5}
    (standing_still,) = session.run(trainable, perturbed, resume=checkpoint)
    assert standing_still["accuracy"] == before["accuracy"]
    assert standing_still["loss"] > as_before["loss"]
    assert standing_still.get("val_loss") == pytest.approx(before.get("val_loss"))
