"""The trainables of ours that a sweep can tune: Ray Tune functions that report a metric, with a
search space to start from."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Trainable:
    """A function of ours that Tune can run as a trial.

    A parameter of `space` is one of {"uniform": [low, high]}, {"loguniform": [low, high]}, {"quniform": [low, high,
    step]}, {"randint": [low, high]} (high excluded, as Tune's), {"choice": [...]}, {"grid": [...]} and {"fixed":
    value}.
    """

    id: str
    title: str
    summary: str
    code: str  # "module:attribute" under backend.workloads; imported in a driver only
    metric: str  # what trials are compared by
    mode: Literal["max", "min"]
    metrics: tuple[str, ...]  # all that it reports
    space: dict[str, dict[str, Any]]  # what a form starts with
    iterations: int  # reports of a whole trial
    checkpoints: bool = False  # goes on from a checkpoint it reports
    seconds: float  # of a whole trial at the defaults on one core, without what Tune and imports take


_ALL = (
    Trainable(
        id="branin", title="Branin's function", code="analytic:branin",
        summary="Two parameters, three equally good minima of 0.397887: does a search find one of them, and how soon?",
        metric="value", mode="min", metrics=("value",), iterations=1, seconds=0.001,
        space={"x": {"uniform": [-5.0, 10.0]}, "y": {"uniform": [0.0, 15.0]}},
    ),
    Trainable(
        id="rosenbrock", title="Rosenbrock's function", code="analytic:rosenbrock",
        summary="Two parameters and a bent valley: easy to get into, hard to follow to its minimum of 0 at (1, 1).",
        metric="value", mode="min", metrics=("value",), iterations=1, seconds=0.001,
        space={"x": {"uniform": [-2.0, 2.0]}, "y": {"uniform": [-2.0, 2.0]}},
    ),
    Trainable(
        id="hartmann6", title="Hartmann's function in 6 dimensions", code="analytic:hartmann6",
        summary="Six parameters, several minima, the best of them -3.32237: too many for a grid, what model-based "
        "search is for.",
        metric="value", mode="min", metrics=("value",), iterations=1, seconds=0.001,
        space={f"x{dimension}": {"uniform": [0.0, 1.0]} for dimension in range(1, 7)},
    ),
    Trainable(
        id="digits_mlp", title="Digits with a perceptron", code="digits_mlp:train",
        summary="A scikit-learn network with one hidden layer learns handwritten digits; an epoch takes a fraction of "
        "a second.",
        metric="accuracy", mode="max", metrics=("accuracy", "loss"), iterations=20, checkpoints=True, seconds=0.5,
        space={
            "lr": {"loguniform": [1e-4, 1e-1]}, "hidden": {"choice": [16, 32, 64, 128]}, "alpha": {"loguniform": [1e-6,
            1e-1]},
            "batch_size": {"choice": [16, 32, 64, 128]}, "epochs": {"fixed": 20},
        },
    ),
    Trainable(
        id="digits_cnn", title="Digits with a CNN", code="digits_cnn:train",
        summary="A small convolutional network in PyTorch learns handwritten digits. Fit for population based "
        "training.",
        metric="accuracy", mode="max", metrics=("accuracy", "loss", "val_loss"), iterations=20, checkpoints=True,
        seconds=4.0,
        space={
            "lr": {"loguniform": [1e-4, 1e-1]}, "batch_size": {"choice": [16, 32, 64, 128]}, "channels": {"choice": [8,
            16, 32]},
            "dropout": {"uniform": [0.0, 0.5]}, "weight_decay": {"loguniform": [1e-5, 1e-1]}, "epochs": {"fixed": 20},
        },
    ),
    Trainable(
        id="breast_cancer_boosting", title="Breast cancer with boosted trees", code="breast_cancer_boosting:train",
        summary="Gradient boosting from scikit-learn tells benign from malignant tumours; reports after every ten "
        "trees.",
        metric="log_loss", mode="min", metrics=("accuracy", "log_loss"), iterations=10, seconds=0.4,
        space={
            "learning_rate": {"loguniform": [1e-2, 0.5]}, "max_depth": {"randint": [1, 7]},
            "min_samples_leaf": {"randint": [1, 31]},
            "subsample": {"uniform": [0.5, 1.0]}, "trees": {"fixed": 100},
        },
    ),
    Trainable(
        id="digits_xgboost", title="Digits with XGBoost", code="digits_xgboost:train",
        summary="XGBoost learns handwritten digits, ten trees a round; reports after every five rounds.",
        metric="mlogloss", mode="min", metrics=("accuracy", "mlogloss"), iterations=12, seconds=0.6,
        space={
            "eta": {"loguniform": [1e-2, 0.5]}, "max_depth": {"randint": [2, 9]},
            "min_child_weight": {"loguniform": [0.1, 10.0]},
            "subsample": {"uniform": [0.5, 1.0]}, "rounds": {"fixed": 60},
        },
    ),
)  # fmt: skip

TRAINABLES: dict[str, Trainable] = {trainable.id: trainable for trainable in _ALL}
