"""What the seeds of a run came to together: mean, median and interquartile mean, each with its interval."""

import math
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from backend import api, words
from backend.analysis import seeds, solved
from backend.analysis.answers import coverage
from backend.analysis.seeds import STATISTICS, Interval
from backend.api import answers
from backend.model import Run, goals

WHAT = {
    goals.HELD_OUT: "held out, best checkpoint",
    goals.HELD_OUT_LAST: "held out, last checkpoint",
    "eval/return_mean": "evaluation, last",
    goals.REWARD: "reward, last",
    "steps_per_second": "env steps / s",
}


def show(run: Run) -> None:
    rows = list(_rows(run))
    if not rows:
        return
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch", height="content")
    st.caption(_report(run) + _solved(run) + _method(len([trial for trial in run.trials if trial.last])))


def _report(run: Run) -> str:
    episodes = [value for trial in run.trials if (value := trial.last.get("held_out/episodes")) is not None]
    if not episodes:
        return ""
    return (
        f"Held out: {max(episodes):g} fresh episodes by which no checkpoint was chosen, so these are the numbers to"
        " report; the best evaluation of many is flattered by luck.  \n"
    )


def _rows(run: Run) -> Iterator[dict[str, Any]]:
    for key, title in WHAT.items():
        if values := [value for trial in run.trials if (value := trial.last.get(key)) is not None]:
            yield {"over the seeds": title, **_told(values)}
    if best := [trial.best for trial in run.trials if trial.best is not None]:
        yield {"over the seeds": "reward, best", **_told(best)}


def _told(values: Sequence[float]) -> dict[str, Any]:
    intervals = {what: seeds.interval(values, name) for name, what in STATISTICS.items()}
    return {"n": len(values)} | {what: _interval(each) for what, each in intervals.items() if each}


def _interval(each: Interval) -> str:
    if each.n < 2:
        return words.number(each.center)
    return f"{words.number(each.center)}  [{words.number(each.low)}, {words.number(each.high)}]"


def _method(n: int) -> str:
    if n < 2:
        return "One seed has no interval: nothing says how much luck there was. Clone the run with more seeds."
    measurements = [measurement for statistic in STATISTICS if (measurement := coverage(statistic, n))]
    worst = min(measurements, key=lambda each: each.worst)
    how = "bootstrap-t of the mean, expanded percentile bootstrap of the others (Efron 1982; Hesterberg 2015)"
    return f"In brackets the 95 % interval over {n} seeds: {how}. {worst.sentence}".rstrip()


@st.cache_data(max_entries=100, show_spinner=False)
def _reached(run_id: str, key: str, threshold: float, recorded: tuple[int, int]) -> list[float]:
    return [step for step in answers.reached(api.run(run_id), key, threshold) if math.isfinite(step)]


def solved_steps(run: Run, solved_at: float) -> list[float]:
    """Returns the env step at which each seed that solved the environment first did, by evaluation where there is
    one."""
    return _reached(run.id, solved.judged_by(run), solved_at, run.recorded)


def _solved(run: Run) -> str:
    solved_at = solved.solved_at(run)
    if solved_at is None:
        return ""
    steps = solved_steps(run, solved_at)
    of = f"{len(steps)} of {len(run.trials)} seeds"
    what = "reward" if solved.judged_by(run) == goals.REWARD else "evaluation"
    if not steps:
        return f"Not solved so far ({what} of {solved_at:g}): {of}.{_possible(run, solved_at)}  \n"
    middle = seeds.interval(steps, "median")
    at = words.number(middle.center) if middle else ""
    return f"Solved ({what} of {solved_at:g}) in {of}, at env step {at} in the median.{_possible(run, solved_at)}  \n"


def _possible(run: Run, solved_at: float) -> str:
    """Says whether any policy could reach what counts as solved."""
    best = solved.best_possible(run)
    if best is None:
        return ""
    if best < solved_at:
        return (
            f" No policy has a mean return above {words.number(best)}: whether {solved_at:g} is reached is the luck of"
            " the episodes."
        )
    return f" The best possible mean return is {words.number(best)}."
