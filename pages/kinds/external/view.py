"""What a run's page says of a run that somebody's own script does."""

from collections.abc import Callable
from textwrap import shorten
from typing import Any

import streamlit as st

from backend import api, words
from backend.catalog import metrics
from backend.model import Run, goals
from backend.model.stored import stored
from pages.runs import chart_options, charts, common_tabs, points_links
from pages.runs.charts import Board
from pages.runs.kinds import View
from pages.runs.spec_text import told_text
from pages.widgets.text import plain

SHOWN_PARAMS, SHOWN_NUMBERS = 4, 5
LONGEST = 40  # letters of a param in the header


def subject(run: Run) -> str:
    settings = stored(run.spec).part("params").content
    params = [shorten(f"{name} {value}", LONGEST, placeholder=" …") for name, value in settings.items()]
    shown = [*params[:SHOWN_PARAMS], *(["…"] if len(params) > SHOWN_PARAMS else [])]
    seed = [f"seed {run.spec['seed']}"] if "seed" in run.spec else []
    return " · ".join(["your own script", *seed, *shown])


def parts(run: Run) -> str:
    many = len(run.trials)
    return f"{many} trial{'s' if many > 1 else ''}" if many > 1 else ""


def failed(run: Run) -> str:
    many = sum(trial.state.value == "failed" for trial in run.trials)
    return f"{many} of {len(run.trials)} trials failed" if many else ""


def tabs(_run: Run) -> dict[str, Callable[[Run, Board], None]]:
    return {"Chart": main_chart, "Metrics": common_tabs.metrics_tab, "Trials": _trials}


def numbers(run: Run) -> None:
    """The main metric, its best if it is a reward, and how other metrics stand; five numbers of equal height."""
    main = run.main_metric
    several = ", mean of trials" if len(run.trials) > 1 else ""
    tiles = [
        (
            metrics.title(main) + several,
            words.number(run.last),
            "The latest value. It is what this run reports as reward, or first.",
        )
    ]
    if goals.reward([main]):
        tiles.append(
            (f"Best {metrics.title(main).lower()}", words.number(run.best), "The highest value that was reported.")
        )
    tiles.append(("Reports", f"{run.reports:,}", "How often values were logged."))
    keys = dict.fromkeys(key for trial in run.trials for key in trial.last if key not in (main, *goals.COUNTERS))
    tiles += [(metrics.title(key), words.number(run.mean_of_last(key)), "The latest value.") for key in keys]
    columns = st.container(key="numbers").columns(SHOWN_NUMBERS)
    for column, (label, value, about) in zip(columns, tiles, strict=False):
        column.metric(plain(label), value, border=True, help=about)


def main_chart(run: Run, board: Board) -> None:
    keys = api.metric_keys(run.id)
    if not keys:
        st.caption("Nothing is logged yet.")
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        key = chart_options.metric(keys, run.main_metric)
        axis, display = chart_options.x_axis(charts.axes_of([run])), chart_options.display(set_aside=run.set_aside)
        points_links.csv_link(run, key, display)
    charts.run_chart(board, run, key, axis, display, f"main_{run.id}_{key}")


def _trials(run: Run, _board: Board) -> None:
    common_tabs.trials_table(run, _trial_rows(run))


def _trial_rows(run: Run) -> list[dict[str, Any]]:
    return [
        {
            "trial": trial.number,
            "seed": trial.seed,
            "state": trial.state.value,
            **trial.params,
            "reports": trial.reports,
            **trial.last,
        }
        for trial in run.trials
    ]


view = View(
    subject=subject,
    parts=parts,
    failed=failed,
    numbers=numbers,
    tabs=tabs,
    spec=told_text,
    no_log="What your script prints stays with your script.",
    stop_help="Tells your script, which may end when it sees run.stop_requested. A Tune experiment ends by itself.",
)
