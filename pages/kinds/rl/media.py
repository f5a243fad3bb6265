"""Agents of several runs side by side: each plays an episode as a video, and shows the table it has learned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from backend import words
from backend.analysis import q_tables
from backend.analysis.q_tables import Table
from backend.api import rl
from backend.api.rl import Played
from backend.catalog import grids
from backend.figures import q_tables as figures
from backend.model import Checkpoint, Run
from pages.kinds.rl.q_table import environment_of, grid_of
from pages.runs import chart_options
from pages.runs.charts import Board
from pages.runs.kinds import view
from pages.widgets import live, paging
from pages.widgets.component import component
from pages.widgets.episode_video import episode_video
from pages.widgets.figure_plot import figure_plot
from pages.widgets.text import plain

A_PAGE, A_ROW = 6, 3
AT_ONCE = 2  # episodes that are played at a time: each takes a process that loads its library
RUN, SEED = "run", "seed"
BEST, LAST = "best", "last"
LOOK = 1.0  # seconds between two looks whether an episode has been played
TABLE_HEIGHT = 330  # pixels
WITHIN = "all_agents"
VALUES, VISITS, POLICY = "values", "visits", "greedy action"
_play_all = component("play", "kinds/rl/play_all.js", "kinds/rl/play_all.css")


@dataclass(frozen=True)
class SelectedAgent:
    """What one place shows: of a run or one of its seeds, the checkpoint that was asked for, if it keeps one."""

    run: Run
    seed: int | None
    kept: Checkpoint | None

    @property
    def key(self) -> str:
        return f"{self.run.id}_{self.seed}"


def agents(runs: Sequence[Run], _board: Board) -> None:
    """Shows the agents of runs; which ones, whose checkpoints and which episode is in the URL."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        per = chart_options.choice("agents", {RUN: "One agent per run", SEED: "One per seed"}, "agents", "media_agents")
        which = chart_options.choice("kept", {BEST: "Best checkpoint", LAST: "Last"}, "kept", "media_kept")
        episode = _episode()
        _play_all(key="play_all", data={"within": WITHIN}, width="content")
    selected_agents = [agent for run in runs for agent in _of(run, per, which)]
    paging.pager(len(selected_agents), A_PAGE, "agent")
    place = paging.place(A_PAGE, "agent", len(selected_agents))
    shown = selected_agents[place : place + A_PAGE]
    choices = _choices(shown)
    with st.container(key=WITHIN):
        _cards(shown, episode, choices)


def _episode() -> int:
    episode = paging.number("episode")
    chosen = st.number_input(
        "Episode (seed)",
        min_value=0,
        max_value=10**8,
        value=1 if episode is None else min(episode, 10**8),
        step=1,
        key="media_episode",
        width=140,
        help="Another seed, another beginning: all agents of an environment begin from the same.",
    )
    return int(chart_options.keep("episode", str(int(chosen)), "1"))


def _of(run: Run, per: str, which: str) -> list[SelectedAgent]:
    """Returns a run's agent of all its seeds, or one of each."""
    checkpoints = rl.checkpoints(run.id)
    if per == RUN:
        best = _chosen(checkpoints, which)
        return [
            SelectedAgent(
                run, run.trials[best.trial].seed if best else next((trial.seed for trial in run.trials), None), best
            )
        ]
    by_trial = {trial.number: [each for each in checkpoints if each.trial == trial.number] for trial in run.trials}
    return [SelectedAgent(run, trial.seed, _chosen(by_trial[trial.number], which)) for trial in run.trials]


def _chosen(checkpoints: Sequence[Checkpoint], which: str) -> Checkpoint | None:
    """Returns the best checkpoint by what it is judged by, or the newest; None of none."""
    if which == LAST:
        return max(checkpoints, key=lambda each: (each.iteration, each.at), default=None)
    scored = [each for each in checkpoints if each.score is not None]
    return max(
        scored or checkpoints,
        key=lambda each: (each.is_best, each.score if each.score is not None else each.iteration),
        default=None,
    )


def _is_pending(agent: SelectedAgent, episode: int) -> bool:
    return agent.kept is not None and not rl.is_played(agent.kept, episode)


def _cards(shown: Sequence[SelectedAgent], episode: int, choices: dict[str, Any]) -> None:
    """Shows the agents in rows; no more than AT_ONCE play at a time, the others wait for their turn."""
    playing = 0
    for row in range(0, len(shown), A_ROW):
        for column, agent in zip(st.columns(min(A_ROW, len(shown))), shown[row : row + A_ROW], strict=False):
            with column:
                _head(agent)
                if _is_pending(agent, episode) and playing >= AT_ONCE:
                    st.info("It plays when those before it have.", icon=":material/schedule:")
                elif agent.kept is not None:
                    played = rl.play(agent.kept, episode)
                    playing += played is None
                    _video(agent.kept, played, episode)
                else:
                    st.info("No checkpoint is kept of it, so nothing can play.", icon=":material/videocam_off:")
                if rl.keeps_table(agent.run):
                    _table(agent, choices)


def _head(agent: SelectedAgent) -> None:
    checkpoint = agent.kept
    facts = [view(agent.run).subject(agent.run)] + ([f"seed {agent.seed}"] if agent.seed is not None else [])
    if checkpoint is not None:
        facts += [f"iteration {checkpoint.iteration:,}"] + (
            [f"score {words.number(checkpoint.score)}"] if checkpoint.score is not None else []
        )
    st.markdown(f"**[{plain(agent.run.name)}](/run?id={agent.run.id}&tab=Watch)**  \n{plain(' · '.join(facts))}")


def _video(checkpoint: Checkpoint, played: Played | None, episode: int) -> None:
    if played is None:
        st.info("It plays; the video is drawn meanwhile.", icon=":material/hourglass_top:")
        live.again(LOOK)
    elif played.error:
        st.error(plain(played.error), icon=":material/error:")
        st.button(
            "Try again",
            key=f"again/{checkpoint.name}",
            icon=":material/replay:",
            on_click=rl.forget,
            args=("episode", checkpoint, episode),
        )
    else:
        record = played.told
        if played.video:
            episode_video(played.video, checkpoint.name)
        else:
            st.info(plain(record["silent"]), icon=":material/videocam_off:")
        st.caption(
            f"Return {words.number(record['total'])} in {len(record['rewards']):,} env steps; {record['ended']}."
        )


def _choices(shown: Sequence[SelectedAgent]) -> dict[str, Any]:
    """Lets a person choose what tables show, once for all of them."""
    tabular = [agent.run for agent in shown if rl.keeps_table(agent.run)]
    if not tabular:
        return {}
    with st.container(horizontal=True, vertical_alignment="center"):
        pictures = {VALUES: "Table: values", VISITS: "visits", POLICY: "greedy action"}
        chosen: dict[str, Any] = {"what": chart_options.choice("table", pictures, "table", "media_table")}
        for grid in {id(grid): grid for run in tabular if (grid := grid_of(run))}.values():
            for place, (name, values) in enumerate(grid.choices.items()):
                first = values[place % len(values)]
                chosen[name] = (
                    st.segmented_control(
                        name, values, default=first, required=True, key=f"media_{name}", bind="query-params"
                    )
                    or first
                )
    return chosen


@st.cache_resource(show_spinner=False, max_entries=64)
def _read(path: str) -> Table:
    return q_tables.read(Path(path))


def _table(agent: SelectedAgent, choices: dict[str, Any]) -> None:
    """Shows the table that an agent had at its checkpoint, or the newest."""
    paths = rl.snapshots(agent.run.id, agent.seed) if agent.seed is not None else []
    if not paths:
        st.caption("It has left no table.")
        return
    try:
        table = _read(str(q_tables.nearest(paths, agent.kept.iteration if agent.kept else None)))
    except (FileNotFoundError, ValueError):  # it made room for others just now
        st.caption("That table has just made room for a newer one.")
        return
    figure_plot(_picture(agent.run, table, choices).update_layout(height=TABLE_HEIGHT), f"media_table_{agent.key}")
    st.caption(f"The table after {table.episodes:,} episodes and {table.env_steps:,} env steps.")


def _picture(run: Run, table: Table, choices: dict[str, Any]) -> Any:
    """Returns the figure of a table: on its map, as a slice of cells, or row by row."""
    grid, what, environment = grid_of(run), choices["what"], environment_of(run)
    actions = grids.actions(environment, table.q.shape[1])
    if table.cells is not None:
        names = grids.dimensions(environment, table.cells.dimensions)
        axes = grids.telling(environment) if len(names) > 1 else (0, 0)
        shown, titles = q_tables.cut(table, *axes), (names[axes[0]], names[axes[1]])
        if what == VALUES:
            return figures.value_slice(shown, titles, actions, run.ordinal)
        return (figures.visit_slice if what == VISITS else figures.policy_slice)(shown, titles, actions)
    if grid is not None and grid.states == len(table.q):
        on_map = q_tables.on_map(table, grid, choices)
        return figures.visit_map(on_map, grid) if what == VISITS else figures.value_map(on_map, grid, run.ordinal)
    return figures.plain_table(q_tables.as_rows(table, 0, 50), actions, 0, run.ordinal)
