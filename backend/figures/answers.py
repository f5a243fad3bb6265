"""Pictures of answers: probability of improvement with intervals, performance profiles. Plotly is imported where it is used."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from backend.analysis.answering import Answers, Pair
from backend.analysis.answers import Profile
from backend.analysis.groups import Group
from backend.figures import palette
from backend.figures.lines import Chart, Display, Line, Titles, layout_of
from backend.figures.texts import plain, short

if TYPE_CHECKING:
    import plotly.graph_objects as go

EVEN = 0.5
ROW = 34  # pixels of a pair
GRID, EDGE = "rgba(139,149,165,0.25)", "#8b95a5"


def profiles(drawn: Sequence[tuple[Group, Profile]], title: str, mode: str) -> Chart:
    """Draws for each group the share of its seeds that reach a score, with its band."""
    lines = [
        Line(
            plain(group.label), palette.of_run(group.ordinal), each.score, each.share, low=each.low, high=each.high,
            width=2.5, dash=palette.dash_of(group.ordinal), group=group.id,
        )
        for group, each in drawn
    ]  # fmt: skip
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


def improvement(found: Answers, pairs: Sequence[Pair]) -> "go.Figure":
    """Draws the probability that a seed of each group beats one of the baseline, with its interval; ½ is no difference."""
    import plotly.graph_objects as go

    figure = go.Figure()
    known = [pair for pair in pairs if pair.verdict is not None]
    for place, pair in enumerate(known):
        chance = pair.verdict.probability if pair.verdict else None
        if chance is None:
            continue
        bars = {"array": [chance.high - chance.center], "arrayminus": [chance.center - chance.low]} if chance.has_interval else {}
        figure.add_scatter(
            x=[chance.center], y=[place], mode="markers", showlegend=False,
            marker={"size": 11, "color": palette.of_run(pair.group.ordinal)},
            error_x={"type": "data", "symmetric": False, "thickness": 2, "width": 6, "visible": bool(bars), **bars},
            hovertemplate=f"{plain(pair.group.label)}: %{{x:.0%}} of pairs of seeds<extra></extra>",
        )  # fmt: skip
    figure.add_vline(x=EVEN, line={"width": 1, "dash": "dash", "color": EDGE})
    title = {"text": f"share of pairs of seeds in which it beats “{short(found.baseline.label)}”", "font": {"size": 12}}
    figure.update_xaxes(range=[-0.03, 1.03], tickformat=".0%", gridcolor=GRID, zeroline=False, title=title)
    names = [short(pair.group.label) for pair in known]
    figure.update_yaxes(
        range=[len(known) - 0.5, -0.5], tickvals=list(range(len(known))), ticktext=names, gridcolor=GRID, automargin=True, zeroline=False
    )
    return figure.update_layout(
        height=76 + ROW * len(known), margin={"l": 10, "r": 10, "t": 10, "b": 40}, uirevision="improvement",
        paper_bgcolor="rgba(0,0,0,0)", plot_bgcolor="rgba(0,0,0,0)",
    )  # fmt: skip
