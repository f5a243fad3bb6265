"""Charts of runs: read, figure, live plot. A figure is computed once for each state of its data, for all tabs."""

from collections.abc import Sequence

import streamlit as st

from backend import api
from backend.analysis.curves import Curve
from backend.api import Run
from backend.catalog import metrics
from backend.catalog.environments import ENVIRONMENTS
from backend.figures import lines
from pages.components.live_plot import live_plot

AXES = {"env_steps": "Env steps", "iteration": "Iteration", "time_s": "Time"}
_AXIS_TITLES = {"env_steps": "env steps", "iteration": "iteration", "time_s": "training time (s)"}


def axis_choice(key: str) -> str:
    """Lets a person choose the x axis; it is kept in the URL."""
    chosen = st.segmented_control(
        "x axis", list(AXES), format_func=AXES.__getitem__, default="env_steps", required=True,
        key=key, bind="query-params", label_visibility="collapsed",
    )  # fmt: skip
    return chosen or "env_steps"


def run_chart(run: Run, key: str, axis: str, plot_key: str, *, small: bool = False) -> None:
    """Shows one metric of a run: a line for each seed and their mean."""
    seeds = tuple(trial.seed for trial in run.trials)
    figure, caption = _run_figure(run.id, run.reports, run.ordinal, seeds, key, axis, small, _solved_at(run, key))
    live_plot(figure, plot_key, lines.SMALL_HEIGHT if small else lines.HEIGHT)
    st.caption(caption)


def compare_chart(runs: Sequence[Run], key: str, axis: str, plot_key: str) -> None:
    """Shows one metric of several runs, each in its own colour."""
    goals = {_solved_at(run, key) for run in runs}
    state = tuple((run.id, run.reports, run.ordinal, run.name, tuple(trial.seed for trial in run.trials)) for run in runs)
    figure, caption = _compare_figure(state, key, axis, goals.pop() if len(goals) == 1 else None)
    live_plot(figure, plot_key, lines.HEIGHT)
    st.caption(caption)


def _solved_at(run: Run, key: str) -> float | None:
    known = ENVIRONMENTS.get(run.spec.get("environment", ""))
    return known.solved_at if known and key == metrics.REWARD else None


@st.cache_data(max_entries=256, show_spinner=False)
def _run_figure(
    run_id: str, reports: int, ordinal: int, seeds: tuple[int, ...], key: str, axis: str, small: bool, solved_at: float | None
) -> tuple[str, str]:
    curves = api.trial_curves([run_id], [key], axis)
    names = [f"seed {seeds[curve.trial]}" for curve in curves]
    title = metrics.title(key) if small else metrics.unit(key)
    figure = lines.seeds(lines.Group("", ordinal, curves, names), _AXIS_TITLES[axis], title or metrics.title(key), solved_at)
    if small:
        figure.update_layout(height=lines.SMALL_HEIGHT)
    return str(figure.to_json()), _caption(curves)


@st.cache_data(max_entries=64, show_spinner=False)
def _compare_figure(
    state: tuple[tuple[str, int, int, str, tuple[int, ...]], ...], key: str, axis: str, solved_at: float | None
) -> tuple[str, str]:
    curves = api.trial_curves([run_id for run_id, *_ in state], [key], axis)
    groups = []
    for run_id, _, ordinal, name, seeds in state:
        mine = [curve for curve in curves if curve.run_id == run_id]
        groups.append(lines.Group(f"{name} ({run_id})", ordinal, mine, [f"seed {seeds[curve.trial]}" for curve in mine]))
    figure = lines.overlay(groups, _AXIS_TITLES[axis], metrics.unit(key) or metrics.title(key), solved_at)
    return str(figure.to_json()), _caption(curves)


def _caption(curves: Sequence[Curve]) -> str:
    return lines.caption(curves) if any(len(curve.y) for curve in curves) else "The first report has not come yet."
