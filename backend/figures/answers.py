"""Pictures of answers: performance profiles."""

from collections.abc import Sequence
from typing import Any

from backend.analysis.answers import Profile
from backend.analysis.groups import Group
from backend.figures import palette
from backend.figures.lines import Chart, Display, Line, Titles, layout_of
from backend.figures.texts import plain


def profiles(drawn: Sequence[tuple[Group, Profile]], title: str, mode: str) -> Chart:
    """Draws for each group the share of its seeds that reach a score, with its band."""
    lines = [
        Line(
            plain(group.label),
            palette.of_run(group.ordinal),
            each.score,
            each.share,
            low=each.low,
            high=each.high,
            width=2.5,
            dash=palette.dash_of(group.ordinal),
            group=group.id,
        )
        for group, each in drawn
    ]
    least = "at least" if mode == "max" else "at most"
    layout: dict[str, Any] = layout_of(Titles(f"{title} of {least}", "share of seeds"), Display())
    layout["xaxis"].pop("rangemode", None)
    layout["yaxis"] |= {"range": [-0.02, 1.04], "tickformat": ".0%"}
    return Chart(tuple(lines), layout, _told(drawn, mode))


def _told(drawn: Sequence[tuple[Group, Profile]], mode: str) -> str:
    where = "further right" if mode == "max" else "further left"
    said = f"A curve that lies higher, or {where}, is better; where curves cross, one is better in its best seeds only."
    if any(len(each.low) and each.low[0] == each.low[0] for _, each in drawn):
        return f"{said} Bands: 95 %, at each score by itself. {drawn[0][1].method}."
    return f"{said} No bands: one seed."
