"""A multilayer perceptron on scikit-learn's handwritten digits: 1,797 images of 8×8 pixels, ten classes.

A Ray Tune function trainable. It goes on from a checkpoint, with the hyperparameters of its present config.
"""

import pickle
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from ray import tune
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler


def train(config: dict[str, Any]) -> None:
    """Trains one hidden layer with Adam (Kingma & Ba 2015) and reports each epoch.

    Reports accuracy (on the validation quarter, 0 to 1) and loss (training cross-entropy with its L2 penalty).

    `config` holds lr, hidden (units), alpha (L2 penalty), batch_size, epochs and seed.
    """
    features, labels = load_digits(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(features, labels, test_size=0.25, random_state=0, stratify=labels)
    scaler = StandardScaler().fit(train_x)
    train_x, val_x = scaler.transform(train_x), scaler.transform(val_x)

    checkpoint = tune.get_checkpoint()
    model = _load(checkpoint, config) if checkpoint else _new(config)
    done = len(model.loss_curve_) if checkpoint else 0
    for _ in range(done, int(config.get("epochs", 20))):
        model.partial_fit(train_x, train_y, classes=range(10))
        metrics = {"accuracy": float(model.score(val_x, val_y)), "loss": float(model.loss_)}
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "model.pickle").write_bytes(pickle.dumps(model))
            tune.report(metrics, checkpoint=tune.Checkpoint.from_directory(folder))


def _new(config: dict[str, Any]) -> MLPClassifier:
    # A RandomState, not a number: partial_fit would seed itself anew with the number and draw the same batches each
    # epoch.
    random_state = np.random.RandomState(int(config.get("seed", 0)))
    return MLPClassifier((int(config.get("hidden", 64)),), random_state=random_state, **_tunable(config))


def _load(checkpoint: tune.Checkpoint, config: dict[str, Any]) -> MLPClassifier:
    """Returns the checkpoint's model, its layers as they are, with the other hyperparameters of `config`."""
    with checkpoint.as_directory() as folder:
        model = pickle.loads((Path(folder) / "model.pickle").read_bytes())
    model.set_params(**_tunable(config))
    # partial_fit keeps its optimizer, and that its own rate
    model._optimizer.learning_rate_init = model.learning_rate_init
    return model


def _tunable(config: dict[str, Any]) -> dict[str, Any]:
    return {
        "learning_rate_init": float(config.get("lr", 1e-3)),
        "alpha": float(config.get("alpha", 1e-4)),
        "batch_size": int(config.get("batch_size", 32)),
    }
