"""What is compared: runs, the groups they fall into, the metric and how it is drawn. All of it is in the URL."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import streamlit as st

from backend import api
from backend.analysis import asking, groups
from backend.analysis.groups import Group
from backend.api import compare
from backend.figures.lines import Display
from backend.model import Run
from backend.model.stored import stored
from pages.runs import chart_options, charts
from pages.widgets.text import plain

OFFERED = 300  # of the newest runs, in the field that adds some


@dataclass(frozen=True)
class Comparison:
    """What a tab of the Compare page shows; `has` are the metrics that each run has recorded, by its id,
    `keys` all that can be shown."""

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
    run_ids = chart_options.listed("runs")
    runs_by_id = {run.id: run for run in [*compare.some(run_ids), *api.runs(limit=OFFERED)]}
    if missing := [part for part in run_ids if part not in runs_by_id]:
        st.warning(f"Not found, perhaps deleted: {plain(', '.join(missing))}", icon=":material/search_off:")
    chosen = st.multiselect(
        "Runs",
        list(runs_by_id),
        default=[part for part in run_ids if part in runs_by_id],
        format_func=lambda run_id: _said(runs_by_id[run_id]),
        placeholder="Choose runs to compare" if runs_by_id else "There are no runs yet",
    )
    if tuple(chosen) != run_ids:
        st.query_params["runs"] = chart_options.SEPARATOR.join(chosen)
    return [runs_by_id[run_id] for run_id in chosen]


def _said(run: Run) -> str:
    return f"{run.name} · {stored(run.spec).text('algorithm') or run.kind} · {run.id}"


def ask_groups(runs: Sequence[Run]) -> tuple[str, ...]:
    """Lets a person choose the settings by which runs fall together; none are all but the seed."""
    offered = groups.offered(runs)
    key = f"by_{hash(tuple(offered))}"
    chosen = st.multiselect(
        "Group by",
        offered,
        default=asking.by(st.query_params, offered),
        format_func=lambda name: "each run alone" if name in groups.APART else name,
        placeholder="all but the seed",
        key=key,
        label_visibility="collapsed",
        width=320,
        help=(
            "Runs that are alike in these settings are one group. Without any: those that differ in nothing but the"
            " seed; what has no seed is by itself."
        ),
    )
    if not chosen and _names_are_shared(runs):
        st.button(
            "by name",
            icon=":material/join:",
            type="tertiary",
            on_click=st.session_state.update,
            args=({key: ["name"]},),
            help="Runs of one name become one group, as if they were seeds of one thing.",
        )
    return chart_options.keep_listed("by", chosen)


def _names_are_shared(runs: Sequence[Run]) -> bool:
    """Whether runs of one name, or trials of one run, are apart, since nothing says that they are repetitions."""
    return "name" in groups.offered(runs) and len(groups.grouped(runs)) > len({run.name for run in runs})


def ask(runs: Sequence[Run]) -> Comparison:
    """Lets a person choose how some runs are compared."""
    has = compare.keys(runs)
    keys = asking.keys(runs, has)
    with st.container(horizontal=True, vertical_alignment="center"):
        by = ask_groups(runs)
        key = chart_options.metric(keys, asking.main(runs, has))
        axis = chart_options.any_axis(axes_of(runs), keys)
        display = _with_groups(chart_options.display())
    return Comparison(tuple(runs), tuple(groups.grouped(runs, by)), has, keys, key, axis, display)


def axes_of(runs: Sequence[Run]) -> dict[str, str]:
    """Returns the x axes that are no metric, or are known by another name: steps, reports,
    time since the start, dates."""
    return {**charts.axes_of(runs), "time": "Time since the start", charts.DATE: "Date"}


def _with_groups(display: Display) -> Display:
    """Returns how groups are drawn, as the URL has it: their fields are on the Curves tab."""
    return replace(display, statistic=chart_options.of_statistic(), members=st.query_params.get("members") != "off")
