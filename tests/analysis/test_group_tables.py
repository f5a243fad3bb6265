"""What the members of a group came to."""

from dataclasses import replace

import pytest

from backend.analysis import group_tables, groups
from backend.model import RunState, TrialState
from tests.analysis.test_group_bands import curve
from tests.analysis.test_groups import script

NAN = float("nan")


def test_members_without_a_number_are_counted_and_not_averaged() -> None:
    runs = [script(seed, seed) for seed in range(6)]
    runs[4] = replace(runs[4], state=RunState.FAILED, trials=(replace(runs[4].trials[0], state=TrialState.RUNNING),))
    (group,) = groups.grouped(runs)
    values = [[1, 2], [9, 4], [3, NAN], [5, 6], [0, 100]]
    curves = {(f"run{seed}", 0): curve([0, 1], y) for seed, y in enumerate(values)}
    last = group_tables.row(group, curves, "last")
    assert (last.n, last.left_out) == (3, {"NaN": 1, "failed": 1, "no value": 1})
    assert last.states == {"succeeded": 5, "failed": 1}
    assert last.intervals["mean"].center == pytest.approx(4)
    assert last.intervals["median"].center == pytest.approx(4)
    assert group_tables.row(group, curves, "max").intervals["mean"].center == pytest.approx((2 + 9 + 6) / 3)
    assert group_tables.row(group, curves, "min").intervals["mean"].center == pytest.approx((1 + 4 + 5) / 3)


def test_groups_have_colours_of_their_own() -> None:
    runs = [script(1 + 5 * place, 0, name=f"run {place}", lr=float(place)) for place in range(12)]
    ordinals = [group.ordinal for group in groups.grouped(runs)]
    assert len(set(ordinals)) == 12
    assert len({(ordinal - 1) % 10 for ordinal in ordinals[:10]}) == 10, "ten colours before one comes again"
    assert ordinals[0] == 1, "the first has its run's"
