"""What the members of a group have in common along x."""

import numpy as np
import pytest

from backend.analysis import group_bands
from backend.model import Curve
from backend.store.series import pyramid


def curve(x: list[float], y: list[float], trial: int = 0) -> Curve:
    steps, values = np.array(x, float), np.array(y, float)
    records = pyramid.of_points(np.arange(len(x), dtype=float), steps, steps, values)
    return Curve("run", trial, "reward", steps, records, 1, len(x))


def test_the_band_is_inside_the_range_that_all_have() -> None:
    members = [curve([0, 10, 20, 30], [0, 1, 2, 3]), curve([5, 15, 25], [1, 2, 3], 1)]
    common = group_bands.shared(members)
    assert (common.start, common.end, common.used, common.early, common.empty) == (5, 25, (0, 1), (), ())
    band = group_bands.band(members, common, "mean")
    assert band is not None
    assert list(band.x) == [5, 10, 15, 20, 25]
    assert list(band.center) == pytest.approx([0.75, 1.25, 1.75, 2.25, 2.75]), (
        "members are interpolated between their own steps"
    )
    assert (band.low <= band.center).all()
    assert (band.center <= band.high).all()


def test_one_member_has_no_band_and_members_apart_have_none() -> None:
    one = [curve([0, 1], [0, 1])]
    assert group_bands.band(one, group_bands.shared(one), "mean") is None
    apart = [curve([0, 1], [0, 1]), curve([5, 6], [0, 1], 1)]
    assert not group_bands.shared(apart).is_a_range
    assert group_bands.band(apart, group_bands.shared(apart), "mean") is None
    assert not group_bands.shared([]).is_a_range


def test_what_ended_early_or_was_never_finite_is_left_out_and_named() -> None:
    long = [curve(list(range(100)), [1.0] * 100, trial) for trial in range(3)]
    members = [*long, curve(list(range(10)), [5.0] * 10, 3), curve([0, 1], [float("nan")] * 2, 4)]
    common = group_bands.shared(members)
    assert (common.used, common.early, common.empty) == ((0, 1, 2), (3,), (4,))
    assert common.end == 99
    band = group_bands.band(members, common, "median")
    assert band is not None
    assert set(band.center) == {1.0}


def test_a_member_that_diverged_ends_the_range() -> None:
    members = [curve(list(range(10)), [1.0] * 10), curve(list(range(10)), [2.0] * 6 + [float("nan")] * 4, 1)]
    assert group_bands.shared(members).end == 5


def test_a_zoom_has_the_band_of_the_whole() -> None:
    members = [curve(list(range(100)), [float(trial)] * 100, trial) for trial in range(3)]
    part = [curve(list(range(20, 31)), [float(trial)] * 11, trial) for trial in range(3)]
    band = group_bands.band(part, group_bands.shared(members), "mean")
    assert band is not None
    assert (band.x[0], band.x[-1]) == (20, 30)
    beyond = [curve([], [], trial) for trial in range(3)]
    assert group_bands.band(beyond, group_bands.shared(members), "mean") is None
