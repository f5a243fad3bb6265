"""What a live chart sends: everything once, then only what is new."""

import base64
import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from backend.figures.lines import Chart, Line
from pages.widgets.live_plot import LivePlot

LAYOUT: dict[str, Any] = {"xaxis": {}, "yaxis": {}}


def chart(*columns: list[float]) -> Chart:
    lines = [
        Line(f"line {place}", "#000000", np.arange(len(y), dtype=float), np.array(y)) for place, y in enumerate(columns)
    ]
    return Chart(tuple(lines), LAYOUT, "")


def floats(text: str) -> list[float]:
    return list(np.frombuffer(base64.b64decode(text), "<f8"))


@pytest.fixture
def plot() -> LivePlot:
    return LivePlot("key")


def test_the_first_message_is_whole(plot: LivePlot) -> None:
    message = plot._message(chart([1, 2], [3, 4]), 300)
    assert [line["name"] for line in message["lines"]] == ["line 0", "line 1"]
    assert [(change["line"], change["from"], floats(change["y"])) for change in message["changes"]] == [
        (0, 0, [1, 2]),
        (1, 0, [3, 4]),
    ]
    assert message["layout"]["height"] == 300


def test_without_news_nothing_is_sent_and_the_number_stays(plot: LivePlot) -> None:
    first = plot._message(chart([1, float("nan")]), 300)
    again = plot._message(chart([1, float("nan")]), 300)
    assert again == {"epoch": first["epoch"], "number": 0, "changes": []}


def test_a_point_more_and_an_open_bucket_that_changed(plot: LivePlot) -> None:
    plot._message(chart([1, 2, 3], [1, 2, 3]), 300)
    message = plot._message(chart([1, 2, 3, 4], [1, 2, 9]), 300)
    assert message["number"] == 1
    assert [(change["line"], change["from"], floats(change["y"])) for change in message["changes"]] == [
        (0, 3, [4]),
        (1, 2, [9]),
    ]
    assert "lines" not in message
    assert "layout" not in message


def test_what_is_sent_follows_the_new_points_and_not_the_length(plot: LivePlot) -> None:
    columns = [list(np.random.default_rng(0).normal(size=1000)) for _ in range(100)]
    whole = len(json.dumps(plot._message(chart(*columns), 300)))
    one = len(json.dumps(plot._message(chart(*[[*column, 1.0] for column in columns]), 300)))
    ten = len(json.dumps(plot._message(chart(*[[*column, *range(11)] for column in columns]), 300)))
    assert one < whole / 100
    assert one < ten < 12 * one


@pytest.mark.parametrize("other", ["layout", "style", "lines", "height", "forgotten"])
def test_what_is_of_another_kind_is_sent_whole(plot: LivePlot, other: str) -> None:
    before, height = chart([1, 2]), 300
    first = plot._message(before, height)
    after = before
    if other == "layout":
        after = replace(before, layout={**LAYOUT, "hovermode": "closest"})
    elif other == "style":
        after = replace(before, lines=(replace(before.lines[0], width=3),))
    elif other == "lines":
        after = chart([1, 2], [3, 4])
    elif other == "height":
        height = 260
    else:
        plot.forget()
    message = plot._message(after, height)
    assert message["epoch"] != first["epoch"]
    assert (message["number"], len(message["lines"])) == (0, len(after.lines))
    assert all(change["from"] == 0 for change in message["changes"])
