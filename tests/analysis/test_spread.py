"""How many curves spread: each trial counts within its own range, every extreme is kept."""

import numpy as np

from backend.analysis.spread import GRID, spread
from tests.figures.test_trials import curve


def test_quantiles_are_over_the_trials_that_are_there() -> None:
    found = [curve(0, [1, 2, 3], [0.0, 0.0, 0.0]), curve(1, [1, 2, 3], [1.0, 1.0, 1.0]), curve(2, [1], [5.0])]
    over = spread(found)
    assert over is not None
    assert over.x.tolist() == [1, 2, 3]
    assert over.median.tolist() == [1.0, 0.5, 0.5]
    assert over.quarter.tolist() == [0.5, 0.25, 0.25]
    assert over.three_quarters.tolist() == [3.0, 0.75, 0.75]
    assert over.low.tolist() == [0, 0, 0]
    assert over.high.tolist() == [5, 1, 1]


def test_it_agrees_with_numpy_and_keeps_every_spike() -> None:
    noise = np.random.default_rng(0)
    x = np.arange(1.0, 1001.0)
    values = [noise.normal(size=1000) for _ in range(20)]
    values[7][123] = 50.0
    over = spread([curve(number, list(x), list(y)) for number, y in enumerate(values)])
    assert over is not None
    assert len(over.x) == GRID
    table = np.array([np.interp(over.x, x, y) for y in values])
    for share, found in ((0.25, over.quarter), (0.5, over.median), (0.75, over.three_quarters)):
        np.testing.assert_allclose(found, np.quantile(table, share, axis=0))
    assert over.high.max() == 50.0
    assert over.low.min() == min(y.min() for y in values)


def test_a_trial_that_began_anew_and_one_without_values_do_no_harm() -> None:
    over = spread([curve(0, [1, 2, 1, 2, 3], [0.1, 0.2, 0.1, 0.2, 0.4]), curve(1, [1, 2], [np.nan, np.nan])])
    assert over is not None
    np.testing.assert_allclose(over.median, [0.1, 0.2, 0.4])
    assert spread([]) is None
    assert spread([curve(1, [1], [np.nan])]) is None


def test_a_first_bucket_of_many_points_begins_where_they_do() -> None:
    rising = curve(0, [8, 16], [0.4, 0.8], spread=0.3)
    rising.records["step_min"], rising.records["step_max"] = [1, 9], [8, 16]
    over = spread([rising])
    assert over is not None
    assert over.x.tolist() == [1, 8, 16]
    np.testing.assert_allclose(over.median, [0.1, 0.4, 0.8])
    np.testing.assert_allclose(over.low, [0.1, 0.4, 0.5])
    np.testing.assert_allclose(over.high, [0.1, 0.7, 1.1])
