"""Cross-validation, a fold a task, on data that comes with scikit-learn."""

from typing import Any, Literal

from sklearn.datasets import load_breast_cancer, load_digits
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def fold(
    fold: int,
    model: Literal["logistic_regression", "random_forest", "gradient_boosting"] = "logistic_regression",
    data: Literal["breast_cancer", "digits"] = "breast_cancer",
    folds: int = 5,
) -> float:
    """Trains on all folds but one and returns the accuracy on that one, 0 to 1.

    Args:
        fold: the one that is left out, counted from 0.
        model: what is trained.
        data: what it is trained on.
        folds: how many there are.
    """
    features, labels = (load_breast_cancer if data == "breast_cancer" else load_digits)(return_X_y=True)
    splits = list(StratifiedKFold(folds, shuffle=True, random_state=0).split(features, labels))
    train, test = splits[fold]
    return float(_model(model).fit(features[train], labels[train]).score(features[test], labels[test]))


def _model(name: str) -> Any:
    if name == "logistic_regression":
        return make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    return (
        RandomForestClassifier(random_state=0)
        if name == "random_forest"
        else GradientBoostingClassifier(random_state=0)
    )
