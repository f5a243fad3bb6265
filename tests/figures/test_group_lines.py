"""Groups on one chart."""

from collections.abc import Sequence

import numpy as np
import pytest

from backend.analysis import group_bands
from backend.figures import group_lines, lines
from backend.figures.group_lines import Bundle
from backend.figures.lines import Chart, Display, Titles
from backend.model import Curve
from backend.store.series import pyramid
from tests.analysis.test_group_bands import curve

TITLES = Titles("step", "Reward")


def bundle(ordinal: int, curves: Sequence[Curve], *, is_open: bool = False, label: str = "") -> Bundle:
    names = [f"seed {place}" for place in range(len(curves))]
    return Bundle(
        f"g{ordinal}", label or f"group {ordinal}", ordinal, curves, names, group_bands.shared(curves), is_open
    )


def seeds(n: int, level: float = 0.0, length: int = 20) -> list[Curve]:
    return [curve(list(range(length)), [level + trial] * length, trial) for trial in range(n)]


def test_each_group_is_a_labelled_line_with_its_members_behind() -> None:
    chart = group_lines.draw([bundle(1, seeds(5)), bundle(2, seeds(5, 10))], TITLES, Display())
    bold = [line for line in chart.lines if line.label]
    assert [line.label for line in bold] == ["group 1", "group 2"]
    assert [line.pick for line in bold] == ["g1", "g2"]
    assert len({line.colour for line in bold}) == 2
    assert all(line.low is not None for line in bold)
    assert sum(bool(line.merge) for line in chart.lines) == 10
    assert "mean of a group's members, with its 95 % interval" in chart.caption
    assert "inside the range that they all have (0 to 19)" in chart.caption


def test_members_can_be_hidden_and_shown_by_name() -> None:
    hidden = group_lines.draw([bundle(1, seeds(5))], TITLES, Display(members=False))
    assert len(hidden.lines) == 1
    assert "5 members are hidden" in hidden.caption
    opened = group_lines.draw([bundle(1, seeds(5), is_open=True)], TITLES, Display(members=False))
    assert [line.label for line in opened.lines] == [*(f"seed {place}" for place in range(5)), "group 1"]
    assert len({line.colour for line in opened.lines}) == 6


@pytest.mark.parametrize("statistic", ["mean", "median", "iqm"])
def test_the_bold_line_is_what_was_asked_for(statistic: str) -> None:
    curves = [curve([0, 1, 2], [value] * 3, trial) for trial, value in enumerate([0, 1, 2, 3, 100])]
    chart = group_lines.draw([bundle(1, curves)], TITLES, Display(statistic=statistic))  # type: ignore[arg-type]
    (bold,) = [line for line in chart.lines if line.label]
    assert bold.y[0] == pytest.approx({"mean": 21.2, "median": 2, "iqm": 2}[statistic])


def test_one_member_has_no_band_and_it_is_said_why() -> None:
    chart = group_lines.draw([bundle(1, seeds(1)), bundle(2, seeds(3))], TITLES, Display())
    alone = next(line for line in chart.lines if line.label == "group 1")
    assert alone.low is None
    assert "1 group of one member without a band, for a single one says nothing of luck" in chart.caption


def test_who_is_in_no_band_is_counted() -> None:
    nan = curve([0, 1], [np.nan, np.nan], 5)
    chart = group_lines.draw([bundle(1, [*seeds(3), curve([0, 1], [1, 1], 4), nan])], TITLES, Display())
    assert "2 NaN or infinite" in chart.caption
    assert "1 without any finite value is in no band" in chart.caption
    assert "1 that ended early is in no band (seed 3)" in chart.caption


def test_of_more_than_can_be_told_apart_the_first_are_drawn_and_that_is_said() -> None:
    chart = group_lines.draw([bundle(number, seeds(1)) for number in range(1, 251)], TITLES, Display())
    assert len([line for line in chart.lines if line.label]) == 200
    assert "the first 200 of 250 groups are drawn" in chart.caption
    assert chart.layout["hovermode"] == "closest", "the line under the pointer says its name"
    crowd = group_lines.draw([bundle(1, seeds(300))], TITLES, Display())
    assert sum(bool(line.merge) for line in crowd.lines) == 200
    assert "the first 200 of 300 members are drawn behind, the bands are over all" in crowd.caption


def test_members_are_smoothed_before_they_are_averaged_and_the_raw_mean_stays() -> None:
    curves = [curve(list(range(50)), [step % 2 + trial for step in range(50)], trial) for trial in range(3)]
    chart = group_lines.draw([bundle(1, curves)], TITLES, Display(smoothing="ema", strength=0.95))
    (bold,) = [line for line in chart.lines if line.label]
    raw = next(line for line in chart.lines if not line.label and not line.merge)
    assert np.ptp(bold.y[25:]) < 0.2 < np.ptp(raw.y[25:])


def test_every_spike_is_in_the_members_behind() -> None:
    values = np.zeros(1000)
    values[700], values[300] = 50, -50
    points = pyramid.of_points(np.arange(1000.0), np.arange(1000.0), np.arange(1000.0), values)
    records = pyramid.merged(points, np.arange(0, 1000, 8))
    spiky = Curve("run", 0, "reward", records["step_max"], records, 8, 1000)
    chart = group_lines.draw([bundle(1, [spiky, spiky])], TITLES, Display())
    faint = next(line for line in chart.lines if line.merge)
    assert (faint.y.min(), faint.y.max()) == (-50, 50)


@pytest.mark.parametrize("smoothing", ["", "ema"])
def test_of_many_lines_those_of_a_colour_are_drawn_as_one_with_their_extremes(smoothing: str) -> None:
    values = np.zeros(1000)
    values[700] = 50
    points = pyramid.of_points(np.arange(1000.0), np.arange(1000.0), np.arange(1000.0), values)
    records = pyramid.merged(points, np.arange(0, 1000, 8))
    spiky = Curve("run", 0, "reward", records["step_max"], records, 8, 1000)
    chart = group_lines.draw(
        [bundle(number, [spiky]) for number in range(1, 101)], TITLES, Display(smoothing=smoothing)
    )
    raw, named = ([line for line in chart.lines if line.in_hover is wanted] for wanted in (False, True))
    assert (len(raw), len({line.merge for line in raw})) == (100, 10)
    assert all(line.y.max() == 50 for line in raw)
    assert (len(named), len({line.merge for line in named})) == (100, 10)
    assert all(line.label for line in named)


def test_names_are_letters() -> None:
    chart = group_lines.draw([bundle(1, seeds(3), label="<b>x</b>")], TITLES, Display())
    assert all("<b>" not in line.name for line in chart.lines)
    assert chart.lines[-1].label == "<b>x</b>", "a label is set as text"


def test_an_interval_of_two_seeds_does_not_dwarf_what_was_measured() -> None:
    def axis(chart: Chart) -> dict[str, float]:
        return chart.layout["yaxis"].get("autorangeoptions", {})  # type: ignore[no-any-return]

    chart = group_lines.draw([bundle(1, seeds(2))], TITLES, Display())
    assert min(np.nanmin(line.low) for line in chart.lines if line.low is not None) < -1
    assert axis(chart) == {"clipmin": -1, "clipmax": 2}, "0 to 1 was measured"
    assert lines.CUT in chart.caption
    whole = group_lines.draw([bundle(1, seeds(20))], TITLES, Display())
    assert not axis(whole)
    assert lines.CUT not in whole.caption
    goal = group_lines.draw([bundle(1, seeds(2))], Titles("step", "Reward", 475), Display())
    assert not axis(goal), "there is room for it below where it counts as solved"
    alone = lines.seeds(lines.CurveGroup("", 1, seeds(2), ["1", "2"]), TITLES, Display())
    assert axis(alone) == axis(chart)
    assert not axis(group_lines.draw([bundle(1, seeds(2, 5))], TITLES, Display(log_y=True)))
