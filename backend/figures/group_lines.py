"""Groups on one chart: a bold line with its interval for each, its members faint behind it or,
when opened, each by name."""

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from backend import words
from backend.analysis import group_bands
from backend.analysis import seeds as seeds_analysis
from backend.analysis.group_bands import Shared
from backend.analysis.seeds import Band
from backend.figures import lines, palette
from backend.figures.lines import MANY, Chart, Display, Line, Titles
from backend.model import Curve, Floats

MOST = 200  # lines that can be told apart
FAINT, FAINTER = 0.35, 0.18  # of a few members and of many
FEW_RANGES = 3  # ranges in a caption


@dataclass(frozen=True, eq=False)
class Bundle:
    """The curves of a group; `names` are those of its members, in the order of `curves`."""

    id: str
    label: str
    ordinal: int
    curves: Sequence[Curve]
    names: Sequence[str]
    common: Shared
    is_open: bool = False  # its members are told apart


def draw(bundles: Sequence[Bundle], titles: Titles, display: Display) -> Chart:
    """Draws groups on one metric: a line for each, the first 200 of them."""
    there = [bundle for bundle in bundles if bundle.curves]
    shown = there[:MOST]
    bands = {bundle.id: _band(bundle, display) for bundle in shown}
    room = MOST if display.members else 0
    behind: list[Line] = []
    raw: list[Line] = []
    front: list[Line] = []
    bold: list[Line] = []
    for bundle in shown:
        members = list(_members(bundle, bands[bundle.id], display, room, many=len(shown) > MANY))
        faint = [line for line in members if line.merge == bundle.id]
        room -= len(faint)
        behind += faint
        raw += [line for line in members if not line.in_hover and line.merge != bundle.id]
        front += [line for line in members if line.in_hover]
        bold += _bold(bundle, bands[bundle.id], display)
    every = [curve for bundle in there for curve in bundle.curves]
    if len(behind) > MANY:
        behind = [replace(line, opacity=FAINTER) for line in behind]
    chart = lines.chart_of([*raw, *behind, *front, *bold], every, titles, display)
    said = _caption(there, bands, behind, chart.caption, titles, display)
    return lines.with_room(replace(chart, layout=_layout(chart.layout, [*front, *bold]), caption=said), bold, display)


def _layout(layout: dict[str, Any], front: Sequence[Line]) -> dict[str, Any]:
    """The lines' labels stand for a legend; of many lines the one under the pointer says its name."""
    many = sum(line.in_hover for line in front) > MANY
    margin = {**layout["margin"], "t": 26}
    return {
        **layout,
        "margin": margin,
        "showlegend": False,
        "meta": {"labels": True},
        "hovermode": "closest" if many else "x unified",
    }


def _smooth(curve: Curve, display: Display) -> Curve:
    """Returns a curve with smooth means: a group's members are smoothed, then what they have in common is computed."""
    if not display.smoothing:
        return curve
    records = curve.records.copy()
    records["mean"] = lines.smoother(display, len(curve.mean))(curve.mean)
    return replace(curve, records=records)


def _band(bundle: Bundle, display: Display) -> Band | None:
    if len(bundle.common.used) < 2:
        return None
    return group_bands.band([_smooth(curve, display) for curve in bundle.curves], bundle.common, display.statistic)


def _members(bundle: Bundle, band: Band | None, display: Display, room: int, *, many: bool) -> Iterator[Line]:
    """Yields a group's members: the only one, or those of an opened group, as lines of their own; else
    at most `room` faint ones."""
    alone, own = len(bundle.curves) == 1, palette.of_run(bundle.ordinal)
    in_full = alone or bundle.is_open or band is None
    others = [own] if alone or not bundle.is_open else [colour for colour in palette.LIGHT if colour != own]
    named = zip(bundle.curves, bundle.names, strict=True)
    for place, (curve, name) in enumerate(named):
        if place >= (MOST if in_full else room):
            return
        if not in_full:
            yield _faint(bundle, curve, own)
            continue
        look = {"dash": palette.dash_of(bundle.ordinal if alone else 1 + place), "group": bundle.id, "pick": bundle.id}
        label = bundle.label if alone else name
        line = lines.of_curve(
            curve, f"{bundle.label} · {name}", others[place % len(others)], width=1.6 if alone else 1.2, **look
        )
        yield from (
            _one_of_many(line, label, curve, display) if many else lines.smoothed(replace(line, label=label), display)
        )


def _one_of_many(line: Line, label: str, curve: Curve, display: Display) -> Iterator[Line]:
    """Yields one of many lines, and behind it the raw one by way of its extremes: those of one colour are drawn as one.

    Dashes would say nothing among so many, and cost the browser more than the lines do.
    """
    if display.smoothing or curve.width > 1:
        x, y = (curve.x, curve.mean) if curve.width == 1 else _by_extremes(curve)
        look: dict[str, Any] = {
            "opacity": FAINT,
            "width": 1,
            "in_legend": False,
            "in_hover": False,
            "merge": f"raw {line.colour}",
        }
        yield Line(line.name, line.colour, x, y, **look)
    y = lines.smoother(display, len(line.y))(line.y) if display.smoothing else line.y
    yield replace(line, y=y, low=None, high=None, label=label, dash="solid", group="", merge=f"of {line.colour}")


def _faint(bundle: Bundle, curve: Curve, colour: str) -> Line:
    """Returns a member as a faint line; where a bucket holds several points it goes by way of
    their lowest and highest."""
    x, y = (curve.x, curve.mean) if curve.width == 1 else _by_extremes(curve)
    look: dict[str, Any] = {"group": bundle.id, "merge": bundle.id, "in_legend": False, "in_hover": False}
    return Line(html.escape(bundle.label), colour, x, y, width=1, opacity=FAINT, **look)


def _by_extremes(curve: Curve) -> tuple[Floats, Floats]:
    """Returns two points for each bucket, its lowest and its highest, in the order in which the line goes on."""
    rises = np.diff(curve.mean, prepend=curve.mean[:1]) >= 0
    halfway = curve.x - np.diff(curve.x, prepend=curve.x[:1]) / 2
    first, second = np.where(rises, curve.min, curve.max), np.where(rises, curve.max, curve.min)
    return np.column_stack([halfway, curve.x]).ravel(), np.column_stack([first, second]).ravel()


def _bold(bundle: Bundle, band: Band | None, display: Display) -> list[Line]:
    if band is None:
        return []
    what = seeds_analysis.STATISTICS[display.statistic]
    name = html.escape(f"{bundle.label}: {what} of {len(bundle.common.used)}")
    colour, dash = palette.of_run(bundle.ordinal), palette.dash_of(bundle.ordinal)
    bold = Line(name, colour, band.x, band.center, low=band.low, high=band.high, width=2.5, dash=dash, group=bundle.id)
    bold = replace(bold, label=bundle.label, pick=bundle.id)
    if not display.smoothing or (raw := _band(bundle, replace(display, smoothing=""))) is None:
        return [bold]
    thin = Line(name, colour, raw.x, raw.center, width=1, opacity=0.5, group=bundle.id, in_legend=False, in_hover=False)
    return [thin, bold]


def _caption(
    there: Sequence[Bundle],
    bands: dict[str, Band | None],
    behind: Sequence[Line],
    said: str,
    titles: Titles,
    display: Display,
) -> str:
    parts = [said, *_of_bands([bundle for bundle in there if bands.get(bundle.id) is not None], titles, display)]
    if len(there) > MOST:
        parts.append(
            f"the first {MOST} of {len(there):,} groups are drawn: choose fewer runs, or group by fewer settings"
        )
    members = sum(
        len(bundle.curves) for bundle in there[:MOST] if bands.get(bundle.id) is not None and not bundle.is_open
    )
    if display.members and behind and len(behind) < members:
        parts.append(f"the first {len(behind)} of {members:,} members are drawn behind, the bands are over all")
    elif not display.members and members:
        parts.append(f"{members:,} members are hidden")
    large = [bundle for bundle in there if bundle.is_open and len(bundle.curves) > MOST]
    parts += [f"{bundle.label}: the first {MOST} of {len(bundle.curves):,} members" for bundle in large]
    return " · ".join([*parts, *_not_in_bands(there[:MOST], bands)])


def _of_bands(drawn: Sequence[Bundle], titles: Titles, display: Display) -> Iterator[str]:
    if not drawn:
        return
    what = seeds_analysis.STATISTICS[display.statistic]
    yield f"bold: {what} of a group's members, with its 95 % interval by bootstrap"
    if titles.dates:
        yield "members interpolated on a shared grid inside the time that they all have"
        return
    ranges = list(dict.fromkeys((bundle.common.start, bundle.common.end) for bundle in drawn))
    inside = ", ".join(f"{words.number(start)} to {words.number(end)}" for start, end in ranges[:FEW_RANGES])
    more = f" and {len(ranges) - FEW_RANGES} more" if len(ranges) > FEW_RANGES else ""
    yield f"members interpolated on a shared grid inside the range that they all have ({inside}{more})"


def _not_in_bands(there: Sequence[Bundle], bands: dict[str, Band | None]) -> Iterator[str]:
    """Yields who has no band or is not in one, and why."""
    single = [bundle for bundle in there if len(bundle.curves) == 1]
    if single and len(single) == len(there):
        yield "one member each: no band, for a single one says nothing of luck"
    elif single:
        yield f"{_groups(single)} of one member without a band, for a single one says nothing of luck"
    apart = [bundle for bundle in there if len(bundle.common.used) > 1 and not bundle.common.is_a_range]
    if apart:
        yield f"{_groups(apart)} without a band: the members have no range of this axis in common"
    empty = sum(len(bundle.common.empty) for bundle in there)
    if empty:
        yield f"{empty:,} without any finite value {_are(empty)} in no band"
    early = [bundle.names[place] for bundle in there for place in bundle.common.early]
    if early:
        who = ", ".join(early[:FEW_RANGES]) + " …" * (len(early) > FEW_RANGES)
        yield f"{len(early):,} that ended early {_are(len(early))} in no band ({who})"


def _groups(some: Sequence[Bundle]) -> str:
    return f"{len(some):,} group{'s' * (len(some) > 1)}"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
