"""Compare: in which settings, packages, machines and lines of code the runs differ."""

from collections.abc import Sequence

import streamlit as st

from backend.analysis import diff
from backend.analysis.diff import Setting, TextLine
from backend.api import export
from backend.figures import palette
from backend.model import Run
from pages.compare.parts.comparison import Comparison
from pages.runs import chart_options
from pages.runs.charts import Board
from pages.widgets.markup import markup

RUNS, GROUPS = "runs", "groups"
BESIDE, BELOW = "beside", "below"


def show(what: Comparison, _board: Board) -> None:
    """Shows settings side by side, a column for each run or group, and the text of two runs' own code."""
    with st.container(horizontal=True, vertical_alignment="center"):
        offered = {RUNS: "A column per run", GROUPS: "per group"}
        per = chart_options.choice("A column for each", offered, "per", "choice_per") if _folds(what) else RUNS
        every = st.toggle("Show what is equal, too", key="all_settings", bind="query-params")
    rows = diff.of_groups(what.groups) if per == GROUPS else diff.of_runs(what.runs)
    shown = rows if every else [row for row in rows if row.differs]
    columns = _groups(what) if per == GROUPS else _runs(what.runs)
    if len(columns) == 1:
        st.info("There is one column only: choose another run above to see what differs.", icon=":material/difference:")
    elif not shown:
        st.info(f"They differ in none of {len(rows)} settings, packages and machines.", icon=":material/check:")
    if shown:
        markup(
            "compare/parts/diff",
            "diff",
            columns=columns,
            rows=shown,
            parts=list(dict.fromkeys(row.part for row in shown)),
        )
        st.caption(_said(rows, len(columns)))
    _code(what.runs)


def _folds(what: Comparison) -> bool:
    return len(what.groups) != len(what.runs)


def _said(rows: Sequence[Setting], columns: int) -> str:
    many = sum(row.differs for row in rows)
    tinted = " Tinted: what is not as in the first column." if columns > 1 and many else ""
    return f"{many} of {len(rows)} settings, packages and machines differ.{tinted}"


def _runs(runs: Sequence[Run]) -> list[dict[str, str]]:
    return [
        {"label": run.name, "about": run.id, "href": f"/run?id={run.id}", "colour": palette.dot(run.ordinal)}
        for run in runs
    ]


def _groups(what: Comparison) -> list[dict[str, str]]:
    def about(runs: int, members: int) -> str:
        return f"{runs} run{'s' if runs > 1 else ''}" + (f", {members} repetitions" if members > 1 else "")

    return [
        {
            "label": each.label,
            "about": about(len(each.runs), len(each.members)),
            "href": "",
            "colour": palette.dot(each.ordinal),
        }
        for each in what.groups
    ]


def _code(runs: Sequence[Run]) -> None:
    """The text of two runs' own code, and what changed between them."""
    with_code = {run.id: run for run in runs if run.workload_hash}
    if not with_code:
        return
    st.markdown("##### Code of one's own")
    if len(with_code) == 1:
        st.caption(f"Only {next(iter(with_code))} ran code of one's own.")
        return
    hashes = {run.workload_hash for run in with_code.values()}
    if len(hashes) == 1:
        st.caption(f"All {len(with_code)} that have some ran the same.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        left = _pick("Left", with_code, 0, "left")
        other = next(
            place for place, run in enumerate(with_code.values()) if run.workload_hash != with_code[left].workload_hash
        )
        right = _pick("Right", with_code, other, "right")
        look = chart_options.choice("How", {BESIDE: "Side by side", BELOW: "Unified"}, "code_as", "choice_code_as")
    text_lines = _compared(left, right)
    if not text_lines:
        st.caption("These two ran the same text.")
        return
    markup(
        "compare/parts/code_diff",
        "code_diff",
        pairs=text_lines if look == BESIDE else None,
        below=diff.unified(text_lines),
    )


def _pick(label: str, runs: dict[str, Run], first: int, name: str) -> str:
    """Lets a person choose a run by what tells it; the URL keeps it where it is not the one offered."""
    ids = list(runs)
    url_id = st.query_params.get(name, ids[first])
    chosen = st.selectbox(
        label,
        ids,
        index=ids.index(url_id) if url_id in ids else first,
        key=f"{name}_{'_'.join(ids)}_{ids[first]}",
        width=300,
        format_func=lambda run_id: f"{runs[run_id].name} · {run_id}",
        label_visibility="collapsed",
    )
    return chart_options.keep(name, chosen, ids[first])


@st.cache_data(show_spinner=False, max_entries=64)
def _compared(left: str, right: str) -> list[TextLine]:
    """What a run ran never changes."""
    return diff.lines(export.code(left), export.code(right))
