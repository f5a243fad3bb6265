"""What a run's page says of a sweep."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import streamlit as st

from backend import api, words
from backend.api import sweeps
from backend.catalog import lookup, metrics
from backend.catalog.search import SCHEDULERS, SEARCHERS
from backend.catalog.trainables import TRAINABLES
from backend.figures import trials as figures
from backend.model import Goal, Run
from backend.model.configurations import are_all_alike
from backend.model.stored import stored
from pages.kinds.sweep import after, controls, form, pictures, plan, trials
from pages.runs import chart_options, charts, common_tabs, points_links
from pages.runs.charts import Board
from pages.runs.drafts import with_field
from pages.runs.kinds import Start, View
from pages.widgets.text import plain, short

HISTORY = {figures.OVER_NUMBER: "Trial", figures.OVER_TIME: "Clock"}
SHOWN_PARAMS = 6


def subject(run: Run) -> str:
    spec = stored(run.spec)
    agent, scheduler = spec.part("trainable"), spec.text("scheduler")
    what = [lookup.title(spec.text("trainable"), TRAINABLES), agent.text("algorithm"), agent.text("environment")]
    how = [
        lookup.title(spec.text("search"), SEARCHERS),
        "" if scheduler == "fifo" else lookup.title(scheduler, SCHEDULERS),
    ]
    return " · ".join(filter(None, what + how))


def parts(run: Run) -> str:
    return f"{sweeps.limits(run).trials:,} trials"


def failed(run: Run) -> str:
    many = sum(trial.state.value == "failed" for trial in run.trials)
    return f"{many:,} of {len(run.trials):,} trials failed" if many else ""


def numbers(run: Run) -> None:
    """The best value, counts by state, of equal height; and the best trial's parameters."""
    goal, best = run.goal or Goal(run.main_metric, "max"), run.best_trial
    counts = Counter(trial.state.value for trial in run.trials)
    which = "highest" if goal.mode == "max" else "lowest"
    tiles = [
        (
            f"Best {metrics.title(goal.key).lower()}",
            words.number(run.best),
            f"The {which} “{goal.key}” any trial reported.",
        ),
        ("Finished", f"{counts.get('succeeded', 0):,}", "Trials that came to their end."),
        ("Pruned", f"{counts.get('pruned', 0):,}", "Trials that the scheduler ended early."),
        ("Running", f"{counts.get('running', 0):,}", "Trials that run now."),
        ("Failed", f"{counts.get('failed', 0):,}", "Trials that raised an exception."),
    ]
    columns = st.container(key="numbers").columns(len(tiles))
    for column, (label, value, about) in zip(columns, tiles, strict=True):
        column.metric(plain(label), value, border=True, help=plain(about))
    if best is not None:
        _best(run, best)
    if are_all_alike(run.trials, goal):
        st.warning(
            "All trials came to the same value, though their parameters differ. Does the trainable read them, by these"
            " names?",
            icon=":material/horizontal_rule:",
        )
    controls.controls(run)


def _best(run: Run, best: Any) -> None:
    """The best trial in one line, linked to its page."""
    searched = sweeps.limits(run).searched
    shown = [f"{name} **{plain(short(value))}**" for name, value in best.params.items() if name in searched]
    text = " · ".join(shown[:SHOWN_PARAMS]) + (" …" if len(shown) > SHOWN_PARAMS else "")
    st.markdown(
        f":material/trophy: Best so far: [trial {best.number}](/trial?run={run.id}&number={best.number}) · {text}"
    )


def tabs(run: Run) -> dict[str, Callable[[Run, Board], None]]:
    tabs_by_title: dict[str, Callable[[Run, Board], None]] = {
        "Progress": _progress,
        "Trials": trials.trials,
        "Pictures": pictures.pictures,
    }
    if run.best_trial is not None:
        tabs_by_title["Best"] = after.after
    return tabs_by_title | {"Metrics": common_tabs.metrics_tab}


def _progress(run: Run, board: Board) -> None:
    """How the best improved, beside every trial's learning curve."""
    if run.goal is None:
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        keys = [each for each in api.metric_keys(run.id) if not each.startswith("param/")] or [run.goal.key]
        key = chart_options.metric(keys, run.goal.key)
        axis, display = chart_options.x_axis(HISTORY, "over"), chart_options.display(set_aside=run.set_aside)
        points_links.csv_link(run, key, display)
    has_curves = any(trial.reports > 1 for trial in run.trials)
    left, right = st.columns([3, 2]) if has_curves else (st.container(), None)
    with left:
        st.markdown("##### Best so far")
        name = (run.id, "history", axis, display)
        title = metrics.title(run.goal.key)
        charts.figure(
            board, f"history_{run.id}", name, charts.news(run), lambda: figures.history(run, title, axis, display)
        )
    if right is not None:
        with right:
            st.markdown("##### Learning curves")
            charts.sweep_chart(board, run, key, chart_options.STEP, display, f"curves_{run.id}")


START = Start(
    title="Hyperparameter sweep",
    icon=":material/tune:",
    address="sweep",
    page="pages/kinds/sweep/start.py",
    heading="New hyperparameter sweep",
    form=form.form,
    plan=plan.plan,
    begins={"trainable": with_field("trainable")},
)
view = View(
    start=START,
    subject=subject,
    parts=parts,
    failed=failed,
    numbers=numbers,
    tabs=tabs,
    chart=charts.sweep_chart,
    of_trial=after.of_trial,
    trial_actions=trials.stop_button,
)
