"""Gradient boosting (Friedman 2001) on scikit-learn's breast cancer data: 569 tumours, 30 features, two classes."""

from typing import Any

from ray import tune
from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

TREES_PER_REPORT = 10


def train(config: dict[str, Any]) -> None:
    """Grows trees ten at a time and reports each time, on the validation quarter: accuracy (0 to 1) and log_loss
    (nats).

    `config` holds learning_rate, max_depth, min_samples_leaf, subsample (share of the rows a tree sees), trees and
    seed.
    """
    features, labels = load_breast_cancer(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(features, labels, test_size=0.25, random_state=0, stratify=labels)
    model = GradientBoostingClassifier(
        learning_rate=float(config.get("learning_rate", 0.1)),
        max_depth=int(config.get("max_depth", 3)),
        min_samples_leaf=int(config.get("min_samples_leaf", 1)),
        subsample=float(config.get("subsample", 1.0)),
        random_state=int(config.get("seed", 0)),
        warm_start=True,
    )
    trees = int(config.get("trees", 100))
    for grown in range(TREES_PER_REPORT, trees + TREES_PER_REPORT, TREES_PER_REPORT):
        model.set_params(n_estimators=min(grown, trees)).fit(train_x, train_y)
        accuracy = model.score(val_x, val_y)
        tune.report({"accuracy": float(accuracy), "log_loss": float(log_loss(val_y, model.predict_proba(val_x)))})
