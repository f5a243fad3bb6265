"""The tab of a tabular run that shows its table: values, the greedy policy and visits, at
any moment of the training."""

from pathlib import Path

import streamlit as st

from backend.analysis import q_tables
from backend.analysis.q_tables import Table
from backend.api import rl
from backend.catalog import grids
from backend.catalog.grids import Grid
from backend.figures import q_grids
from backend.figures import q_tables as figures
from backend.model import Run
from backend.model.stored import stored
from pages.runs.charts import Board
from pages.widgets.figure_plot import figure_plot

NEWEST = "newest"
ROWS = 50  # states of a plain table shown at once
KEPT = 256


def table_tab(run: Run, _board: Board) -> None:
    """Shows the table of one seed; seed, moment and what is shown are in the URL."""
    bar = st.container(horizontal=True, vertical_alignment="bottom")
    seeds = [str(trial.seed) for trial in run.trials]
    seed = bar.selectbox("Seed", seeds, key="table_seed", bind="query-params", width=100)
    paths = rl.snapshots(run.id, int(seed or seeds[0]))
    if not paths:
        _nothing(run)
        return
    with bar:
        chosen = _moment(paths, run)
    try:
        table = _read(str(q_tables.nearest(paths, chosen)))
    except (FileNotFoundError, ValueError):  # it made room for others just now, or seeds began anew
        st.caption("That table has just made room for a newer one.")
        return
    moment = f"After {table.episodes:,} episodes and {table.env_steps:,} env steps"
    if table.cells is not None:
        _slices(run, table, moment)
    elif (grid := grid_of(run)) and grid.states == len(table.q):
        _map(run, table, grid, moment)
    else:
        _rows(run, table, moment)


def grid_of(run: Run) -> Grid | None:
    """Returns the map of a run's environment, where we know one."""
    spec = stored(run.spec)
    return grids.grid_of(spec.text("environment"), spec.part("environment_options").content)


def environment_of(run: Run) -> str:
    return stored(run.spec).text("environment")


def _nothing(run: Run) -> None:
    if run.is_over:
        st.info(
            "This run left no tables: it is from an earlier version, or ended before its first report.",
            icon=":material/grid_off:",
        )
    else:
        st.info("The table appears here with this seed's first report.", icon=":material/hourglass_empty:")


def _moment(paths: list[Path], run: Run) -> int | None:
    """Lets a person choose an iteration; None follows the newest. One that has made room for others stays chosen."""
    there = [str(int(path.stem)) for path in paths[:-1]]
    moment = st.session_state.get("table_at", st.query_params.get("table_at", NEWEST))
    if moment != NEWEST and moment not in there and str(moment).isdecimal():
        there = sorted([*there, str(moment)], key=int)
    chosen = st.select_slider(
        "Iteration",
        [*there, NEWEST],
        value=NEWEST,
        key="table_at",
        bind="query-params",
        help="The table at this report of the training; the last follows the run."
        if not run.is_over
        else "The table at this report.",
    )
    return None if chosen == NEWEST else int(str(chosen))


@st.cache_resource(show_spinner=False, max_entries=KEPT)
def _read(path: str) -> Table:
    return q_tables.read(Path(path))


def _map(run: Run, table: Table, grid: Grid, moment: str) -> None:
    chosen = {}
    if grid.choices:
        with st.container(horizontal=True):
            for place, (name, values) in enumerate(grid.choices.items()):
                first = values[place % len(values)]  # a passenger who is where they want to go needs no taxi
                picked = st.segmented_control(
                    name.capitalize(), values, default=first, required=True, key=f"table_{name}", bind="query-params"
                )
                chosen[name] = picked or first
    shown = q_tables.on_map(table, grid, chosen)
    st.caption(f"{moment} · {_legend(grid)}")
    left, right = (st.container(), st.container()) if q_grids.is_wide(grid) else st.columns(2)
    with left:
        st.markdown("###### Values and greedy policy")
        figure_plot(figures.value_map(shown, grid, run.ordinal), f"table_values_{run.id}")
    with right:
        st.markdown("###### Visits")
        figure_plot(figures.visit_map(shown, grid), f"table_visits_{run.id}")


def _legend(grid: Grid) -> str:
    letters = [] if grid.choices else [letter for letter in grids.MEANINGS if letter in grid.letters.values()]
    named = "".join(f"{letter}: {grids.MEANINGS[letter]}, " for letter in letters)
    return f"{named}several arrows: as good as each other, empty: never visited."


def _slices(run: Run, table: Table, moment: str) -> None:
    cells = table.cells
    if cells is None:
        return
    names = grids.dimensions(environment_of(run), cells.dimensions)
    axes = _axes(names, grids.telling(environment_of(run)))
    hidden = [name for place, name in enumerate(names) if place not in axes]
    mean = f" Mean over the visited cells of {', '.join(hidden)}." if hidden else ""
    st.caption(f"{moment}: {len(table.q):,} {'cells' if cells.tilings == 1 else 'tiles'} were met.{mean}")
    shown = q_tables.cut(table, *axes)
    titles = names[axes[0]], names[axes[1]]
    actions = grids.actions(environment_of(run), table.q.shape[1])
    pictures = {
        "Values": figures.value_slice(shown, titles, actions, run.ordinal),
        "Greedy action": figures.policy_slice(shown, titles, actions),
        "Visits": figures.visit_slice(shown, titles, actions),
    }
    for column, (title, figure) in zip(st.columns(3), pictures.items(), strict=True):
        with column:
            st.markdown(f"###### {title}")
            figure_plot(figure, f"table_{title}_{run.id}")


def _axes(names: list[str], first: tuple[int, int]) -> tuple[int, int]:
    """Lets a person choose two dimensions, which differ; of one there is only that."""
    if len(names) == 1:
        return 0, 0
    with st.container(horizontal=True):
        across = st.selectbox("Across", names, index=first[0], key="table_x", bind="query-params", width=220)
        others = [name for name in names if name != across]
        start = names[first[1]] if names[first[1]] in others else others[0]
        up = st.selectbox("Up", others, index=others.index(start), key="table_y", bind="query-params", width=220)
    return names.index(across), names.index(up)


def _rows(run: Run, table: Table, moment: str) -> None:
    many = len(table.q)
    first = 0
    if many > ROWS:
        first = int(
            st.number_input("First state", 0, many - 1, 0, ROWS, key="table_first", bind="query-params", width=160)
        )
    st.caption(f"{moment}. A row is a state, a column an action; what was never done is empty.")
    actions = grids.actions(environment_of(run), table.q.shape[1])
    figure_plot(
        figures.plain_table(q_tables.as_rows(table, first, ROWS), actions, first, run.ordinal), f"table_rows_{run.id}"
    )
