"""Pictures of params hold what was measured, leave out what was not, and show people's words as they are."""

import math

import numpy as np
import pytest

from backend.analysis import params as analysis
from backend.analysis.params import Column, Correlation
from backend.figures import params as figures
from backend.figures.params import Owner
from backend.figures.params_parallel import parallel

NASTY = "<script>alert(1)</script> $x$ %{y}"
LR = Column("params.lr", np.array([1e-4, 1e-3, 1e-2, 1e-1]))
WORD = Column("params.word", None, (NASTY, "b", "b", analysis.MISSING))
SCORE = Column("metrics.reward", np.array([1.0, 2.0, math.nan, 4.0]), heading="Reward")
LABELS = [NASTY, "two", "three", "four"]
OWNERS = [Owner(NASTY, 1), Owner("other", 11)]


def test_groups_that_share_a_colour_differ_in_shape() -> None:
    figure = figures.scatter(LR, SCORE, None, LABELS, [0, 0, 1, 1], OWNERS, log_x=True)
    first, second = figure.data
    assert first.marker.color == second.marker.color
    assert first.marker.symbol != second.marker.symbol
    assert figure.layout.xaxis.type == "log"
    assert list(second.x) == [1e-2, 1e-1]
    assert "lr: 0.01" in second.text[0]


@pytest.mark.parametrize("colour", [LR, WORD])
def test_a_third_column_colours_points_and_words_stay_words(colour: Column) -> None:
    figure = figures.scatter(WORD, SCORE, colour, LABELS, [0, 0, 1, 1], OWNERS)
    assert figure.layout.xaxis.type == "category"
    told = figure.to_json()
    assert "<script>" not in told
    assert "%{y}" not in told
    assert "$x$" not in told
    assert sum(len(trace.x) for trace in figure.data) == 4


def test_parallel_lines_are_of_points_with_a_score() -> None:
    figure = parallel([LR, WORD], SCORE, "max")
    lines = [y for trace in figure.data for y in np.split(np.array(trace.y, float), np.flatnonzero(np.isnan(trace.y)))]
    assert sum(len(line[np.isfinite(line)]) == 3 for line in lines) == 3, (
        "three axes each; the one without a score is left out"
    )
    best = figure.data[-1]
    assert best.y[2] == 1.0
    assert best.y[0] == 1.0, "on a log axis the largest lr is at the top"
    assert "<script>" not in figure.to_json()


def test_all_equal_scores_and_constant_columns_are_drawn_in_the_middle() -> None:
    flat = Column("metrics.reward", np.ones(4))
    figure = parallel([Column("params.c", np.full(4, 7.0))], flat, "min")
    assert set(np.array(figure.data[0].y)[np.isfinite(figure.data[0].y)]) == {0.5}


def test_boxes_are_in_order_and_say_how_many() -> None:
    column = Column("params.batch", np.array([128.0, 32.0, 32.0, 32.0, 32.0, math.nan]))
    score = Column("metrics.reward", np.array([5.0, 1.0, 2.0, 3.0, math.nan, 9.0]))
    values, binned = analysis.values_of(column)
    assert binned == ""
    figure = figures.boxes(column, values, score, ["x"] * 6)
    assert list(figure.layout.xaxis.ticktext) == ["32<br>n = 3", "128<br>n = 1"]
    box, single, *points = figure.data
    assert 2.0 in box.y, "the median"
    assert list(single.y) == [5.0, 5.0]
    assert [list(each.y) for each in points] == [[1.0, 2.0, 3.0], [5.0]]


def test_many_numbers_are_put_in_bins() -> None:
    values, binned = analysis.values_of(Column("params.lr", np.arange(100.0)))
    assert len(set(values)) == 5
    assert "100 different values, in 5 bins" in binned


def test_bars_of_correlation_and_importance() -> None:
    figure = figures.correlation(
        [Correlation(NASTY, 0.5, 0.1, 0.8, 20), Correlation("b", -0.2, -0.5, 0.1, 20)], "Reward"
    )
    assert list(figure.data[0].x) == [0.5, -0.2]
    assert figure.data[0].error_x.array[0] == pytest.approx(0.3)
    assert "n = 20" in figure.layout.yaxis.ticktext[0]
    assert "<script>" not in figure.to_json()
    assert list(figures.importance({"a": 0.75, "b": 0.25}, "Reward").data[0].text) == ["75%", "25%"]
