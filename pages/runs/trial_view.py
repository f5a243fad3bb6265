"""The parts of a trial's page, whatever the kind of its run."""

from functools import partial

import pandas as pd
import streamlit as st

from backend import api, words
from backend.catalog import metrics
from backend.errors import IllegalMove
from backend.figures import aside, lines
from backend.model import Curve, Run, Trial
from pages.runs import actions, badges, chart_options, charts
from pages.runs.charts import Board
from pages.runs.kinds import view
from pages.widgets.text import plain, short


def find(run: Run, number: str) -> Trial:
    """Returns a trial by the number in a URL.

    Raises:
        IllegalMove: there is none.
    """
    wanted_trial = next((trial for trial in run.trials if str(trial.number) == number), None)
    if wanted_trial is None:
        raise IllegalMove(f"This run has no trial “{number}”.")
    return wanted_trial


def header(run: Run, trial: Trial) -> None:
    left, right = st.columns([3, 2], vertical_alignment="top")
    with left:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(f"Trial {trial.number}", width="content", anchor=False)
            badges.trial_badge(trial)
        took = trial.ended_at - trial.started_at if trial.ended_at and trial.started_at else None
        seed = "" if trial.seed is None else f" · seed {trial.seed}"
        st.caption(
            f"of {plain(run.name)}{seed} · {trial.reports:,} iterations"
            + (f" · took {words.seconds(took)}" if took else "")
        )
    with right.container(horizontal=True, horizontal_alignment="right"):
        _buttons(run, trial)


def _buttons(run: Run, trial: Trial) -> None:
    numbers = [each.number for each in run.trials]
    place = numbers.index(trial.number)
    for icon, word, to in (("chevron_left", "Previous", place - 1), ("chevron_right", "Next", place + 1)):
        there = 0 <= to < len(numbers)
        st.button(
            word,
            icon=f":material/{icon}:",
            key=f"trial_{word}",
            disabled=not there,
            on_click=actions.go,
            args=("pages/watch/trial.py",),
            kwargs={"run": run.id, "number": str(numbers[to]) if there else ""},
        )
    st.button(
        "To the sweep",
        icon=":material/arrow_upward:",
        key="to_sweep",
        on_click=actions.go,
        args=("pages/watch/run.py",),
        kwargs={"id": run.id},
    )
    view(run).trial_actions(run, trial)


def body(run: Run, trial: Trial, board: Board) -> None:
    """Parameters, curves, checkpoint and error of a trial."""
    if trial.error:
        st.error(plain(trial.error.strip().splitlines()[-1]), icon=":material/error:")
        with st.expander("Traceback"):
            st.code(trial.error, language="python")
    left, right = st.columns([1, 2], gap="large")
    with left:
        rows = [{"parameter": name, "value": short(value)} for name, value in trial.params.items()]
        st.dataframe(
            pd.DataFrame(rows, columns=["parameter", "value"]), hide_index=True, width="stretch", height="content"
        )
        values = {f"best {run.main_metric}": trial.best, **{f"last {key}": value for key, value in trial.last.items()}}
        metric_rows = [{"metric": name, "value": words.number(value)} for name, value in values.items()]
        st.dataframe(
            pd.DataFrame(metric_rows, columns=["metric", "value"]), hide_index=True, width="stretch", height="content"
        )
        st.caption(f"Checkpoint: `{trial.checkpoint}`" if trial.checkpoint else "It kept no checkpoint.")
    with right:
        _curves(run, trial, board)
    view(run).of_trial(run, trial)


def _curves(run: Run, trial: Trial, board: Board) -> None:
    curves = api.trial_curves(run, trial)
    if not curves:
        st.caption("The first report has not come yet.")
    elif trial.reports == 1 and not trial.set_aside:
        st.caption("This trial reported once; its values are at the left.")
    else:
        is_aside = chart_options.aside(trial.set_aside)
        first = [curve for curve in curves if curve.key == run.main_metric]
        for curve in [*first, *(each for each in curves if each.key != run.main_metric)]:
            name = (run.id, trial.number, curve.key, is_aside)
            state = (curve.length, curve.cuts)
            make = partial(_chart, run, curve, is_aside)
            charts.figure(board, "_".join(map(str, name[:3])), name, state, make, tall=False)


def _chart(run: Run, curve: Curve, is_aside: bool) -> lines.Chart:
    title = metrics.title(curve.key)
    group = lines.CurveGroup("", run.ordinal, [curve], [title])
    apart = charts.read_apart(run, curve.key, chart_options.STEP, curve.trial) if is_aside else ()
    return aside.added(
        lines.seeds(group, lines.Titles("iteration", title), lines.Display()), apart, lines.colours(group)
    )
