"""The table of groups: what each came to, how sure that is, who does not count; a click shows a group's members."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import streamlit as st

from backend import words
from backend.analysis import group_tables, scores
from backend.analysis.group_tables import GroupRow, Which
from backend.analysis.groups import said
from backend.cache import Cache
from backend.figures import palette
from backend.model import goals as metric_goals
from pages.compare.parts import charts as compare_charts
from pages.compare.parts.comparison import Comparison
from pages.runs import actions, chart_options, charts
from pages.runs.badges import ICONS
from pages.runs.chart_options import STEP
from pages.widgets import paging
from pages.widgets.data_table import table
from pages.widgets.text import plain

WHICH: dict[Which, str] = {"last": "Last", "max": "Highest", "min": "Lowest"}
A_PAGE = 100
NAMED = 4  # settings in a cell
KEPT = 16  # tables, for all tabs
_tables: Cache[list[GroupRow]] = Cache(KEPT)
COLUMNS = (
    {"key": "name", "label": "Group", "kind": "link"},
    {"key": "differs", "label": "What differs", "kind": "text"},
    {"key": "n", "label": "n", "kind": "number"},
    {"key": "mean", "label": "Mean", "kind": "number"},
    {"key": "median", "label": "Median", "kind": "number"},
    {"key": "iqm", "label": "IQM", "kind": "number"},
    {"key": "out", "label": "Not counted", "kind": "text"},
    {"key": "runs", "label": "Runs", "kind": "number"},
    {"key": "states", "label": "State", "kind": "text"},
)
MEMBER_COLUMNS = (
    {"key": "state", "label": "State", "kind": "state"},
    {"key": "name", "label": "Member", "kind": "link"},
    {"key": "value", "label": "Value", "kind": "number"},
    {"key": "why", "label": "Not counted, because", "kind": "text"},
    {"key": "params", "label": "Params", "kind": "text"},
)


def show(what: Comparison, opened: str) -> None:
    """Shows the groups, and the members of the one that is opened."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader("Groups", width="content")
        which = _which(what)
    name = (tuple(run.id for run in what.runs), _by(what), what.key, which)
    rows = _tables.get(name, lambda: _rows(what, which), _state(what))
    first = paging.place(A_PAGE, "groups", len(rows))
    link = _link()
    table(
        [_group(row, opened, link) for row in rows[first : first + A_PAGE]],
        _columns(rows),
        "groups_table",
        opened=open_group,
    )
    paging.pager(len(rows), A_PAGE, "groups")
    st.caption(_said(what, rows, which))
    for row in rows:
        if row.group.id == opened:
            _members(row, which)


def open_group(group_id: str) -> None:
    """Shows a group's members; asked again, hides them."""
    chart_options.keep("members_of", "" if st.query_params.get("members_of") == group_id else group_id, "")
    st.query_params.pop("member_page", None)


def _which(what: Comparison) -> Which:
    best = scores.direction(what.runs, what.key) or metric_goals.direction(what.key)
    words_of = {each: f"Best ({word.lower()})" if each == best else word for each, word in WHICH.items()}
    about = "Which value of each member's curve counts."
    return chart_options.choice("Value", words_of, "value", "value_of_groups", help=about)


def _by(what: Comparison) -> tuple[tuple[str, str], ...]:
    return tuple((group.id, group.label) for group in what.groups)


def _state(what: Comparison) -> Any:
    parts = tuple((run.state, len(run.trials), tuple(trial.state for trial in run.trials)) for run in what.runs)
    return charts.state_of(what.runs), parts


def _rows(what: Comparison, which: Which) -> list[GroupRow]:
    curves = compare_charts.by_member(what.runs, what.key, STEP)
    return [group_tables.row(group, curves, which) for group in what.groups]


def _columns(rows: Sequence[GroupRow]) -> list[dict[str, str]]:
    """Returns the columns that say something: none that is empty in every row, none that says a label twice."""
    empty = {
        "differs": all(_differs(row) in ("", row.group.label) for row in rows),
        "out": not any(row.left_out for row in rows),
    }
    return [column for column in COLUMNS if not empty.get(column["key"])]


def _group(row: GroupRow, opened: str, link: str) -> dict[str, Any]:
    group = row.group
    numbers = {name: _number(row, name) for name in ("mean", "median", "iqm")}
    return numbers | {
        "id": group.id, "name": f"{'▾' if group.id == opened else '▸'} {group.label}", "href": link + quote(group.id),
        "colour": palette.dot(group.ordinal), "differs": _differs(row), "n": {"value": row.n, "text": f"{row.n:,}"},
        "out": ", ".join(f"{many} {why}" for why, many in row.left_out.items()),
        "runs": {"value": len(group.runs), "text": f"{len(group.runs):,}"},
        "states": ", ".join(f"{many:,} {state}" for state, many in row.states.items()),
    }  # fmt: skip


def _link() -> str:
    """Returns this page's address but for the id of the group whose members are shown."""
    others = {name: value for name, value in st.query_params.to_dict().items() if name != "members_of"}
    return f"?{urlencode(others)}&members_of="


def _differs(row: GroupRow) -> str:
    settings = [said(key, value) for key, value in row.group.settings.items()]
    return ", ".join(settings[:NAMED]) + (f" and {len(settings) - NAMED} more" if len(settings) > NAMED else "")


def _number(row: GroupRow, name: Any) -> dict[str, Any]:
    each = row.intervals.get(name)
    if each is None:
        return {"value": None, "text": "–", "title": ""}
    text = words.number(each.center)
    if each.n > 1:
        text += f"  [{words.number(each.low)}, {words.number(each.high)}]"
    return {
        "value": each.center,
        "text": text,
        "title": f"of {each.n}, in brackets its 95 % interval" if each.n > 1 else "one member: no interval",
    }


def _said(what: Comparison, rows: Sequence[GroupRow], which: Which) -> str:
    notes = [
        f"{WHICH[which]} value of {chart_options.said(what.key)}",
        "in brackets the 95 % interval by bootstrap over the members",
    ]
    if single := sum(row.n == 1 for row in rows):
        notes.append(f"{single:,} of {len(rows):,} with one member: no interval, for a single one says nothing of luck")
    if out := sum(len(row.values) - row.n for row in rows):
        notes.append(f"{out:,} member{'s are' if out > 1 else ' is'} not counted: NaN, failed or without a value")
    notes.append("a click on a group shows its members")
    return plain(" · ".join(notes))


def _members(row: GroupRow, which: Which) -> None:
    st.markdown(f"**Members of {plain(row.group.label)}**")
    first = paging.place(A_PAGE, "member_page", len(row.values))
    rows = []
    for each in row.values[first : first + A_PAGE]:
        run, trial, state = each.member.run, each.member.trial, group_tables.state_of(each.member)
        rows.append({
            "id": f"{run.id}.{trial.number}", "href": f"/run?id={run.id}", "name": f"{run.name} · {each.member.name}",
            "state": {"state": state, "icon": ICONS[state], "label": state},
            "value": {"value": None if each.why else each.value, "text": "–" if each.why else words.number(each.value)},
            "why": each.why or "", "params": ", ".join(said(key, value) for key, value in trial.params.items()),
        })  # fmt: skip
    columns = [{**column, "label": WHICH[which]} if column["key"] == "value" else column for column in MEMBER_COLUMNS]
    shown = [column for column in columns if column["kind"] != "text" or any(each[column["key"]] for each in rows)]
    table(
        rows, shown, "members_table", opened=lambda place: actions.go("pages/watch/run.py", id=place.rpartition(".")[0])
    )
    paging.pager(len(row.values), A_PAGE, "member_page")
