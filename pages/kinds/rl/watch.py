"""Watch the agent: a checkpoint plays one episode, as a video with each step's reward and action; two side by side."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from backend.api import rl
from backend.model import Checkpoint, Run, goals
from backend.model.stored import stored
from pages.kinds.rl.players import MOST, players, show
from pages.runs.charts import Board

X = {"step": "env_steps", "iteration": "iteration", "time_s": "time_s"}
FORMATS: dict[str, Any] = {"iteration": "localized", "env steps": "localized", "size": "bytes"}  # of columns of numbers


def tab(run: Run, board: Board) -> None:
    """The checkpoints a run keeps; a click on one or two rows plays them."""
    checkpoints = sorted(rl.checkpoints(run.id), key=lambda each: not each.is_best)  # the best of each seed first
    if not checkpoints:
        every = int(stored(run.spec).part("checkpoints").number("every") or 0)
        st.caption(
            f"No checkpoint is kept yet: the first comes with iteration {every}."
            if every and not run.is_over
            else "None is kept."
        )
        return
    st.caption(
        "Choose a row to watch that agent play, two to lay them side by side. A click on the reward curve does the"
        " same."
    )
    _warm(run)
    by_hand = rl.evaluations(run.id)
    rows = pd.DataFrame([_row(run, each, by_hand.get((each.trial, each.iteration), {})) for each in checkpoints])
    st.session_state["watch_rows"] = [each.name for each in checkpoints]
    st.dataframe(
        rows.dropna(axis="columns", how="all"),
        hide_index=True,
        width="stretch",
        key="checkpoints",
        selection_mode="multi-row",
        on_select=_select,
        placeholder="–",
        column_config={name: st.column_config.NumberColumn(name, format=shown) for name, shown in FORMATS.items()},
    )
    players(run, board)


def _warm(run: Run) -> None:
    """Once for each run that is opened: a click then need not wait until a helper has imported what it needs."""
    warmed = st.session_state.setdefault("warmed", set())
    if run.id not in warmed:
        warmed.add(run.id)
        if rl.checkpoints(run.id):
            rl.warm_soon(run)


def _row(run: Run, checkpoint: Checkpoint, by_hand: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "seed": run.trials[checkpoint.trial].seed,
        "iteration": checkpoint.iteration,
        "env steps": checkpoint.metrics.get("env_steps"),
        "evaluation": checkpoint.metrics.get("eval/return_mean"),
        "held out": checkpoint.metrics.get(goals.HELD_OUT),
        "reward in training": checkpoint.metrics.get("return_mean"),
        "best": "★" if checkpoint.is_best else "",
        "by hand": f"{by_hand['mean']:.4g} over {by_hand['episodes']} episodes" if by_hand else None,
        "size": checkpoint.bytes,
    }


def _select() -> None:
    rows = st.session_state["checkpoints"]["selection"]["rows"]
    names = st.session_state["watch_rows"]
    show([names[row] for row in rows if row < len(names)][-MOST:])


def picker(run: Run, axis: str) -> Callable[[Mapping[str, Any]], None]:
    """Returns what a click on the reward curve does: the nearest checkpoint plays, of the seed whose line was hit."""

    if run.is_over:  # while it trains its own work comes first
        _warm(run)

    def picked(where: Mapping[str, Any]) -> None:
        checkpoints = rl.checkpoints(run.id)
        numbers = {f"seed {trial.seed}": trial.number for trial in run.trials}
        mine = [
            each for each in checkpoints if each.trial == numbers.get(str(where.get("name")), each.trial)
        ] or checkpoints
        if mine:
            show([min(mine, key=lambda each: abs(_x(run, each, axis) - float(where["x"]))).name])

    return picked


def _x(run: Run, checkpoint: Checkpoint, axis: str) -> float:
    if axis == "time":
        return checkpoint.at - (run.started_at or run.created_at)
    return float(checkpoint.iteration if axis == "iteration" else checkpoint.metrics.get(X.get(axis, axis)) or 0)
