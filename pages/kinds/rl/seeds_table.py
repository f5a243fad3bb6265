"""What the seeds of a run came to together: mean, median and interquartile mean, each with its interval."""

from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from backend import api, words
from backend.analysis import seeds, solved
from backend.analysis.answers import coverage
from backend.analysis.seeds import STATISTICS, Interval
from backend.model import Run, goals

WHAT = {goals.REWARD: "reward, last", "eval/return_mean": "evaluation, last", "steps_per_second": "env steps / s"}


def show(run: Run) -> None:
    rows = list(_rows(run))
    if not rows:
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content")
    st.caption(_solved(run) + _method(len([trial for trial in run.trials if trial.last])))


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    for key, title in WHAT.items():
        if values := [value for trial in run.trials if (value := trial.last.get(key)) is not None]:
            yield {"over the seeds": title, **_told(values)}
    if best := [trial.best for trial in run.trials if trial.best is not None]:
        yield {"over the seeds": "reward, best", **_told(best)}


def _told(values: Sequence[float]) -> dict[str, Any]:
    found = {what: seeds.interval(values, name) for name, what in STATISTICS.items()}
    return {"n": len(values)} | {what: _interval(each) for what, each in found.items() if each}


def _interval(each: Interval) -> str:
    if each.n < 2:
        return words.number(each.center)
    return f"{words.number(each.center)}  [{words.number(each.low)}, {words.number(each.high)}]"


def _method(n: int) -> str:
    if n < 2:
        return "One seed has no interval: nothing says how much luck there was. Clone the run with more seeds."
    known = [found for statistic in STATISTICS if (found := coverage(statistic, n))]
    worst = min(known, key=lambda each: each.worst)
    how = "bootstrap-t of the mean, expanded percentile bootstrap of the others (Efron 1982; Hesterberg 2015)"
    return f"In brackets the 95 % interval over {n} seeds: {how}. {worst.sentence}".rstrip()


@st.cache_data(max_entries=100, show_spinner=False)
def _reached(run_id: str, key: str, threshold: float, _reports: int) -> list[float | None]:
    return [seeds.solved_at(curve, threshold) for curve in api.curves([api.run(run_id)], [key])]


def _solved(run: Run) -> str:
    solved_at = solved.solved_at(run)
    if solved_at is None:
        return ""
    key = "eval/return_mean" if any("eval/return_mean" in trial.last for trial in run.trials) else goals.REWARD
    steps = [step for step in _reached(run.id, key, solved_at, run.reports) if step is not None]
    of = f"{len(steps)} of {len(run.trials)} seeds"
    what = "evaluation" if key != goals.REWARD else "reward"
    if not steps:
        return f"Not solved so far ({what} of {solved_at:g}): {of}.  \n"
    middle = seeds.interval(steps, "median")
    at = words.number(middle.center) if middle else ""
    return f"Solved ({what} of {solved_at:g}) in {of}, at env step {at} in the median.  \n"
