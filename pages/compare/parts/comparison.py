"""What is compared: runs, the groups they fall into, the metric and how it is drawn. All of it is in the URL."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from backend import api
from backend.analysis import groups
from backend.analysis.groups import Group
from backend.api import compare
from backend.figures.lines import Display
from backend.model import Run, goals
from backend.model.stored import stored
from pages.runs import chart_options, charts
from pages.widgets.text import plain

OFFERED = 300  # of the newest runs, in the field that adds some


@dataclass(frozen=True)
class Comparison:
    """What a tab of the Compare page shows; `has` are the metrics that each run has recorded, by its id, `keys` all that can be shown."""

    runs: tuple[Run, ...]
    groups: tuple[Group, ...]
    has: Mapping[str, Sequence[str]]
    keys: Sequence[str]
    key: str
    axis: str
    display: Display

    @property
    def is_live(self) -> bool:
        return goes_on(self.runs)


def goes_on(runs: Sequence[Run]) -> bool:
    return any(not run.is_over for run in runs)


def ask_runs() -> list[Run]:
    """Lets a person choose runs; the URL names them, and those that are gone are said."""
    asked = chart_options.listed("runs")
    known = {run.id: run for run in [*compare.some(asked), *api.runs(limit=OFFERED)]}
    if missing := [part for part in asked if part not in known]:
        st.warning(f"Not found, perhaps deleted: {plain(', '.join(missing))}", icon=":material/search_off:")
    chosen = st.multiselect(
        "Runs", list(known), default=[part for part in asked if part in known],
        format_func=lambda run_id: _said(known[run_id]),
        placeholder="Choose runs to compare" if known else "There are no runs yet",
    )  # fmt: skip
    if tuple(chosen) != asked:
        st.query_params["runs"] = chart_options.SEPARATOR.join(chosen)
    return [known[run_id] for run_id in chosen]


def _said(run: Run) -> str:
    return f"{run.name} · {stored(run.spec).text('algorithm') or run.kind} · {run.id}"


def ask_groups(runs: Sequence[Run]) -> tuple[str, ...]:
    """Lets a person choose the settings by which runs fall together; none are all but the seed."""
    offered = [*groups.fields(runs), *groups.APART]
    asked = [part for part in chart_options.listed("by") if part in offered]
    chosen = st.multiselect(
        "Group by", offered, default=asked, format_func=lambda name: "each run alone" if name in groups.APART else name,
        placeholder="all but the seed", key=f"by_{hash(tuple(offered))}", label_visibility="collapsed", width=320,
        help="Runs that are alike in these settings are one group. Without any: those that differ in nothing but the seed.",
    )  # fmt: skip
    chart_options.keep("by", chart_options.SEPARATOR.join(chosen), "")
    return tuple(chosen)


def _keys(runs: Sequence[Run], has: Mapping[str, Sequence[str]]) -> list[str]:
    """Returns the metrics that some of the runs have recorded, or are judged by."""
    found = {key for of_run in has.values() for key in of_run if not goals.is_of_worker(key)}
    return sorted(found | {run.main_metric for run in runs})


def ask_metric(runs: Sequence[Run], has: Mapping[str, Sequence[str]], keys: Sequence[str]) -> str:
    """Lets a person choose the metric; the evaluation is asked first where all have one."""
    main = Counter(run.main_metric for run in runs).most_common(1)[0][0]
    evaluated = goals.evaluated(main)
    return chart_options.metric(keys, evaluated if all(evaluated in of_run for of_run in has.values()) else main)


def ask(runs: Sequence[Run]) -> Comparison:
    """Lets a person choose how some runs are compared."""
    has = compare.keys(runs)
    keys = _keys(runs, has)
    with st.container(horizontal=True, vertical_alignment="center"):
        by = ask_groups(runs)
        key = ask_metric(runs, has, keys)
        axis = chart_options.any_axis(axes_of(runs), keys)
        display = _with_groups(chart_options.display())
    return Comparison(tuple(runs), tuple(groups.grouped(runs, by)), has, keys, key, axis, display)


def axes_of(runs: Sequence[Run]) -> dict[str, str]:
    """Returns the x axes that are no metric, or are known by another name: steps, reports, time since the start, dates."""
    return {**charts.axes_of(runs), "time": "Time since the start", charts.DATE: "Date"}


def _with_groups(display: Display) -> Display:
    """Returns how groups are drawn, as the URL has it: their fields are on the Curves tab."""
    return replace(display, statistic=chart_options.of_statistic(), members=st.query_params.get("members") != "off")
