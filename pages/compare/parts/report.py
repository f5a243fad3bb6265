"""Compare: what can be taken away.

A report with one's own note, the charts alone, every point, and Python that loads them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from urllib.parse import urlencode

import streamlit as st

from backend.analysis.answering import Answers
from backend.analysis.asking import Question, Url
from backend.api import answers, export
from backend.api.export import Drawing, Scripts
from backend.catalog import metrics
from backend.figures import lines
from pages.compare.parts import answers as compare_answers
from pages.compare.parts import charts, param_pictures, question
from pages.compare.parts.comparison import Comparison
from pages.runs import chart_options
from pages.runs.charts import Board, ChartWindow
from pages.runs.points_links import points_links
from pages.widgets import errors, figure_plot, live_plot, plotly_js
from pages.widgets.component import script, styles

NOTE_HEIGHT = 220  # pixels
LONGEST_NOTE = 50_000  # letters


@dataclass(frozen=True)
class Look:
    """What the page's address says: itself; of charts the metrics and the parts of their axes;
    of answers what is asked."""

    link: str
    keys: tuple[str, ...]
    window: ChartWindow
    spans: Mapping[str, tuple[float, float]]
    question: Question
    url: Url  # what follows the ?, for the picture of params


def show(what: Comparison, _board: Board) -> None:
    """Shows what can be taken away of the present view."""
    left, right = st.columns([3, 2], gap="large")
    with left:
        _report(what)
    with right:
        _charts(what)
        _points(what)
    st.markdown("##### The same points in Python")
    st.code(export.snippet(_ids(what), [what.key], _by()), language="python", wrap_lines=True)


def _ids(what: Comparison) -> list[str]:
    return [run.id for run in what.runs]


def _by() -> tuple[str, ...]:
    return chart_options.listed("by")


def _report(what: Comparison) -> None:
    """The note, how it will look, and the report."""
    st.markdown("##### Report")
    st.caption(
        "One HTML file that opens without the app: charts live, the groups with their intervals, which is better, how"
        " sure and how soon, what differs, specs, versions, seeds, code, this link and your note."
    )
    key = f"note_{'_'.join(_ids(what))}"
    if key not in st.session_state:
        st.session_state[key] = export.note(_ids(what))
    st.text_area(
        "Your note, in Markdown",
        key=key,
        height=NOTE_HEIGHT,
        max_chars=LONGEST_NOTE,
        on_change=_keep,
        args=(what, key),
        placeholder="What was asked, what came out. **Bold**, lists, tables and links are understood; HTML stays text.",
    )
    if (note := st.session_state[key]).strip():
        with st.expander("How it will look"):
            st.html(export.markdown(note))
    st.download_button(
        "Download the report",
        _later(_html, what),
        file_name=f"comparison-{'-'.join(_ids(what)[:4])}.html",
        mime="text/html",
        icon=":material/description:",
        type="primary",
        on_click="ignore",
        key="report",
    )


def _keep(what: Comparison, key: str) -> None:
    with errors.kept():
        export.keep_note(_ids(what), st.session_state[key])


def _link() -> str:
    """Returns the address of the view, as it is now."""
    page = str(st.context.url or "").partition("?")[0]
    return f"{page}?{urlencode({**st.query_params.to_dict(), 'tab': 'Curves'})}" if page else ""


def _look(what: Comparison) -> Look:
    more = [key for key in chart_options.listed("more") if key in what.keys and key != what.key]
    return Look(
        _link(),
        (what.key, *more),
        chart_options.window(what.axis),
        chart_options.spans(),
        question.of(what),
        st.query_params.to_dict(),
    )


def _later(make: Callable[[Comparison, Look], str], what: Comparison) -> Callable[[], str]:
    """Returns what makes a file of the view as it is now; it is called in a thread that knows of no page."""
    return partial(make, what, _look(what))


def _html(what: Comparison, look: Look) -> str:
    """Returns the report: what the Curves tab shows, what each group scored, and what the Answers tab
    says if it can say anything."""
    posed_question = look.question
    scored = answers.scored(what.groups, posed_question.key, posed_question.rule, posed_question.mode)
    analysis = answers.answers(what.groups, posed_question) if posed_question.is_directed and len(scored) > 1 else None
    tables = [export.groups_table(scored, posed_question.key, posed_question.rule)]
    if analysis is not None:
        tables += [export.verdicts_table(analysis), *([export.reached_table(analysis)] if analysis.reached else [])]
    pictures = [_profile(analysis)] if analysis is not None and analysis.profiles else []
    pictures += _params(what, look)
    return export.report(
        what.runs, what.groups, tables, _drawings(what, look), _scripts(), link=look.link, pictures=pictures
    )


def _profile(analysis: Answers) -> Drawing:
    chart = compare_answers.profile(analysis)
    return Drawing("Performance profile", chart.caption, lines.HEIGHT, live_plot.whole(chart, lines.HEIGHT))


def _params(what: Comparison, look: Look) -> list[Drawing]:
    """Returns the picture of the Params tab; nothing where there is too little for it."""
    sight, name = param_pictures.sight(what, look.question), param_pictures.picture(look.url)
    figure = None if sight.lack(name) else param_pictures.PICTURES[name].draw(sight, look.url)
    if figure is None:
        return []
    picture = param_pictures.PICTURES[name]
    height = int(figure.layout.height)
    return [Drawing(f"Params: {picture.title.lower()}", picture.tells, height, figure_plot.whole(figure), "figure")]


def _charts(what: Comparison) -> None:
    st.markdown("##### Charts")
    st.download_button(
        "HTML",
        _later(_chart_html, what),
        file_name=f"{_file(what)}.html",
        mime="text/html",
        icon=":material/download:",
        on_click="ignore",
        key="chart_html",
        help="The charts alone, live, in a file that needs nothing else.",
    )
    st.caption("PNG and SVG: with the buttons at a chart's upper right corner, there for every chart.")


def _chart_html(what: Comparison, look: Look) -> str:
    return export.figures(metrics.title(what.key), _drawings(what, look), _scripts(), link=look.link)


def _file(what: Comparison) -> str:
    return f"{metrics.title(what.key)}-{len(what.runs)}-runs"


def _points(what: Comparison) -> None:
    st.markdown("##### Points")
    st.caption(
        f"Of {metrics.title(what.key)}: every point that was recorded, with its run, group, trial, seed, step and time."
    )
    points_links(_ids(what), [what.key], _by(), _file(what))
    st.caption("Of every metric:")
    points_links(_ids(what), None, _by(), f"{len(what.runs)}-runs")


def _scripts() -> Scripts:
    return Scripts(
        plotly_js.content(),
        {"plot": script(*live_plot.FILES), "figure": script(*figure_plot.FILES)},
        styles(*live_plot.FILES),
    )


def _drawings(what: Comparison, look: Look) -> list[Drawing]:
    """Returns the charts that the Curves tab shows, as far as they are zoomed."""
    chart_input = charts.ChartInput(what.runs, what.groups, what.axis, what.display)
    height = lines.HEIGHT if len(look.keys) == 1 else charts.SEVERAL_HEIGHT
    drawings = []
    for key in look.keys:
        chart = charts.chart_of(chart_input, key, look.window)
        chart = charts.looked_at(chart, look.window, look.spans.get(key), what.display)
        drawings.append(Drawing(metrics.title(key), chart.caption, height, live_plot.whole(chart, height, "report")))
    return drawings
