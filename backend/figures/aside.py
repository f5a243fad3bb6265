"""What resumed attempts repeated, dotted behind the lines that count."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backend.figures import lines
from backend.figures.lines import Chart, Line
from backend.model import Curve

NAME, GREY, OPACITY = "set aside", "#64748b", 0.7


def added(chart: Chart, apart: Sequence[Curve], colours: Mapping[int, str] | None = None) -> Chart:
    """Returns a chart with what was set aside of its trials, behind all else; `colours` by trial, grey where it has
    none.

    It is no part of what the chart says else: neither of a mean nor of an interval.
    """
    if not apart:
        return chart
    behind = [
        _line(curve, (colours or {}).get(curve.trial, GREY), is_first=not place) for place, curve in enumerate(apart)
    ]
    many = sum(curve.length for curve in apart)
    said = f"dotted: {many:,} point{'s' * (many != 1)} set aside, which a resumed attempt repeated"
    return replace(chart, lines=(*behind, *chart.lines), caption=f"{chart.caption} · {said}")


def _line(curve: Curve, colour: str, *, is_first: bool) -> Line:
    line = lines.of_curve(curve, NAME, colour, width=1.5, opacity=OPACITY, dash="dot")
    return replace(line, group=NAME, in_legend=is_first, in_hover=False, merge=f"{NAME} {colour}")
