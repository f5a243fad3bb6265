"""A comparison as one HTML file that needs neither the app nor the internet; whatever a
person wrote stays text in it."""

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markdown_it import MarkdownIt

from backend.analysis.diff import Setting

# lines as they are drawn live, or a whole figure of Plotly's; the class of its node, after "raydeck-"
DrawingKind = Literal["plot", "figure"]


@dataclass(frozen=True)
class Drawing:
    """A chart as one of the app's own scripts draws it: `message` is what the app sends that script."""

    title: str
    caption: str
    height: int  # pixels
    message: Mapping[str, Any]
    kind: DrawingKind = "plot"


@dataclass(frozen=True)
class ReportTable:
    """Words in columns. `about` says what they are; `marks` are the colours of the rows, where they have some."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    about: str = ""
    marks: Sequence[str] = ()


@dataclass(frozen=True)
class ReportRun:
    """One run: what is told of it, its spec as YAML, and the user's own code that it ran."""

    id: str
    name: str
    colour: str
    told: str
    seeds: str
    versions: str
    spec: str
    code: str


@dataclass(frozen=True)
class ComparisonReport:
    """All that is in a report; what is empty is left out."""

    title: str
    made_at: float  # seconds since the epoch
    link: str  # that opens the same view in the app
    charts: Sequence[Drawing]
    note: str = ""  # Markdown
    tables: Sequence[ReportTable] = ()
    columns: Sequence[str] = ()  # of the settings
    settings: Sequence[Setting] = ()
    runs: Sequence[ReportRun] = ()
    pictures: Sequence[Drawing] = ()  # charts that follow the tables


@dataclass(frozen=True)
class Scripts:
    """What draws: plotly.js, for each kind of drawing the app's own JavaScript module, which
    exports one function, and CSS."""

    plotly: str
    modules: Mapping[DrawingKind, str]
    styles: str = ""


_EXPORT = r"export default function\s*\w*"


def html(report: ComparisonReport, scripts: Scripts) -> str:
    """Returns a report as an HTML page."""
    made_at = moment(report.made_at)
    parts = dict.fromkeys(row.part for row in report.settings)
    used = {drawing.kind for drawing in (*report.charts, *report.pictures)}
    modules = {
        kind: re.sub(_EXPORT, "const drawn = function", script, count=1)
        for kind, script in scripts.modules.items()
        if kind in used
    }
    return _template().render(
        report=report,
        made_at=made_at,
        note=markdown(report.note),
        parts=list(parts),
        plotly=scripts.plotly,
        modules=modules,
        styles=scripts.styles,
    )


def moment(at: float | None) -> str:
    """Returns a moment as local date and time, with the zone; a dash for None."""
    return "–" if at is None else time.strftime("%Y-%m-%d %H:%M %Z", time.localtime(at))


def markdown(text: str) -> str:
    """Returns Markdown as HTML.

    Tags in it stay letters, a link leads nowhere but to the web, and no picture is fetched.
    """
    return str(_markdown().render(text)).strip()


@lru_cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


@lru_cache
def _template() -> Template:
    loader = PackageLoader("backend.export", "")
    return Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("report.html.j2")
