"""What charts of a fan-out say in words."""

import numpy as np
import pytest

from backend.figures import tasks
from backend.model import Curve
from backend.store.fanout.summary import Moments
from backend.store.series.pyramid import RECORD


@pytest.mark.parametrize(
    ("moments", "said"),
    [
        (Moments(990_000, 3.14160312, 990_000 * 0.0052**2), "mean 3.141603 ± 0.000010 "),
        (Moments(4, 12345.678, 3 * 100.0**2), "mean 12346 ± 98 "),
        (Moments(2, 5.0, 0.0), "mean 5 ± 0 "),
        (Moments(1, 3.25, 0.0), "mean 3.25 ± nan "),
    ],
)
def test_a_mean_has_the_digits_that_its_interval_leaves_certain(moments: Moments, said: str) -> None:
    curve = Curve("r", 0, "result_mean", np.array([1.0]), np.zeros(1, RECORD), 1, 1)
    assert said in tasks.running_mean(curve, curve, curve, moments, 0).caption


@pytest.mark.parametrize(
    ("pairs", "stride", "total", "said"),
    [
        (2, 1, 2, "all 2 results"),
        (2, 1, 3, "2 of 3 results"),
        (5000, 200, 990_000, "5,000 of 990,000 results: those of every 200th task"),
    ],
)
def test_a_scatter_says_of_how_much_it_is(pairs: int, stride: int, total: int, said: str) -> None:
    assert tasks.scatter([(1.0, 2.0)] * pairs, stride, total, ("x", "y"), 0).caption.startswith(said)
