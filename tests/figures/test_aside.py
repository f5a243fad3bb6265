"""What was set aside is dotted behind the lines, and changes nothing else of a chart."""

import numpy as np

from backend.figures import aside, lines
from backend.figures.lines import CurveGroup, Display, Titles
from tests.figures.test_trials import curve


def drawn(trials: int) -> tuple[lines.Chart, dict[int, str]]:
    curves = [curve(number, [1, 2, 3], [0.1, 0.2, 0.3]) for number in range(trials)]
    group = CurveGroup("", 1, curves, [f"seed {number}" for number in range(trials)])
    return lines.seeds(group, Titles("steps", "reward"), Display()), lines.colours(group)


def test_nothing_set_aside_changes_nothing() -> None:
    chart, colours = drawn(2)
    assert aside.added(chart, [], colours) is chart


def test_it_lies_behind_in_the_colour_of_its_trial_and_is_named_once() -> None:
    chart, colours = drawn(3)
    apart = [curve(1, [2, 3, 4], [0.5, 0.6, 0.7]), curve(2, [3], [0.9])]
    whole = aside.added(chart, apart, colours)
    behind, rest = whole.lines[:2], whole.lines[2:]
    assert rest == chart.lines
    assert whole.layout == chart.layout
    named = {line.name: line.colour for line in chart.lines}
    assert [line.colour for line in behind] == [named["seed 1"], named["seed 2"]]
    assert {(line.dash, line.group) for line in behind} == {("dot", "set aside")}
    assert [line.in_legend for line in behind] == [True, False]
    np.testing.assert_array_equal(behind[0].y, [0.5, 0.6, 0.7])
    assert whole.caption == f"{chart.caption} · dotted: 4 points set aside, which a resumed attempt repeated"


def test_a_trial_without_a_line_has_its_points_in_grey() -> None:
    chart, colours = drawn(1)
    (line, *_) = aside.added(chart, [curve(5, [1], [0.5])], colours).lines
    assert line.colour == aside.GREY
