"""The Runs page: a query, its table, and what can be done with it. All of it is in the URL."""

from dataclasses import dataclass

import streamlit as st

from backend import api
from backend.api import find
from backend.api.find import Order, RunsPage
from backend.errors import InvalidQuery
from pages.find import all_matching
from pages.find.query_help import query_help
from pages.find.saved_views import views_menu
from pages.runs import actions, annotate, chart_options, examples
from pages.runs.table import OFFERED, found_table
from pages.widgets import errors, paging
from pages.widgets.query_box import query_box
from pages.widgets.text import plain

STATES = ["queued", "running", "succeeded", "failed", "stopped", "lost"]
USUAL = ("kind", "what", "best", "last", "curve", "took", "started", "tags", "why")


@dataclass(frozen=True)
class ListQuery:
    """What the URL asks for."""

    query: str
    states: tuple[str, ...]
    order: Order
    columns: tuple[str, ...]

    def found(self) -> RunsPage:
        """Returns the page of the URL.

        Raises:
            InvalidQuery
        """
        offset = paging.place(find.A_PAGE, "page")
        return find.page(
            self.query, self.order, states=self.states, offset=offset, columns=[*self.columns, self.order.name]
        )


def ask(tools: st.delta_generator.DeltaGenerator) -> ListQuery:
    """Lets a person say what they look for."""
    query = st.query_params.get("q", "")
    list_query = ListQuery(query, tuple(st.session_state.get("state") or ()), _order(), _columns())
    box = st.container()
    states = st.pills(
        "State",
        STATES,
        selection_mode="multi",
        key="state",
        bind="query-params",
        label_visibility="collapsed",
        on_change=_first_page,
    )
    with tools.container(horizontal=True, horizontal_alignment="right", vertical_alignment="center"):
        query_help()
        _choose_columns(list_query.columns)
        views_menu()
    with box:
        query_box(query, find.vocabulary(), _problem(list_query), "query", _search)
    return ListQuery(query, tuple(states or ()), list_query.order, list_query.columns)


def _problem(list_query: ListQuery) -> InvalidQuery | None:
    try:
        list_query.found()
    except InvalidQuery as error:
        return error
    return None


def _order() -> Order:
    name = st.query_params.get("sort", "created")
    return Order(name, "up" not in st.query_params) if find.can_sort(name) else find.NEWEST


def _columns() -> tuple[str, ...]:
    return chart_options.listed("cols") if "cols" in st.query_params else USUAL


def _first_page() -> None:
    st.query_params.pop("page", None)


def _search(query: str) -> None:
    _first_page()
    if query.strip():
        st.query_params["q"] = query
    else:
        st.query_params.pop("q", None)
    st.rerun()


def _sort(name: str) -> None:
    before = _order()
    down = not before.down if before.name == name else name not in ("name", "state", "kind")
    st.query_params["sort"] = name
    if down:
        st.query_params.pop("up", None)
    else:
        st.query_params["up"] = "1"
    _first_page()
    st.rerun()


def _choose_columns(present: tuple[str, ...]) -> None:
    with st.popover("Columns", icon=":material/view_column:", key="columns"):
        columns = [name for name in present if name in OFFERED or find.is_column(name)]
        offered = dict.fromkeys(
            [*OFFERED, *(name for name in find.columns() if chart_options.SEPARATOR not in name), *columns]
        )
        key = f"cols_{hash(tuple(columns))}"
        st.multiselect(
            "Columns",
            list(offered),
            default=columns,
            key=key,
            on_change=_set_columns,
            args=(key,),
            accept_new_options=True,
            placeholder="choose params and metrics",
            help=(
                "Of a metric: its last and best value, the mean of its last ten, min and max. Type “metrics.….mean25”"
                " and Enter for the mean of the last 25."
            ),
        )
        st.button("The usual ones", key="cols_usual", type="tertiary", on_click=_usual_columns)


def _set_columns(key: str) -> None:
    chosen = [name.strip() for name in st.session_state[key]]
    unknown = [name for name in chosen if name not in OFFERED and not find.is_column(name)]
    if unknown:
        st.toast(f"There is no column {plain(', '.join(unknown))}.", icon=":material/help:")
    st.query_params["cols"] = chart_options.SEPARATOR.join(name for name in chosen if name not in unknown)


def _usual_columns() -> None:
    st.query_params.pop("cols", None)


def _act(what: str, on: str) -> None:
    """A click in a cell: a star of a run, or a tag to find others by."""
    with errors.kept():
        if what == "star":
            find.star([on], any(not run.starred for run in find.some([on])))
        else:
            _search(annotate.tagged(on))
    st.rerun()


def show(list_query: ListQuery) -> None:
    """Shows what was found, as it is now."""
    try:
        runs_page = list_query.found()
    except InvalidQuery:
        if not list_query.query:
            raise
        st.caption("Nothing is shown until the query can be read.")
        return
    if not runs_page.total:
        _nothing(list_query)
        return
    bar = st.container(horizontal=True, vertical_alignment="center", gap="small")
    ticked = found_table(runs_page, list_query.columns, "runs", list_query.order, sorted_by=_sort, acted=_act)
    actions.on_selection(bar, ticked, runs_page.total)
    if runs_page.total > len(runs_page.runs):
        with bar:
            all_matching.menu(list_query.query, list_query.states, runs_page.total)
    paging.pager(runs_page.total, find.A_PAGE, "page")


def _nothing(list_query: ListQuery) -> None:
    if not list_query.query and not list_query.states and not api.runs("archived", limit=1):
        examples.cards("No runs yet. Start with one of these:")
        return
    hidden = (
        api.runs(f"({list_query.query}) and archived" if list_query.query else "archived", limit=1)
        if "archived" not in list_query.query
        else []
    )
    more = " There are some in the archive; add: and archived." if hidden and list_query.query else ""
    st.info(f"No run matches. Change the query or the states above.{more}", icon=":material/search_off:")
