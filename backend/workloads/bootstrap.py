"""The bootstrap (Efron 1979): a statistic's uncertainty is its spread over resamples of the data."""

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

STATISTICS: dict[str, Any] = {"mean": np.mean, "median": np.median, "std": np.std, "min": np.min, "max": np.max}


def resample(
    seed: int,
    statistic: Literal["mean", "median", "std", "min", "max"] = "mean",
    file: Path | None = None,
    column: str | None = None,
) -> float:
    """Computes a statistic of one resample, drawn with replacement.

    Args:
        seed: of the draw.
        statistic: what is computed.
        file: a CSV file with a header. Left out: the breast-cancer table that comes with scikit-learn.
        column: its name. Left out: the first column of numbers.
    """
    data = values(file, column)
    drawn = np.random.default_rng(seed).choice(data, len(data))
    return float(STATISTICS[statistic](drawn))


@lru_cache
def values(file: Path | None, column: str | None) -> np.ndarray:
    """Returns the finite numbers of a column; read once a worker."""
    if file is None:
        from sklearn.datasets import load_breast_cancer

        table = load_breast_cancer(as_frame=True).frame
    else:
        table = pd.read_csv(file)
    chosen = table[column] if column else table.select_dtypes("number").iloc[:, 0]
    return chosen.dropna().to_numpy()
