"""XGBoost (Chen & Guestrin 2016) on scikit-learn's handwritten digits: 1,797 images of 8×8 pixels, ten classes."""

from typing import Any

import xgboost
from ray import tune
from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split

ROUNDS_PER_REPORT = 5


def train(config: dict[str, Any]) -> None:
    """Boosts five rounds at a time and reports each time, on the validation quarter: accuracy (0 to 1) and mlogloss
    (nats).

    `config` holds eta, max_depth, min_child_weight, subsample (share of the rows a round sees), rounds and seed.
    """
    features, labels = load_digits(return_X_y=True)
    train_x, val_x, train_y, val_y = train_test_split(features, labels, test_size=0.25, random_state=0, stratify=labels)
    train_set, val_set = xgboost.DMatrix(train_x, train_y, nthread=1), xgboost.DMatrix(val_x, nthread=1)
    params = {
        "objective": "multi:softprob",
        "num_class": 10,
        "nthread": 1,
        "eta": float(config.get("eta", 0.3)),
        "max_depth": int(config.get("max_depth", 6)),
        "min_child_weight": float(config.get("min_child_weight", 1.0)),
        "subsample": float(config.get("subsample", 1.0)),
    }
    seed, rounds = int(config.get("seed", 0)), int(config.get("rounds", 60))
    booster = None
    for done in range(0, rounds, ROUNDS_PER_REPORT):
        # Each call seeds itself anew: with one seed for all, every five rounds would see the same rows again.
        more = {**params, "seed": seed * rounds + done}
        booster = xgboost.train(more, train_set, min(ROUNDS_PER_REPORT, rounds - done), xgb_model=booster)
        guess = booster.predict(val_set)
        accuracy = (guess.argmax(axis=1) == val_y).mean()
        tune.report({"accuracy": float(accuracy), "mlogloss": float(log_loss(val_y, guess))})
