"""What a run's page says of a reinforcement-learning run."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import streamlit as st

from backend import api, words
from backend.analysis import solved
from backend.api import rl
from backend.model import Run, goals
from backend.model.stored import stored
from pages.kinds.rl import draft, form, media, plan, players, q_table, seeds_table, watch
from pages.runs import chart_options, charts, common_tabs, points_links
from pages.runs.charts import Board
from pages.runs.drafts import with_field
from pages.runs.kinds import Start, View

EVALUATED = "eval/return_mean"


def subject(run: Run) -> str:
    spec = stored(run.spec)
    return " · ".join(filter(None, (spec.text("algorithm"), spec.text("environment"))))


def parts(run: Run) -> str:
    many = len(run.trials)
    return f"{many} seed{'s' if many > 1 else ''}"


def failed(run: Run) -> str:
    many = sum(trial.state.value == "failed" for trial in run.trials)
    return f"{many} of {len(run.trials)} seeds failed" if many else ""


def tabs(run: Run) -> dict[str, Callable[[Run, Board], None]]:
    table: dict[str, Callable[[Run, Board], None]] = {"Table": q_table.table_tab} if rl.keeps_table(run) else {}
    return {"Reward": main_chart, "Watch": watch.tab, **table, "Metrics": common_tabs.metrics_tab, "Trials": _trials}


def numbers(run: Run) -> None:
    """Five numbers of equal height."""
    last = [trial.last for trial in run.trials if trial.last]
    columns = st.container(key="numbers").columns(5)
    solved_at = solved.solved_at(run)
    columns[0].metric(
        "Reward, mean of seeds", words.number(run.last), border=True, help="Mean episode return of the latest report."
    )
    columns[1].metric(
        "Best reward", words.number(run.best), border=True, help="Highest mean episode return any seed reported."
    )
    if solved_at is None:
        episodes = [value for each in last if (value := each.get("episodes")) is not None]
        columns[2].metric(
            "Episodes",
            words.number(sum(episodes) if episodes else None),
            border=True,
            help="Played by all seeds together.",
        )
    else:
        many = len(seeds_table.solved_steps(run, solved_at))
        what = "training" if solved.judged_by(run) == goals.REWARD else "evaluation"
        about = f"Seeds whose mean episode return in {what} reached what counts as solved."
        columns[2].metric(f"Solved (≥ {solved_at:g})", f"{many} of {len(run.trials)} seeds", border=True, help=about)
    columns[3].metric("Env steps / s, per seed", words.number(run.mean_of_last("steps_per_second")), border=True)
    about = "Mean over the latest episodes."
    columns[4].metric("Episode length", words.number(run.mean_of_last("episode_length")), border=True, help=about)


def main_chart(run: Run, board: Board) -> None:
    metric_keys = api.metric_keys(run.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        key = EVALUATED if EVALUATED in metric_keys and _wants_evaluation() else goals.REWARD
        axis, display = chart_options.x_axis(charts.axes_of([run])), chart_options.display(set_aside=run.set_aside)
        if len(run.trials) > 1:
            display = replace(display, statistic=chart_options.statistic())
        points_links.csv_link(run, key, display)
    charts.run_chart(board, run, key, axis, display, f"{key}_{run.id}", picked=watch.picker(run, axis))
    players.players(run, board)


def _wants_evaluation() -> bool:
    """Lets a person choose between the returns of the training and those without exploring."""
    chosen = st.segmented_control(
        "Episodes",
        ["training", "evaluation"],
        default="training",
        key="of",
        required=True,
        label_visibility="collapsed",
        bind="query-params",
        help="Evaluation: without exploring, on seeds of their own.",
    )
    return chosen == "evaluation"


def _trials(run: Run, _board: Board) -> None:
    seeds_table.show(run)
    common_tabs.trials_table(run, _trial_rows(run))


def _trial_rows(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "seed": trial.seed,
            "state": trial.state.value,
            "last reward": trial.last.get(goals.REWARD),
            "best reward": trial.best,
            "episodes": trial.last.get("episodes"),
            "env steps": trial.last.get("env_steps"),
            "training time (s)": trial.last.get("time_s"),
            "checkpoint": trial.checkpoint,
        }
        for trial in run.trials
    ]


START = Start(
    title="Reinforcement learning",
    icon=":material/smart_toy:",
    address="rl",
    page="pages/kinds/rl/start.py",
    heading="New reinforcement-learning run",
    form=form.form,
    plan=plan.plan,
    begins={"continue": draft.continued, "environment": with_field("environment")},
)
view = View(
    start=START,
    subject=subject,
    parts=parts,
    failed=failed,
    numbers=numbers,
    tabs=tabs,
    media=media.agents,
)
