"""The parts of a run's page."""

import time

import pandas as pd
import streamlit as st

from backend import api, specs
from backend.analysis import progress, words
from backend.api import Run
from backend.catalog import metrics
from backend.catalog.environments import ENVIRONMENTS
from backend.figures.lines import Display
from pages.components import chart_options, charts
from pages.components.badges import shown_state, state_badge
from pages.components.charts import Board
from pages.components.run_table import waits_for
from pages.components.spec_text import spec_text
from pages.components.text import plain

LOG_LINES = 200


def header(run: Run) -> None:
    """One line that says everything: what, state, how long, how much left."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader(plain(run.name), width="content", anchor=False)
        state_badge(run)
    now = time.time()
    seeds = len(run.trials)
    said = [
        f"{run.spec['algorithm']} · {run.spec['environment']}",
        f"{seeds} seed{'s' if seeds > 1 else ''}",
        f"{'started' if run.started_at else 'launched'} {words.clock(run.created_at)}",
    ]
    said.append(f"{'took' if run.is_over else 'for'} {words.duration(run.duration(now))}" if run.started_at else "not yet begun")
    if run.attempt > 1:
        said.append(f"attempt {run.attempt}")
    failed = sum(trial.state.value == "failed" for trial in run.trials)
    if failed:
        said.append(f"{failed} of {seeds} seeds failed")
    if waits := "" if run.is_over else waits_for(run):
        said.append(f"waits for {waits}")
    st.caption(plain(" · ".join(said)))


def problem(run: Run) -> None:
    """Why a run failed or was lost, with what to do."""
    if run.state.value not in ("failed", "lost"):
        return
    last = [line for line in run.error.strip().splitlines() if line.strip()][-1:] or ["no reason was recorded"]
    st.error(f"{plain(last[0])}  \nAll that was recorded is kept. Resume goes on from the last checkpoint.", icon=":material/error:")
    if run.traceback:
        with st.expander("Traceback"):
            st.code(run.traceback, language="python")


def progress_bar(run: Run) -> None:
    left = progress.seconds_left(run) if shown_state(run) == "running" else None
    told = progress.told(run) + (f" · about {words.duration(left)} left" if left is not None else "")
    st.progress(progress.share(run), told)


def numbers(run: Run) -> None:
    """Five numbers of equal height."""
    last = [trial.last for trial in run.trials if trial.last]
    columns = st.container(key="numbers").columns(5)
    solved_at = ENVIRONMENTS[run.spec["environment"]].solved_at
    columns[0].metric("Reward, mean of seeds", words.number(run.last), border=True, help="Mean episode return of the latest report.")
    columns[1].metric("Best reward", words.number(run.best), border=True, help="Highest mean episode return any seed reported.")
    if solved_at is None:
        columns[2].metric("Episodes", words.number(_sum(last, "episodes")), border=True, help="Played by all seeds together.")
    else:
        solved = sum(trial.best is not None and trial.best >= solved_at for trial in run.trials)
        about = "Seeds whose mean episode return reached what counts as solved."
        columns[2].metric(f"Solved (≥ {solved_at:g})", f"{solved} of {len(run.trials)} seeds", border=True, help=about)
    columns[3].metric("Env steps / s, per seed", words.number(_mean(last, "steps_per_second")), border=True)
    columns[4].metric("Episode length", words.number(_mean(last, "episode_length")), border=True, help="Mean over the latest episodes.")


def _sum(last: list[dict[str, float | None]], key: str) -> float | None:
    values = [value for each in last if (value := each.get(key)) is not None]
    return sum(values) if values else None


def _mean(last: list[dict[str, float | None]], key: str) -> float | None:
    total = _sum(last, key)
    return None if total is None else total / sum(each.get(key) is not None for each in last)


def tabs(run: Run, board: Board) -> None:
    """The details; only the open tab is computed. The tab is in the URL."""
    names = {"Reward": _reward, "Metrics": _metrics, "Trials": _trials, "Events": _events, "Log": _log, "Spec": _spec}
    shown = st.tabs(list(names), key="tab", on_change="rerun", bind="query-params")
    for tab, draw in zip(shown, names.values(), strict=True):
        if tab.open:
            with tab:
                draw(run, board)


def _options(run: Run) -> tuple[str, Display]:
    with st.container(horizontal=True, vertical_alignment="center"):
        return chart_options.x_axis(charts.axes_of([run])), chart_options.display()


def _reward(run: Run, board: Board) -> None:
    charts.run_chart(board, run, metrics.REWARD, *_options(run), f"reward_{run.id}")


def _metrics(run: Run, board: Board) -> None:
    keys = [key for key in api.metric_keys(run.id) if key not in (metrics.REWARD, "env_steps", "iteration", "time_s")]
    if not keys:
        st.caption("Nothing recorded yet.")
        return
    axis, display = _options(run)
    for heading in sorted({metrics.group(key) for key in keys}):
        st.markdown(f"##### {heading}")
        mine = [key for key in keys if metrics.group(key) == heading]
        for start in range(0, len(mine), 2):
            for column, key in zip(st.columns(2), mine[start : start + 2], strict=False):
                with column:
                    charts.run_chart(board, run, key, axis, display, f"{key}_{run.id}", small=True)


def _trials(run: Run, _board: Board) -> None:
    rows = [
        {
            "seed": trial.seed,
            "state": trial.state.value,
            "last reward": trial.last.get(metrics.REWARD),
            "best reward": trial.best,
            "episodes": trial.last.get("episodes"),
            "env steps": trial.last.get("env_steps"),
            "training time (s)": trial.last.get("time_s"),
            "checkpoint": trial.checkpoint,
        }
        for trial in run.trials
    ]
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content")
    for trial in run.trials:
        if trial.error:
            with st.expander(f"Seed {trial.seed} failed"):
                st.code(trial.error, language="python")


def _events(run: Run, _board: Board) -> None:
    rows = [{"at": pd.Timestamp(event.at, unit="s", tz="UTC"), "what": event.move, "note": event.note} for event in api.events(run.id)]
    moment = st.column_config.DatetimeColumn("at", format="YYYY-MM-DD HH:mm:ss", width="small")
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content", column_config={"at": moment})


def _log(run: Run, _board: Board) -> None:
    text = api.log_tail(run.id, LOG_LINES)
    if not text:
        st.caption("The driver has written nothing yet.")
        return
    st.caption(f"The last {LOG_LINES} lines of the driver's log")
    st.code(text, language=None, height=440)


def _spec(run: Run, _board: Board) -> None:
    with st.container():
        spec_text(specs.parse(run.spec))
    packages = " · ".join(f"{name} {version}" for name, version in run.versions.items())
    origin = f" · cloned from {run.parent_id}" if run.parent_id else ""
    st.caption(plain(f"id {run.id}{origin} · {f'ran on {run.host} with {packages}' if run.host else 'has not run yet'}"))
